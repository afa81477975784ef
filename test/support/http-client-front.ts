import { type ClientRequest, type IncomingMessage, request as sendRequest } from "node:http";
import { createParser } from "eventsource-parser";
import { metaName, revisionOf } from "./envelope.ts";
import { type Line, Peer, type Streams } from "./peer.ts";
import { moved } from "./turns.ts";

export type ClientFrontOptions = {
  readonly url: URL;
  /** Which shows who it is. */
  readonly token: string;
  /** The end of the fake's streams that is not its own. */
  readonly streams: Streams;
  /** Is told what tutti may not do over HTTP. */
  readonly note: (what: string) => void;
  /** Resolves when the request with this mark has been taken. */
  readonly arrived: (mark: string) => Promise<void>;
};

/** The header by which requests of all clients are told apart when they arrive. */
export const markHeader = "x-test-mark";

type Sent = {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
  readonly arrived: Promise<void>;
};

type Open = { readonly request: ClientRequest; readonly isModern: boolean };

type Headers = Readonly<Record<string, string>>;

const named: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/**
 * Makes a fake client one that speaks over Streamable HTTP: each of its lines becomes a POST, in the manner of the era
 * that the line is of, and whatever comes back becomes lines again. A line is sent when the one before has arrived.
 */
export class HttpClientFront {
  readonly #options: ClientFrontOptions;
  readonly #peer: Peer;
  /** By the id of their request. */
  readonly #open = new Map<string, Open>();
  readonly #all = new Set<ClientRequest>();
  #session: string | undefined;
  #last: Promise<void> = Promise.resolve();
  #sent = 0;

  constructor(options: ClientFrontOptions) {
    this.#options = options;
    this.#peer = new Peer(options.streams, (line) => this.#after(() => this.#send(line)));
    options.streams.input.on("end", () => this.#after(() => this.#leave()));
  }

  #after(task: () => Promise<void>): void {
    this.#last = this.#last.then(task).finally(moved);
  }

  async #send({ text }: Line): Promise<void> {
    const message = parsed(text);
    const isModern = message?.params?._meta?.[metaName.version] !== undefined || this.#isStranger(message);
    if (message?.method === "notifications/cancelled") {
      const open = this.#open.get(JSON.stringify(message.params?.requestId));
      if (open?.isModern === true) return void open.request.destroy();
      if (this.#session === undefined) return undefined; // There is nothing to close.
    }
    const headers = isModern ? modernHeaders(message) : this.#inSession(message);
    const { request, response, arrived } = this.#request(
      "POST",
      { "content-type": "application/json", ...headers },
      text,
    );
    const key = JSON.stringify(message?.id);
    if (message?.method !== undefined && message.id !== undefined) {
      this.#open.set(key, { request, isModern });
      request.once("close", () => this.#open.get(key)?.request === request && this.#open.delete(key));
    }
    const said = response.then((answer) => {
      if (message?.method === "initialize" && !isModern) this.#session = sessionIn(answer) ?? this.#session;
      this.#hear(answer);
    });
    await Promise.race([said, arrived]);
    // What comes next belongs to the session.
    if (message?.method === "initialize" && !isModern) await said;
    if (message?.method === "notifications/initialized") await this.#listen();
    return undefined;
  }

  /** Whether a line without an envelope is that of a client which has no session, and opens none. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #isStranger(message: any): boolean {
    return this.#session === undefined && message?.method !== "initialize";
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #inSession(message: any): Headers {
    if (message?.method === "initialize" || this.#session === undefined) return {};
    return { "mcp-session-id": this.#session, "mcp-protocol-version": revisionOf.legacy };
  }

  async #listen(): Promise<void> {
    const { response, arrived } = this.#request("GET", this.#inSession(undefined));
    await Promise.race([response.then((answer) => this.#hear(answer)), arrived]);
  }

  /** As a client does that is ended. */
  async #leave(): Promise<void> {
    for (const request of this.#all) request.destroy();
    if (this.#session === undefined) return;
    const { response } = this.#request("DELETE", this.#inSession(undefined));
    await response;
  }

  #request(method: string, headers: Headers, body?: string): Sent {
    const { url, token, arrived } = this.#options;
    const mark = `${token} ${++this.#sent}`;
    const whole = {
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${token}`,
      [markHeader]: mark,
      ...headers,
    };
    const request = sendRequest(url, { method, headers: whole, agent: false });
    this.#all.add(request);
    request.on("close", () => this.#all.delete(request));
    const response = new Promise<IncomingMessage>((resolve) => void request.on("response", resolve));
    request.on("error", () => {}); // It was taken back, or tutti is gone, which whoever waits finds out.
    request.end(body);
    return { request, response, arrived: arrived(mark) };
  }

  #hear(answer: IncomingMessage): void {
    moved();
    const type = answer.headers["content-type"] ?? "";
    const parser = createParser({ onEvent: ({ data }) => data !== "" && this.#peer.send(data) });
    const pieces: string[] = [];
    answer.setEncoding("utf8");
    answer.on("error", () => {}); // As above.
    answer.on("data", (piece: string) => {
      if (type.startsWith("text/event-stream")) parser.feed(piece);
      else pieces.push(piece);
    });
    answer.on("end", () => {
      const text = pieces.join("");
      if (text !== "" && type.startsWith("application/json")) this.#peer.send(text);
      else if (text !== "" || (answer.statusCode ?? 500) >= 300) {
        this.#options.note(`${answer.statusCode} with what is no message: ${text.slice(0, 300)}`);
      }
    });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever came.
function modernHeaders(message: any): Headers {
  const version = message?.params?._meta?.[metaName.version];
  const name = message?.params?.[named[message?.method] ?? ""];
  return {
    "mcp-protocol-version": typeof version === "string" ? version : revisionOf.modern,
    ...(message?.method === undefined ? {} : { "mcp-method": message.method }),
    ...(typeof name === "string" ? { "mcp-name": encoded(name) } : {}),
  };
}

function encoded(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith("=?");
  return isPlain ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever came.
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sessionIn({ headers }: IncomingMessage): string | undefined {
  const id = headers["mcp-session-id"];
  return typeof id === "string" ? id : undefined;
}
