import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, onTestFinished } from "vitest";
import { openHttpClient, type RemoteServer } from "../../src/transport/http-client.ts";
import type { LinkFailure, OwnLink } from "../../src/transport/link.ts";
import type { BadLine } from "../../src/wire/lines.ts";
import { type Message, toBytes } from "../../src/wire/message.ts";
import { type FakeClock, fakeClock } from "../support/clock.ts";
import { httpServer, type Listening } from "../support/http-servers.ts";
import { network } from "../support/outbound.ts";
import { moved, until } from "../support/turns.ts";

/** One request as a server of ours got it. */
export type Heard = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it stands; "" where there is none. */
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly json: any;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers with JSON. */
  readonly answers: (status: number, body: string, headers?: Readonly<Record<string, string>>) => void;
  /** Answers the request of JSON-RPC with members of a reply. */
  readonly replies: (members?: string, headers?: Readonly<Record<string, string>>) => void;
  /** Answers with a stream of events, and gives what writes to it. */
  readonly streams: (headers?: Readonly<Record<string, string>>) => (text: string) => void;
};

export type Scripted = Listening & {
  readonly heard: readonly Heard[];
  /** Those that have come, by method of HTTP and of JSON-RPC. */
  readonly lines: () => readonly string[];
  /** The request of that method, as soon as it has come; `index`: of several. */
  readonly next: (method: string, index?: number) => Promise<Heard>;
};

/** A server over HTTP that answers as it is told. */
export async function scripted(answer: (heard: Heard) => void = () => {}): Promise<Scripted> {
  const heard: Heard[] = [];
  const listening = await httpServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => void pieces.push(piece));
    request.on("end", () => {
      moved();
      const one = heardIn(request, response, Buffer.concat(pieces).toString("latin1"));
      heard.push(one);
      answer(one);
    });
  });
  const lines = (): string[] => heard.map(nameOf);
  return {
    ...listening,
    heard,
    lines,
    next: (method, index = 0) =>
      until(
        () => heard.filter((one) => nameOf(one) === method)[index],
        () => `${method}, after ${lines().join(", ")}`,
      ),
  };
}

function nameOf({ method, json }: Heard): string {
  if (method !== "POST") return method;
  return json?.method ?? `reply ${json?.id}`;
}

function heardIn(request: IncomingMessage, response: ServerResponse, body: string): Heard {
  const json = body === "" ? undefined : JSON.parse(Buffer.from(body, "latin1").toString());
  const { method = "", url = "", headers } = request;
  const answers: Heard["answers"] = (status, text, more = {}) => {
    response.writeHead(status, { "content-type": "application/json", ...more });
    response.end(text, "latin1");
  };
  return {
    method,
    path: url,
    headers,
    body,
    json,
    request,
    response,
    answers,
    replies: (members = '"result":{}', more) =>
      answers(200, `{"jsonrpc":"2.0","id":${JSON.stringify(json.id)},${members}}`, more),
    streams: (more = {}) => {
      response.writeHead(200, { "content-type": "text/event-stream", ...more });
      response.flushHeaders();
      return (text) => void response.write(text, "latin1");
    },
  };
}

/** One link over HTTP, and all that came over it. */
export type Linked = {
  readonly link: OwnLink;
  readonly clock: FakeClock;
  /** Bytes of messages. */
  readonly messages: readonly string[];
  readonly views: readonly Message[];
  readonly failures: readonly (LinkFailure & { readonly id: number })[];
  readonly badLines: readonly BadLine[];
  readonly closed: readonly string[];
  readonly renewals: () => number;
  /** Sends a request; `params`: as they stand. */
  readonly ask: (id: number, method: string, params?: string) => void;
  readonly notify: (method: string, params?: string) => void;
  /** Resolves with the message at that place. */
  readonly message: (index: number) => Promise<string>;
  readonly failure: (index?: number) => Promise<LinkFailure & { readonly id: number }>;
};

export type LinkedOptions = Partial<RemoteServer> & {
  readonly maxMessageBytes?: number;
  /** Called with each message as it comes. */
  readonly onMessage?: (message: Message, link: OwnLink) => void;
};

/** Opens a link to the server at `url`. */
export function linkTo(url: URL, options: LinkedOptions = {}): Linked {
  const { maxMessageBytes = 1 << 20, onMessage, headers = {}, paramHeaders = () => [] } = options;
  const clock = fakeClock();
  const views: Message[] = [];
  const messages: string[] = [];
  const failures: (LinkFailure & { readonly id: number })[] = [];
  const badLines: BadLine[] = [];
  const closed: string[] = [];
  const defects: unknown[] = [];
  let renewals = 0;
  const surroundings = { outbound: network(), clock };
  const link = openHttpClient(
    { url, headers, paramHeaders },
    { limits: { maxMessageBytes, maxDepth: 64 } },
    surroundings,
    {
      message: (message) => {
        moved();
        views.push(message);
        messages.push(message.slice(0, message.length));
        onMessage?.(message, link);
      },
      badLine: (line) => void badLines.push(line),
      closed: (reason) => void closed.push(reason),
      defect: (cause) => void defects.push(cause),
      failed: (id, failure) => {
        moved();
        failures.push({ id, ...failure });
      },
      renewed: () => void renewals++,
    },
  );
  onTestFinished(() => {
    link.kill();
    expect(defects).toEqual([]);
  });
  const params = (text: string | undefined): string => (text === undefined ? "" : `,"params":${text}`);
  const shown = (): string => JSON.stringify({ messages, failures, badLines, closed });
  return {
    link,
    clock,
    messages,
    views,
    failures,
    badLines,
    closed,
    renewals: () => renewals,
    ask: (id, method, text) => link.send(toBytes(`{"jsonrpc":"2.0","id":${id},"method":"${method}"${params(text)}}`)),
    notify: (method, text) => link.send(toBytes(`{"jsonrpc":"2.0","method":"${method}"${params(text)}}`)),
    message: (index) => until(() => messages[index], shown),
    failure: (index = 0) => until(() => failures[index], shown),
  };
}

/** The members of `_meta` with which a request of the newer era says who asks. */
export const newer =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';

/** One event of a stream with a message. */
export function event(message: string, id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}data: ${message}\n\n`;
}

/** What a server of the older era says to `initialize`. */
export const hello =
  '"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}';

/** The params of `initialize`. */
export const opening = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}';

/** A reply; `members`: beside its id. */
export function reply(id: number, members = '"result":{}'): string {
  return `{"jsonrpc":"2.0","id":${id},${members}}`;
}

/** Greets as every server of the older era is greeted; `answer` has the rest, and the stream of what is pushed. */
export async function greeted(
  answer: (heard: Heard) => void = () => {},
  { session = "s-1", push = false, ...options }: LinkedOptions & { session?: string; push?: boolean } = {},
): Promise<Linked & { readonly server: Scripted }> {
  let sessions = 0;
  const server = await scripted((heard) => {
    const method = heard.json?.method;
    const id = session === "" || sessions === 0 ? session : `${session}-${sessions}`;
    if (method === "initialize") {
      sessions++;
      heard.replies(hello, id === "" ? {} : { "mcp-session-id": id });
    } else if (method === "notifications/initialized") heard.answers(202, "");
    else if (heard.method === "GET" && heard.headers["last-event-id"] === undefined && !push) heard.answers(405, "");
    else answer(heard);
  });
  const linked = linkTo(server.url, options);
  linked.ask(1, "initialize", opening);
  await linked.message(0);
  linked.notify("notifications/initialized");
  await server.next("GET");
  return { ...linked, server };
}
