import type { IncomingMessage, ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/ports/clock.ts";
import type { OwnLink } from "../../src/transport/link.ts";
import { openSseClient, type SseBounds } from "../../src/transport/sse-client.ts";
import { slot } from "../../src/wire/members.ts";
import type { Message } from "../../src/wire/message.ts";
import { httpServer, type Listening } from "../support/http-servers.ts";
import { network } from "../support/outbound.ts";
import { until } from "../support/turns.ts";

const limits = { maxMessageBytes: 100_000, maxDepth: 64 };

export type Heard = { readonly link: OwnLink; readonly heard: string[]; readonly messages: Message[] };

export async function open(url: URL, bounds: Partial<SseBounds> = {}, headers = {}): Promise<Heard> {
  const heard: string[] = [];
  const messages: Message[] = [];
  const own = { outbound: network(), clock: systemClock };
  const link = await openSseClient({ url, headers }, { limits, ...bounds }, own, {
    message: (message) => {
      messages.push(message);
      heard.push(`${message.kind} ${message.raw(slot.id) ?? message.text(slot.method)}`);
    },
    badLine: ({ problem, id }) => heard.push(`bad ${problem} ${id}`),
    closed: (reason) => heard.push(`closed: ${reason}`),
    defect: (cause) => heard.push(`defect ${(cause as Error).message}`),
    failed: (id, { code, text, mayHaveRun }) => heard.push(`failed ${id} ${code} ${mayHaveRun}: ${text}`),
  });
  onTestFinished(() => link.kill());
  return { link, heard, messages };
}

export async function refusal(url: URL, bounds: Partial<SseBounds> = {}): Promise<unknown> {
  return await open(url, bounds).then(
    () => "opened",
    (error: { failure: { code: string; text: string } }) => `${error.failure.code}: ${error.failure.text}`,
  );
}

export const request = (id: number, method = "ping", params = ""): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}"${params && `,"params":${params}`}}`;
export const notice = (method: string, params = "{}"): string =>
  `{"jsonrpc":"2.0","method":"${method}","params":${params}}`;
export const reply = (id: number, result = "{}"): string => `{"jsonrpc":"2.0","id":${id},"result":${result}}`;

export type Posted = {
  readonly body: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly response: ServerResponse;
};
/** A server of the transport before Streamable HTTP: its stream, once it is asked for, and the POSTs, which nobody has answered yet. */
export type Peer = Listening & {
  readonly stream: () => ServerResponse;
  readonly posts: Posted[];
  readonly say: (data: string) => void;
};

export async function peer(start = "event: endpoint\ndata: /messages?session=1\n\n"): Promise<Peer> {
  let stream: ServerResponse | undefined;
  const posts: Posted[] = [];
  const listening = await httpServer((incoming, response) => {
    if (incoming.method === "GET") {
      stream = response;
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).write(start);
      return;
    }
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () =>
      posts.push({
        body: String(Buffer.concat(pieces)),
        path: incoming.url ?? "",
        headers: incoming.headers,
        response,
      }),
    );
  });
  const theirs = (): ServerResponse => stream as ServerResponse;
  return {
    ...listening,
    posts,
    stream: theirs,
    say: (data) => void theirs().write(`event: message\ndata: ${data}\n\n`),
  };
}

export async function posted({ posts }: Peer, count: number): Promise<readonly Posted[]> {
  await until(
    () => posts.length >= count,
    () => `${count} POSTs; there are ${posts.length}`,
  );
  return posts;
}

/** What the link has told, once that is so much. */
export async function told({ heard }: Heard, count: number): Promise<readonly string[]> {
  await until(
    () => heard.length >= count,
    () => `${count} things; there are ${JSON.stringify(heard)}`,
  );
  return heard;
}
