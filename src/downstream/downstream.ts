import type { Definition } from "../catalog/definition.ts";
import type { ServerConfig } from "../config/config.ts";
import { CallError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { OpenLink, Pausable } from "../transport/link.ts";
import type { Message } from "../wire/message.ts";
import { Call, type Request, type Surroundings } from "./call.ts";
import { Connection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { Gate } from "./gate.ts";
import { type Greeting, initializeParams, readGreeting } from "./handshake.ts";
import { fetchTools } from "./tool-list.ts";

export type State =
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly greeting: Greeting; readonly startedInMs: number }
  /** `reason`: one line. `isFailure`: it never was ready. */
  | { readonly kind: "down"; readonly reason: string; readonly isFailure: boolean };

export type DownstreamEvents = {
  /** Its tools are other than before. */
  readonly toolsChanged: () => void;
  /** It is ready, or down. */
  readonly stateChanged: () => void;
  readonly stdoutLine: (line: string) => void;
  readonly oddity: (text: string) => void;
  readonly defect: (cause: unknown) => void;
};

export type DownstreamOptions = {
  readonly config: ServerConfig;
  readonly version: string;
  readonly openLink: OpenLink;
  /** Takes secrets out of what the server says of itself, before anybody is told. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly events: DownstreamEvents;
};

const relistMs = 500;

/** One configured server: its state, its tools, and the calls that wait for it or are under way. */
export class Downstream implements Pausable {
  readonly config: ServerConfig;
  readonly #options: DownstreamOptions;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #deadlines: Deadlines;
  readonly #surroundings: Surroundings;
  /** Calls that came before it was ready, in order; some may be over. */
  #early: Call[] = [];
  #state: State = { kind: "starting" };
  #definitions: readonly Definition[] = [];
  #isRelisting = false;
  /** Its list has changed since it was last asked for. */
  #isStale = false;

  constructor(options: DownstreamOptions) {
    const { config, clock, events } = options;
    this.config = config;
    this.#options = options;
    this.#clock = clock;
    this.#connection = new Connection({
      notification: (method) => {
        if (method === "notifications/tools/list_changed") this.#relist();
      },
      strayLine: ({ head }) => events.stdoutLine(Buffer.from(head, "latin1").toString()),
      dropped: (what) => events.oddity(`dropped ${what}, which nobody waits for`),
      closed: (reason) => this.#goDown(reason),
      defect: events.defect,
    });
    this.#deadlines = new Deadlines(clock, () => this.#connection.waiters());
    const gate = new Gate(config.maxConcurrentCalls, config.maxQueuedCalls);
    this.#surroundings = { config, clock, gate, connection: this.#connection };
  }

  get name(): string {
    return this.config.name;
  }

  get state(): State {
    return this.#state;
  }

  /** Its tools as it defined them last, also when it has gone down since; empty until it is ready. */
  get definitions(): readonly Definition[] {
    return this.#definitions;
  }

  /** How many calls wait or are under way, and requests of our own. */
  get openRequests(): number {
    return this.#connection.openRequests;
  }

  /** The requests that wait or are under way, in no particular order. */
  *requests(): Generator<Request> {
    for (const waiter of this.#connection.waiters()) if (waiter instanceof Call) yield waiter.request;
  }

  /** Starts it once. Resolves when it is ready or has failed; never rejects. */
  async start(): Promise<void> {
    const { connectTimeoutMs } = this.config;
    const startedAt = this.#clock.now();
    const limit = this.#clock.after(connectTimeoutMs, () => {
      this.#giveUp(`no answer within ${connectTimeoutMs / 1000} s of its start (connectTimeoutMs)`);
    });
    try {
      await this.#connection.open(this.#options.openLink);
      const { link } = this.#connection;
      if (this.#state.kind === "down") {
        await link.stop();
        return;
      }
      const greeting = readGreeting(await this.#request("initialize", initializeParams(this.#options.version)));
      link.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
      if (greeting.hasTools) await this.#list();
      if (this.#state.kind !== "starting") return;
      this.#state = { kind: "ready", greeting, startedInMs: this.#clock.now() - startedAt };
      this.#options.events.stateChanged();
      for (const call of this.#early.splice(0)) call.enter();
      if (this.#isStale) this.#relist();
    } catch (cause) {
      this.#giveUp(this.#options.redact(cause instanceof Error ? cause.message : String(cause)));
    } finally {
      limit.cancel();
    }
  }

  /** Hands over a request that arrived now: it is sent as soon as the server is ready and its gate has a place. Undefined: it has failed already. */
  send(request: Request): Call | undefined {
    if (this.#connection.isFull) {
      const text = `${this.name}: ${this.openRequests} calls are already open. The call did not run.`;
      request.fail(new CallError("queue_full", text, { server: this.name }));
      return undefined;
    }
    const call = new Call(request, this.#surroundings);
    this.#deadlines.watch(call.deadlineAt);
    if (this.#state.kind === "down") refuse(call, this.#state.reason);
    else if (this.#state.kind === "starting") this.#early.push(call);
    else call.enter();
    return call;
  }

  /** Takes nothing new and ends what was started; resolves when nothing of it is left. Calls under way may still be answered until then. */
  async stop(): Promise<void> {
    const reason = "tutti is stopping";
    if (this.#state.kind !== "down") this.#state = { kind: "down", reason, isFailure: false };
    this.#early = [];
    for (const waiter of this.#connection.waiters()) {
      if (waiter instanceof Call && !waiter.isSent) refuse(waiter, reason);
    }
    await this.#connection.stop();
  }

  /** Ends it at once and synchronously. */
  kill(): void {
    this.#connection.kill();
  }

  /** Holds up what comes from it. */
  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  #request(method: string, params: string): Promise<Message> {
    const { connectTimeoutMs } = this.config;
    const connection = this.#connection;
    const deadlineAt = this.#clock.now() + connectTimeoutMs;
    this.#deadlines.watch(deadlineAt);
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        connection.forget(id);
        reject(new Error(reason));
      };
      const id = connection.register({
        isSent: true,
        deadlineAt,
        expire: () => fail(`no answer to ${method} within ${connectTimeoutMs / 1000} s (connectTimeoutMs)`),
        reply: resolve,
        progress: () => {},
        spoilt: (problem) => fail(`its answer to ${method} cannot be read (${problem})`),
        lost: fail,
      });
      if (connection.closedBecause !== undefined) fail(connection.closedBecause);
      else connection.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    });
  }

  async #list(): Promise<void> {
    const { definitions, leftOut } = await fetchTools((method, params) => this.#request(method, params));
    if (this.#state.kind === "down") return;
    this.#definitions = definitions;
    for (const text of leftOut) this.#options.events.oddity(text);
    this.#options.events.toolsChanged();
  }

  // However often a server says that its list has changed, it is fetched once in a while, and once at a time.
  #relist(): void {
    this.#isStale = true;
    if (this.#isRelisting || this.#state.kind !== "ready") return;
    this.#isRelisting = true;
    this.#clock.after(relistMs, () => {
      this.#isStale = false;
      void this.#listAgain();
    });
  }

  async #listAgain(): Promise<void> {
    try {
      await this.#list();
    } catch (cause) {
      this.#options.events.oddity(`its tools could not be listed again: ${(cause as Error).message}`);
    }
    this.#isRelisting = false;
    if (this.#isStale) this.#relist();
  }

  #giveUp(reason: string): void {
    if (this.#state.kind !== "starting") return;
    this.#goDown(reason);
    void this.#connection.stop();
  }

  #goDown(reason: string): void {
    if (this.#state.kind === "down") return;
    this.#state = { kind: "down", reason, isFailure: this.#state.kind === "starting" };
    this.#options.events.stateChanged();
    for (const call of this.#early.splice(0)) refuse(call, reason);
    // A child that closed its output and lives can never answer again.
    void this.#connection.stop();
  }
}

function refuse(call: Call, reason: string): void {
  call.failWith("unavailable", `${reason}. The call did not run.`);
}
