import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { patient, until } from "./until.ts";

/** A reply as it came. */
export type Reply = {
  readonly id: unknown;
  readonly result?: Result;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

type Result = {
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly isError?: boolean;
  readonly tools?: readonly { readonly name: string; readonly [member: string]: unknown }[];
  readonly protocolVersion?: string;
  readonly _meta?: Readonly<Record<string, unknown>>;
};

/** What tutti says about a call that failed. */
export type ErrorMark = {
  readonly origin: "tutti" | "server";
  readonly server?: string;
  readonly code: string | number;
  readonly mayHaveRun?: boolean;
};

/** A client that knows lines only: sends what it is told to and keeps what comes, byte for byte. */
export class RawClient {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** The lines of stdout, in order. */
  readonly lines: string[] = [];
  /** All of stderr. */
  stderr = "";
  /** How it ended, and when; undefined while it runs. */
  ended: { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly at: number } | undefined;
  #unfinished: string[] = [];
  readonly #strayLines: string[] = [];
  #lastId = 1000;
  readonly #parsed: (Reply & { readonly method?: string })[] = [];
  /** Tells of each reply under its id as JSON. */
  readonly #replied = new EventEmitter();

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    this.pid = child.pid ?? 0;
    child.stdin.on("error", () => {});
    child.stdout.on("error", () => {});
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const [first = "", ...rest] = text.split("\n");
      this.#unfinished.push(first);
      for (const next of rest) {
        this.#take(this.#unfinished.join(""));
        this.#unfinished = [next];
      }
    });
    child.on("exit", (code, signal) => {
      this.ended = { code, signal, at: performance.now() };
    });
  }

  /** Sends a message, or a line as it is. */
  send(message: object | string): void {
    this.child.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
  }

  notify(method: string, params: object = {}): void {
    this.send({ jsonrpc: "2.0", method, params });
  }

  /** Sends a request under an id of its own and gives the id. */
  ask(method: string, params: object = {}): number {
    const id = ++this.#lastId;
    this.send({ jsonrpc: "2.0", id, method, params });
    return id;
  }

  async request(method: string, params: object = {}): Promise<Reply> {
    return await this.reply(this.ask(method, params));
  }

  async call(tool: string, args: object = {}): Promise<Reply> {
    return await this.request("tools/call", { name: tool, arguments: args });
  }

  /** Waits for the reply with this id. */
  async reply(id: unknown): Promise<Reply> {
    const text = JSON.stringify(id);
    if (this.replies(id).length === 0) {
      await once(this.#replied, text, { signal: AbortSignal.timeout(patient.timeout) }).catch((cause) => {
        throw new Error(`It never came: a reply to ${text}; stderr: ${this.stderr.slice(-500)}`, { cause });
      });
    }
    return this.replies(id)[0] as Reply;
  }

  /** The replies with this id so far. */
  replies(id: unknown): Reply[] {
    return this.#parsed.filter((message) => message.id === id && message.method === undefined);
  }

  /** The ids that were answered more than once; nothing can be said of null. */
  get repliedTwice(): unknown[] {
    const seen = new Map<string, number>();
    for (const { id, method } of this.#parsed) {
      if (method !== undefined || id === null) continue;
      const key = JSON.stringify(id);
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    return [...seen].flatMap(([key, count]) => (count > 1 ? [JSON.parse(key)] : []));
  }

  notifications(method: string): object[] {
    return this.#parsed.filter((message) => message.method === method);
  }

  async handshake(protocolVersion = "2025-11-25"): Promise<Reply> {
    const clientInfo = { name: "raw-client", version: "1" };
    const reply = await this.request("initialize", { protocolVersion, capabilities: {}, clientInfo });
    this.notify("notifications/initialized");
    return reply;
  }

  async exit(): Promise<NonNullable<RawClient["ended"]>> {
    return await until("the end of the program", () => this.ended);
  }

  /** Lines that are no JSON-RPC message: there must never be one. */
  get strayLines(): string[] {
    const unfinished = this.#unfinished.join("");
    return [...this.#strayLines, ...(unfinished === "" ? [] : [unfinished])].map((line) => line.slice(0, 200));
  }

  #take(line: string): void {
    this.lines.push(line);
    const message = parsed(line);
    if (message === undefined) this.#strayLines.push(line);
    else {
      this.#parsed.push(message);
      if (message.method === undefined) this.#replied.emit(JSON.stringify(message.id));
    }
  }
}

export function textOf({ result }: { readonly result?: unknown }): string {
  const { content = [] } = result as Result;
  return content.map(({ text = "" }) => text).join("\n");
}

/** What tutti says about the failure of a call; undefined where it says nothing. */
export function markOf({ result }: { readonly result?: unknown }): ErrorMark | undefined {
  return (result as Result)._meta?.["tutti/error"] as ErrorMark | undefined;
}

/** Undefined where the line is no JSON-RPC message. */
function parsed(line: string): (Reply & { readonly method?: string }) | undefined {
  try {
    const message = JSON.parse(line) as (Reply & { readonly jsonrpc?: unknown }) | null;
    return message?.jsonrpc === "2.0" ? message : undefined;
  } catch {
    return undefined;
  }
}
