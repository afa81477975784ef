import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../ports/clock.ts";
import type { Problem } from "../ports/listener.ts";
import { encodeString, type Outgoing, sizeOf } from "../wire/message.ts";
import { type Headers, hasBody, type Refusal } from "./http-guards.ts";
import type { HttpStream } from "./http-server.ts";

type Fields = Readonly<Record<string, string>>;

/** Who is refused while it still sends is listened to for so long, and for so much: or it might not hear why. */
const lingerMs = 2000;
const lingerBytes = 32 * 1024 * 1024;

const always: Fields = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

const invalidRequest = -32600;
const internalError = -32603;

const crowded: Refusal = {
  status: 503,
  text: "Too much waits to be read by clients: this answer could not be kept, and what was called may have run. Read answers as they come.",
  headers: { "retry-after": "10" },
};

const defect: Refusal = { status: 500, text: "A defect of tutti: please report it, with its log." };

/** What is said where there is no request that could be answered. */
const spoilt: Readonly<Record<Problem, Refusal & { readonly phrase: string }>> = {
  malformed: { status: 400, phrase: "Bad Request", text: "This is no HTTP/1.1 request: see RFC 9112." },
  version: { status: 505, phrase: "HTTP Version Not Supported", text: "Use HTTP/1.1." },
  head_too_long: { status: 431, phrase: "Request Header Fields Too Large", text: "The head is too long: send less." },
  chunk_too_long: { status: 413, phrase: "Content Too Large", text: "The chunk extensions are too long: send none." },
  too_late: { status: 408, phrase: "Request Timeout", text: "The request did not come in time: send it anew." },
  tunnel: {
    status: 405,
    phrase: "Method Not Allowed",
    text: "tutti is no proxy: take it out of your proxy settings.",
    headers: { allow: "POST, GET, DELETE" },
  },
  full: {
    status: 503,
    phrase: "Service Unavailable",
    text: "Too many connections are at work: try again later.",
    headers: { "retry-after": "1" },
  },
};

