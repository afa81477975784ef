import type { Answerer } from "../../src/client/answerer.ts";
import type { Client } from "../../src/client/client.ts";
import { HttpClients, type HttpClientsOptions } from "../../src/client/http-clients.ts";
import type { HttpRequest, HttpStream } from "../../src/transport/http-server.ts";
import { slot } from "../../src/wire/members.ts";
import type { Message, Outgoing } from "../../src/wire/message.ts";
import { type FakeClock, fakeClock } from "../support/clock.ts";
import { enveloped, request as rpc } from "./connect.ts";

/** What comes over a stream of events: comments have neither id nor data. */
export type Event = { readonly id?: string; readonly data?: string };

export type Asking = {
  readonly method?: HttpRequest["method"];
  readonly path?: HttpRequest["path"];
  readonly principal?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
  /** Whether what is written waits until `drain`. */
  readonly isStuck?: boolean;
};

/** An HTTP request without a network, and the response to it. */
export class FakeRequest implements HttpRequest {
  readonly method: HttpRequest["method"];
  readonly path: HttpRequest["path"];
  readonly principal: string;
  readonly body: readonly Buffer[];
  status: number | undefined;
  responseHeaders: Readonly<Record<string, string>> = {};
  /** Of a response that is no stream. */
  text = "";
  /** Of a stream. */
  streamed = "";
  isEnded = false;
  queued = 0;
  #isStuck: boolean;
  readonly #headers: Readonly<Record<string, string | undefined>>;
  #gone: (() => void)[] = [];
  #drained: (() => void)[] = [];
  #isGone = false;

  constructor({ method = "POST", path = "/mcp", principal = "", headers = {}, body = "", isStuck = false }: Asking) {
    this.method = method;
    this.path = path;
    this.principal = principal;
    this.body = [typeof body === "string" ? Buffer.from(body) : body];
    this.#headers = headers;
    this.#isStuck = isStuck;
  }

  readonly header = (name: string): string | undefined => this.#headers[name];

  readonly belongsTo = (): void => {};

  readonly respond = (status: number, headers: Readonly<Record<string, string>>, body: Outgoing = ""): void => {
    if (this.status !== undefined) return;
    this.status = status;
    this.responseHeaders = headers;
    this.text = textOf(body);
    this.isEnded = true;
  };

  readonly stream = (headers: Readonly<Record<string, string>> = {}): HttpStream => {
    this.status = 200;
    this.responseHeaders = headers;
    const isOpen = (): boolean => !this.isEnded && !this.#isGone;
    return {
      write: (bytes) => {
        if (!isOpen()) return;
        const text = textOf(bytes);
        this.streamed += text;
        if (this.#isStuck) this.queued += text.length;
      },
      end: () => {
        this.isEnded = true;
      },
      queuedBytes: () => this.queued,
      onDrain: (task) => void this.#drained.push(task),
      isOpen,
    };
  };

  readonly onGone = (task: () => void): void => void this.#gone.push(task);

  /** The other side goes before the response has ended. */
  leave(): void {
    if (this.isEnded) return;
    this.#isGone = true;
    for (const task of this.#gone) task();
  }

  /** All that waits is taken. */
  drain(): void {
    this.#isStuck = false;
    this.queued = 0;
    for (const task of this.#drained) task();
  }

  get events(): readonly Event[] {
    return this.streamed
      .split("\n\n")
      .slice(0, -1)
      .map((event) => {
        const lines = event.split("\n");
        const fieldOf = (name: string): string | undefined =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const id = fieldOf("id");
        const data = fieldOf("data");
        return { ...(id !== undefined && { id }), ...(data !== undefined && { data }) };
      });
  }

  /** The messages of all events. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  get messages(): readonly any[] {
    return this.events.flatMap(({ data }) => (data === undefined || data === "" ? [] : [JSON.parse(data)]));
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  get json(): any {
    return JSON.parse(this.text);
  }
}

/** A request as it was handed to whoever answers. */
export type Handed = { readonly method: string; readonly message: Message; readonly client: Client };

export type Peer = {
  readonly clients: HttpClients;
  readonly clock: FakeClock;
  /** What was handed over and nobody has answered. */
  readonly handed: Handed[];
  /** Everything in order: `method id`, `withdrawn id`, `closed`. */
  readonly heard: string[];
  readonly arrived: { readonly client: Client; readonly principal: string; readonly isLazy: boolean }[];
  readonly defects: unknown[];
  readonly ask: (asking: Asking) => FakeRequest;
  /** Begins a session; gives its id. */
  readonly begin: (asking?: Asking) => string;
};

/** Clients over HTTP without a network. What they ask is kept, for the test to answer. */
export function peer(options: Partial<HttpClientsOptions> = {}, answerer: Partial<Answerer> = {}): Peer {
  const clock = fakeClock();
  const handed: Handed[] = [];
  const heard: string[] = [];
  const arrived: { client: Client; principal: string; isLazy: boolean }[] = [];
  const defects: unknown[] = [];
  let count = 0;
  const clients = new HttpClients({
    version: "1.2.3",
    limits: { maxMessageBytes: 1 << 20, maxDepth: 32 },
    clock,
    random: (bytes) => Buffer.alloc(bytes, ++count),
    firstInstructions: () => "",
    defect: (cause) => void defects.push(cause),
    arrived: (client, about) => {
      arrived.push({ client, ...about });
      client.serve({
        request: (method, message) => {
          heard.push(`${method} ${message.raw(slot.id)}`);
          handed.push({ method, message, client });
        },
        notification: (method) => void heard.push(method),
        withdrawn: (message, _client, reason) => heard.push(`withdrawn ${message.raw(slot.id)}: ${reason}`) > 0,
        about: () => ({ instructions: "", extensions: "" }),
        closed: () => void heard.push("closed"),
        ...answerer,
      });
    },
    ...options,
  });
  const ask = (asking: Asking): FakeRequest => {
    const request = new FakeRequest(asking);
    clients.accept(request);
    return request;
  };
  const begin = (asking: Asking = {}): string => {
    const params = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}';
    const response = ask({ ...asking, body: rpc(0, "initialize", params) });
    return response.responseHeaders["mcp-session-id"] as string;
  };
  return { clients, clock, handed, heard, arrived, defects, ask, begin };
}

export const newest = "2025-11-25";

/** Headers of a request within a session. */
export function inSession(id: string, version: string | undefined = newest): Record<string, string | undefined> {
  return { "mcp-session-id": id, "mcp-protocol-version": version };
}

/** A POST that speaks for itself, with the headers that belong to it and `changes` made to them. */
export function speaking(
  id: number | string,
  method: string,
  more = "",
  changes: Readonly<Record<string, string | undefined>> = {},
): Asking {
  const name = /^,"(?:name|uri)":"([^"]*)"/.exec(more)?.[1];
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": method, "mcp-name": name, ...changes };
  return { headers, body: rpc(id, method, enveloped({}, more)) };
}

/** The reply to a request with `result`. */
export function resultOf({ message }: Handed, result = "{}"): string {
  return `{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":${result}}`;
}

function textOf(bytes: Outgoing): string {
  return typeof bytes === "string" ? bytes : Buffer.concat(bytes).toString("latin1");
}
