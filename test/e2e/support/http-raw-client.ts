import { onTestFinished } from "vitest";
import { post, type Served } from "./http-program.ts";

// biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
type Any = any;

/** A client of the older era with a session, that says exactly what it is told and keeps whatever it hears. */
export type RawSession = {
  /** What came on the stream on which it listens, and on those of its requests beside their replies. */
  readonly heard: Any[];
  /** Sends a request under this id; gives the reply. */
  readonly request: (method: string, params?: object, id?: unknown) => Promise<Any>;
  readonly call: (tool: string, args?: object, more?: object) => Promise<Any>;
  readonly notify: (method: string, params?: object) => Promise<number>;
  /** The response to a request as it comes. */
  readonly open: (method: string, params: object, id: unknown, signal?: AbortSignal) => Promise<Response>;
  readonly leave: () => Promise<void>;
};

/** Begins a session of a client that can do `can`, and listens. */
export async function rawSession({ url }: Served, can: object = {}): Promise<RawSession> {
  const heard: Any[] = [];
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const clientInfo = { name: "raw", version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: can, clientInfo };
  const begun = await post(url, { jsonrpc: "2.0", id: 1, method: "initialize", params });
  const session = begun.headers.get("mcp-session-id") as string;
  const headers = { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
  const open: RawSession["open"] = async (method, given, id, signal = ending.signal) =>
    await post(url, { jsonrpc: "2.0", id, method, params: given }, headers, signal);
  const request: RawSession["request"] = async (method, given = {}, id = 7) => {
    for await (const message of messagesOf(await open(method, given, id))) {
      if (message.method === undefined) return message;
      heard.push(message);
    }
    return undefined;
  };
  const notify: RawSession["notify"] = async (method, given = {}) =>
    (await post(url, { jsonrpc: "2.0", method, params: given }, headers)).status;
  await notify("notifications/initialized");
  const listening = await fetch(url, { headers: { ...headers, accept: "text/event-stream" }, signal: ending.signal });
  void (async () => {
    for await (const message of messagesOf(listening)) heard.push(message);
  })().catch(() => {});
  return {
    heard,
    request,
    call: async (tool, args = {}, more = {}) =>
      await request("tools/call", { name: tool, arguments: args, _meta: { progressToken: "t" }, ...more }),
    notify,
    open,
    leave: async () => void (await fetch(url, { method: "DELETE", headers })),
  };
}

/** The messages of a response, a stream or not. */
export async function* messagesOf(response: Response): AsyncGenerator<Any> {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (!isStream) continue;
    const events = text.split("\n\n");
    text = events.pop() as string;
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
  if (!isStream && text !== "") yield JSON.parse(text);
}
