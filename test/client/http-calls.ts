import { request as rpc } from "./connect.ts";
import { type FakeRequest, type Handed, inSession, type Peer, resultOf } from "./http-peer.ts";

export function notice(n: number | string): string {
  return `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":${n}}}`;
}

/** What messages say: their progress, their result, or their method. */
export function said(request: FakeRequest): readonly unknown[] {
  return request.messages.map(({ params, result, method }) => params?.progress ?? result ?? method);
}

export type Call = { readonly response: FakeRequest; readonly call: Handed };

/** A call under way within a session. */
export function callIn({ ask, handed }: Peer, headers: Record<string, string | undefined>, id = 1): Call {
  const response = ask({ headers, body: rpc(id, "tools/call", '{"name":"t"}') });
  return { response, call: handed.at(-1) as Handed };
}

export function progress({ call }: Call, n: number): void {
  call.client.notify(notice(n), undefined, call.message);
}

export function finish({ call }: Call, result?: string): void {
  call.client.reply(call.message, resultOf(call, result));
}

export function listen({ ask }: Peer, id: string, lastEventId?: string, version?: string): FakeRequest {
  return ask({ method: "GET", headers: { ...inSession(id, version), "last-event-id": lastEventId } });
}

export function idsOf({ events }: FakeRequest): readonly string[] {
  return events.flatMap(({ id }) => id ?? []);
}
