import type { IncomingMessage, ServerResponse } from "node:http";
import { type Era, metaName, revisionOf } from "./envelope.ts";
import { httpServer } from "./http-servers.ts";
import { type Line, Peer, type Streams } from "./peer.ts";
import { moved } from "./turns.ts";

/** Makes a fake server one that is reached over HTTP, until it crashes or the test ends. */
export type Front = { readonly url: URL };

export type FrontOptions = {
  readonly era: Era;
  /** The end of the fake's streams that is not its own. */
  readonly streams: Streams;
  /** Is told what tutti may not do over HTTP. */
  readonly note: (what: string) => void;
  /** Is told what makes it forget its session. */
  readonly forgets: (forget: () => void) => void;
  /** In which request the fake asks its question of this id, both as they stand; undefined: it does not say. */
  readonly askedIn: (question: string) => string | undefined;
};

/** A request that has no reply yet. */
type Open = {
  /** JSON as it stands. */
  readonly id: string;
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  readonly meta: any;
  readonly response: ServerResponse;
  isStream: boolean;
};

const events = { "content-type": "text/event-stream", "cache-control": "no-cache" };
const json = { "content-type": "application/json" };
/** Errors that have a status of their own in the newer era. */
const statuses: ReadonlyMap<unknown, number> = new Map([
  [-32601, 404],
  [-32020, 400],
  [-32021, 400],
  [-32022, 400],
]);
const named: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
};

/**
 * Streamable HTTP in the manner of the server's era: each POST becomes a line for the fake, and each of its lines is said
 * where it belongs: a reply, progress and questions on the POST of their request, what belongs to none on the stream of the
 * session's GET; in the newer era on that of the listen that it names, or of a request that wants log messages.
 */
export async function streamableFront(options: FrontOptions): Promise<Front> {
  const front = new StreamableFront(options);
  const listening = await httpServer((request, response) => front.serve(request, response));
  front.onCrash = listening.end;
  return { url: listening.url };
}

class StreamableFront {
  readonly #options: FrontOptions;
  readonly #peer: Peer;
  /** By their id. */
  readonly #open = new Map<string, Open>();
  #push: ServerResponse | undefined;
  /** What is to be said as soon as somebody listens. */
  #unsaid: string[] = [];
  #session: string | undefined;
  #sessions = 0;
  #replies = 0;
  #isDown = false;
  onCrash: () => void = () => {};

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#peer = new Peer(options.streams, (line) => this.#say(line));
    options.forgets(() => {
      this.#session = undefined;
      this.#push?.destroy();
      for (const { response } of this.#open.values()) response.destroy();
      this.#open.clear();
    });
    options.streams.input.on("end", () => {
      this.#isDown = true;
      moved();
      this.onCrash();
    });
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => void pieces.push(piece));
    request.on("end", () => {
      moved();
      if (this.#isInSession(request, response)) this.#take(request, response, Buffer.concat(pieces));
    });
  }