/** The bytes of an answer after which the connection is closed. */
export function rawRefusal(problem: Problem): string {
  const refusal = spoilt[problem];
  const body = explain(refusal);
  const fields = { ...fieldsOf(refusal, body), connection: "close" };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${refusal.status} ${refusal.phrase}\r\n${lines.join("")}\r\n${body}`;
}

/** Shorter answers always have room. */
const leastCountedBytes = 64 * 1024;

/**
 * The room for what waits to be taken by all clients together. Who has as much of it as is left for all others gets no
 * more: so one that reads nothing leaves half of it, two leave a third.
 */
export class Room {
  readonly #mostBytes: number;
  /** With whose they are. */
  readonly #taken = new Map<ServerResponse, object>();

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** False: there is none for so much of this one's. */
  take(response: ServerResponse, whose: object, size: number): boolean {
    if (size < leastCountedBytes) return true;
    let [all, own] = [0, 0];
    for (const [{ writableLength }, owner] of this.#taken) {
      all += writableLength;
      if (owner === whose) own += writableLength;
    }
    const left = this.#mostBytes - all;
    if (size > left || (own > 0 && own >= left)) return false;
    if (!this.#taken.has(response)) response.once("close", () => this.#taken.delete(response));
    this.#taken.set(response, whose);
    return true;
  }
}

/** The way back of one request. Whatever is called here when it is over does nothing. */
export class Answer {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #room: Room;
  /** What all that is said to this client has in its head. */
  readonly #shared: Fields;
  readonly #tasks: (() => void)[] = [];
  /** Whose it is, as far as that is known. */
  #whose: object;
  #isGone = false;

  constructor(request: IncomingMessage, response: ServerResponse, shared: Fields, room: Room, clock: Clock) {
    this.#response = response;
    this.#whose = response;
    this.#shared = shared;
    this.#room = room;
    this.#clock = clock;
    // Not the response's own event, which never comes for one that waits for others before it.
    const close = () => this.#closed();
    request.socket.once("close", close);
    response.once("finish", () => request.socket.off("close", close));
    // What cannot be sent any more is told by `close`.
    request.on("error", () => {});
    response.on("error", () => {});
  }

  get isOpen(): boolean {
    return !this.#isGone && !this.#response.writableEnded && !this.#response.destroyed;
  }

  get #isUnused(): boolean {
    return this.isOpen && !this.#response.headersSent;
  }

  respond(status: number, fields: Fields, body: Outgoing = ""): void {
    if (!this.#isUnused) return;
    if (!this.#room.take(this.#response, this.#whose, sizeOf(body))) {
      this.respond(crowded.status, { "content-type": "application/json", ...crowded.headers }, explain(crowded));
      return;
    }
    const length = status === 204 ? {} : { "content-length": String(sizeOf(body)) };
    this.#response.writeHead(status, { ...always, ...this.#shared, ...length, ...fields });
    // With the head in one piece, where it is short.
    if (typeof body === "string") this.#response.end(body, "latin1");
    else {
      write(this.#response, body);
      this.#response.end();
    }
  }

  stream(fields: Fields): HttpStream {
    const response = this.#response;
    if (this.#isUnused) {
      response.writeHead(200, { ...always, ...this.#shared, "content-type": "text/event-stream", ...fields });
      response.flushHeaders();
    }
    return {
      write: (bytes) => {
        if (!this.isOpen) return;
        if (this.#room.take(response, this.#whose, sizeOf(bytes))) write(response, bytes);
        else response.destroy();
      },
      end: () => {
        if (this.isOpen) response.end();
      },
      queuedBytes: () => (this.isOpen ? response.writableLength : 0),
      onDrain: (task) => {
        response.on("drain", () => {
          if (this.isOpen) task();
        });
      },
      isOpen: () => this.isOpen,
    };
  }

  /** What waits of it counts as this one's. */
  belongsTo(whose: object): void {
    this.#whose = whose;
  }

  onGone(task: () => void): void {
    if (this.#isGone) this.#clock.soon(task);
    else this.#tasks.push(task);
  }

  /** Says why not. Where a body is still to come, it is not waited for, and the connection ends. */
  refuse(refusal: Refusal, request: IncomingMessage, headers: Headers): void {
    if (!this.#isUnused) return;
    const body = explain(refusal);
    const fields = { ...this.#shared, ...fieldsOf(refusal, body) };
    if (request.complete || !hasBody(headers)) {
      this.#response.writeHead(refusal.status, fields);
      this.#response.end(body, "latin1");
      return;
    }
    this.#response.writeHead(refusal.status, { ...fields, connection: "close" });
    this.#response.write(body, "latin1");
    // Who waits to be told to go on sends nothing.
    if (headers.has("expect")) this.#response.end();
    else this.#linger(request);
  }

  /** Ends what a defect of ours has left in the middle. */
  fail(): void {
    if (this.#response.headersSent) this.#response.destroy();
    else this.respond(defect.status, { "content-type": "application/json" }, explain(defect));
  }

  /** Closing while the other side sends would reset the connection, and take from it what we have said. */
  #linger(request: IncomingMessage): void {
    let left = lingerBytes;
    const end = () => {
      timer.cancel();
      this.#response.end();
    };
    const timer = this.#clock.after(lingerMs, end);
    request.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) end();
    });
    request.once("end", end);
    request.once("close", end);
    request.resume();
  }

  #closed(): void {
    if (this.#response.writableEnded) return;
    this.#isGone = true;
    for (const task of this.#tasks.splice(0)) task();
  }
}

function write(response: ServerResponse, bytes: Outgoing): void {
  if (typeof bytes === "string") {
    if (bytes !== "") response.write(bytes, "latin1");
    return;
  }
  response.cork();
  for (const piece of bytes) response.write(piece);
  response.uncork();
}

function fieldsOf({ headers }: Refusal, body: string): Fields {
  return { ...always, "content-type": "application/json", "content-length": String(body.length), ...headers };
}

/** Clients show the message of a JSON-RPC error. It is ASCII: a character is a byte. */
function explain({ status, text }: Refusal): string {
  const code = status < 500 ? invalidRequest : internalError;
  return `{"jsonrpc":"2.0","id":null,"error":{"code":${code},"message":${encodeString(text)}}}`;
}
