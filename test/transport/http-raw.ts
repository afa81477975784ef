import { connect, type Socket } from "node:net";
import { systemClock } from "../../src/ports/clock.ts";
import { systemListener } from "../../src/ports/listener.ts";
import {
  type HttpRequest,
  type HttpServer,
  type HttpServerOptions,
  serveHttp,
} from "../../src/transport/http-server.ts";

export type Served = HttpServer & {
  /** What has passed the guards, in order. */
  readonly accepted: HttpRequest[];
  readonly defects: unknown[];
};

export type Reply = {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** One byte to a character. */
  readonly body: string;
};

/** A server on a real port of 127.0.0.1 that answers everything with `{}`, where nothing else is said. */
export async function served(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  const accepted: HttpRequest[] = [];
  const defects: unknown[] = [];
  const server = await serveHttp(
    {
      host: "127.0.0.1",
      port: 0,
      tokens: [],
      hosts: [],
      origins: [],
      isReady: () => true,
      defect: (cause) => void defects.push(cause),
      ...options,
      accept: (request) => {
        accepted.push(request);
        if (options.accept === undefined) request.respond(200, { "content-type": "application/json" }, "{}");
        else options.accept(request);
      },
    },
    { listener: systemListener, clock: systemClock },
  );
  return { ...server, accepted, defects };
}

/** A connection over which bytes are sent as they stand. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #text = "";
  #isClosed = false;
  #changed: (() => void)[] = [];

  constructor(port: number, host = "127.0.0.1") {
    this.socket = connect(port, host);
    this.socket.setNoDelay();
    this.socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
      this.#change();
    });
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => {
        this.#isClosed = true;
        this.#change();
        resolve();
      });
    });
  }

  /** Everything that has come and was not taken as a reply. */
  get text(): string {
    return this.#text;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Resolves as soon as `found` finds something in what has come; with undefined when it is closed before. */
  async until<T>(found: (text: string) => T | undefined): Promise<T | undefined> {
    for (;;) {
      const result = found(this.#text);
      if (result !== undefined || this.#isClosed) return result;
      await new Promise<void>((resolve) => void this.#changed.push(resolve));
    }
  }

  /** Takes the next whole reply, of those that say their length. */
  async reply(): Promise<Reply> {
    const whole = await this.until((text) => {
      const end = text.indexOf("\r\n\r\n");
      const reply = end === -1 ? undefined : parse(text.slice(0, end), text.slice(end + 4));
      return reply && { reply, end: end + 4 + reply.body.length };
    });
    this.#text = this.#text.slice(whole?.end ?? this.#text.length);
    return whole?.reply ?? { status: 0, headers: new Map(), body: "" };
  }

  #change(): void {
    for (const changed of this.#changed.splice(0)) changed();
  }
}

function parse(head: string, rest: string): Reply | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = Number(headers.get("content-length") ?? 0);
  if (rest.length < length) return undefined;
  return { status: Number(first.split(" ")[1]), headers, body: rest.slice(0, length) };
}

/** The reply to these bytes, and whether the connection is closed by then or open. */
export async function tell(port: number, bytes: string): Promise<Reply> {
  const client = new RawClient(port).send(bytes);
  try {
    return await client.reply();
  } finally {
    client.socket.destroy();
  }
}

export type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A POST that is served, with `changes` made to its headers: another value, several, or none. */
export function post(port: number, changes: Changes = {}, body = "{}", line = "POST /mcp HTTP/1.1"): string {
  const fields: Changes = {
    host: `127.0.0.1:${port}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "content-length": String(body.length),
    ...changes,
  };
  return `${line}\r\n${lines(fields)}\r\n${body}`;
}

/** A GET that is served, with `changes` made to its headers. */
export function get(port: number, changes: Changes = {}, line = "GET /mcp HTTP/1.1"): string {
  return `${line}\r\n${lines({ host: `127.0.0.1:${port}`, accept: "text/event-stream", ...changes })}\r\n`;
}

function lines(fields: Changes): string {
  const each = ([name, value]: [string, string | readonly string[] | undefined]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}\r\n`);
  return Object.entries(fields).flatMap(each).join("");
}