  #take(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const isLegacy = this.#options.era === "legacy";
    if (request.method === "POST") this.#post(request, response, body);
    else if (request.method === "GET" && isLegacy) this.#listen(response);
    else if (request.method === "DELETE" && isLegacy) response.writeHead(200).end();
    else {
      this.#options.note(`${request.method}, which its era does not have`);
      response.writeHead(405).end();
    }
  }

  /** Whether a request says in which session it is, where there is one; otherwise it is refused. */
  #isInSession({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { "mcp-session-id": id, "mcp-protocol-version": version } = headers;
    if (id === this.#session && (id === undefined || version !== undefined)) return true;
    // One that it has forgotten.
    if (id === sessionId(this.#sessions)) response.writeHead(404).end();
    else {
      this.#options.note("a request without the session, or its version");
      response.writeHead(400).end();
    }
    return false;
  }

  #post(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const { id, method, params } = JSON.parse(body.toString());
    if (this.#options.era === "modern") this.#checkHeaders(request, method, params);
    if (id === undefined || method === undefined) response.writeHead(202).end();
    else {
      const open: Open = { id: JSON.stringify(id), method, meta: params?._meta, response, isStream: false };
      this.#open.set(open.id, open);
      response.on("close", () => this.#left(open));
    }
    this.#peer.send(body);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #checkHeaders({ headers }: IncomingMessage, method: string, params: any): void {
    const { note } = this.#options;
    if (method === "initialize") return; // A wrong verdict from earlier may lead to this one.
    if (headers["mcp-protocol-version"] !== revisionOf.modern) note(`${method} without its version in a header`);
    if (headers["mcp-method"] !== method) note(`${method} with another method in a header`);
    const name = params?.[named[method] ?? ""];
    if (name !== undefined && decoded(headers["mcp-name"]) !== name) note(`${method} with another name in a header`);
  }

  /** Nobody waits for the reply any more, or it is there. */
  #left(open: Open): void {
    moved();
    if (this.#isDown || this.#open.get(open.id) !== open) return;
    this.#open.delete(open.id);
    if (this.#options.era === "legacy") return;
    const params = `{"requestId":${open.id}}`;
    this.#peer.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`);
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, events).flushHeaders();
    this.#push = response;
    for (const text of this.#unsaid.splice(0)) this.#tell(response, text);
  }

  #say({ text }: Line): void {
    const message = parsed(text);
    const open = this.#open.get(JSON.stringify(message?.id));
    if (message?.method !== undefined || message?.id === undefined) this.#tellWhereItBelongs(text, message);
    else if (open !== undefined) this.#reply(open, text, message);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the fake says.
  #reply(open: Open, text: string, message: any): void {
    this.#open.delete(open.id);
    const { response, method } = open;
    const isGreeting = method === "initialize" && message.result !== undefined;
    if (isGreeting) this.#session = sessionId(++this.#sessions);
    const headers = this.#session !== undefined && isGreeting ? { "mcp-session-id": this.#session } : {};
    const status = this.#options.era === "modern" ? statuses.get(message.error?.code) : undefined;
    this.#replies++;
    // Every other one comes as a stream, though it is the only thing to say.
    if (open.isStream || (status === undefined && this.#replies % 2 === 0)) {
      if (!open.isStream) response.writeHead(200, { ...events, ...headers });
      this.#tell(response, text);
      response.end();
    } else response.writeHead(status ?? 200, { ...json, ...headers }).end(text);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the fake says.
  #tellWhereItBelongs(text: string, message: any): void {
    const open = this.#placeOf(message);
    if (open !== undefined) {
      if (!open.isStream) open.response.writeHead(200, events);
      open.isStream = true;
      this.#tell(open.response, text);
    } else if (this.#options.era === "modern")
      return; // There is nobody to whom it could be said.
    else if (this.#push?.writable === true) this.#tell(this.#push, text);
    else this.#unsaid.push(text);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the fake says.
  #placeOf(message: any): Open | undefined {
    const all = [...this.#open.values()];
    const { method, id, params } = message ?? {};
    const calls = all.filter((open) => open.method !== "subscriptions/listen");
    if (method === "notifications/progress") {
      const own = calls.find(({ meta }) => meta?.progressToken === params?.progressToken);
      return own ?? calls.at(-1);
    }
    if (this.#options.era === "legacy") {
      return this.#open.get(this.#options.askedIn(JSON.stringify(id) ?? "") ?? "");
    }
    const listen = params?._meta?.[metaName.subscriptionId];
    if (listen !== undefined) return this.#open.get(JSON.stringify(listen));
    return calls.findLast(({ meta }) => meta?.[metaName.logLevel] !== undefined) ?? calls.at(-1);
  }

  #tell(response: ServerResponse, text: string): void {
    response.write(`event: message\ndata: ${text}\n\n`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the fake says.
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sessionId(number: number): string {
  return `session-${number}`;
}

function decoded(header: string | string[] | undefined): string | undefined {
  const [, base64] = /^=\?base64\?(.*)\?=$/.exec(String(header)) ?? [];
  return base64 === undefined ? header?.toString() : Buffer.from(base64, "base64").toString();
}
