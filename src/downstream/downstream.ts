import type { Kind, Offer } from "../catalog/definition.ts";
import type { ServerConfig } from "../config/config.ts";
import { CallError } from "../errors.ts";
import type { Pausable } from "../transport/link.ts";
import { headBytes } from "../wire/lines.ts";
import { type Message, type Outgoing, toBytes } from "../wire/message.ts";
import { Call, type Request, requestOf, type Surroundings } from "./call.ts";
import { Changes } from "./changes.ts";
import { Connection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { Early } from "./early.ts";
import { Gate } from "./gate.ts";
import { type Era, envelope, type Greeting, type Identity } from "./handshake.ts";
import { NoticeLimit } from "./notice-limit.ts";
import { Offering } from "./offering.ts";
import { openAndGreet } from "./opening.ts";
import type { DownstreamOptions, State } from "./options.ts";
import { OwnRequests } from "./own-requests.ts";
import { StartLimit } from "./start-limit.ts";

const acknowledged = "notifications/subscriptions/acknowledged";
const listChanged = /^notifications\/(tools|prompts|resources)\/list_changed$/;

/** One configured server: its state, what it offers, and the calls that wait for it or are under way. */
export class Downstream implements Pausable {
  readonly config: ServerConfig;
  readonly #options: DownstreamOptions;
  readonly #connection: Connection;
  readonly #deadlines: Deadlines;
  readonly #surroundings: Surroundings;
  readonly #requests: OwnRequests;
  readonly #offering: Offering;
  readonly #changes: Changes;
  readonly #startLimit: StartLimit;
  /** Calls that came before it was ready. */
  readonly #early: Early;
  #started: Promise<void> | undefined;
  #state: State = { kind: "starting" };
  #greeting: Greeting | undefined;
  #serverInfo = "{}";
  /** Members of `_meta` that our own requests need; undefined where they need none. */
  #envelope: string | undefined;

  constructor(options: DownstreamOptions) {
    const { config, clock, events } = options;
    this.config = config;
    this.#options = options;
    const notices = new NoticeLimit({
      clock,
      pass: (method, message, within) => events.notified(method, message, requestOf(within)),
      oddity: events.oddity,
    });
    this.#connection = new Connection(
      {
        notification: (method, message, within) => {
          const list = listChanged.exec(method)?.[1];
          if (list !== undefined) this.#offering.changed(list);
          else if (method === acknowledged) this.#changes.acknowledged(message);
          else notices.take(method, message, within);
        },
        request: (method, message, within) => events.asked(method, message, requestOf(within)),
        strayLine: ({ head }) =>
          events.stdoutLine(`${Buffer.from(head, "latin1")}${head.length < headBytes ? "" : "…"}`),
        dropped: (what) => events.oddity(`dropped ${what}, which nobody waits for`),
        closed: (reason) => {
          // While it is greeted, whoever greets it notices, and may start it anew.
          if (this.#greeting !== undefined || this.#state.kind !== "starting") this.#goDown(reason);
        },
        renewed: () => this.#renew(),
        defect: events.defect,
      },
      clock,
    );
    const { connectTimeoutMs } = config;
    this.#startLimit = new StartLimit(clock, connectTimeoutMs, () => {
      this.#giveUp(`no answer within ${connectTimeoutMs / 1000} s of its start (connectTimeoutMs)`);
    });
    this.#deadlines = new Deadlines(clock, () => this.#connection.waiters());
    this.#requests = new OwnRequests(this.#connection, this.#deadlines, clock);
    this.#offering = new Offering({
      request: (method, members) => this.#request(method, members),
      isOverHttp: config.launch.kind !== "stdio",
      clock,
      seen: options.seen?.offer,
      changed: events.offerChanged,
      oddity: events.oddity,
    });
    const shared = { connection: this.#connection, requests: this.#requests, clock, redact: options.redact };
    this.#changes = new Changes({ ...shared, connectTimeoutMs, oddity: events.oddity });
    this.#early = new Early(config.maxQueuedBytes);
    const relist = config.launch.kind === "stdio" ? undefined : () => this.#offering.relistTools();
    this.#surroundings = { config, clock, gate: new Gate(config, clock), connection: this.#connection, relist };
  }

  get name(): string {
    return this.config.name;
  }

  /** Whether several clients use it. */
  get isShared(): boolean {
    return this.#options.isShared;
  }

  get state(): State {
    return this.#state;
  }

  /** What it said of itself; also when it has gone down since, undefined until it was greeted. */
  get greeting(): Greeting | undefined {
    return this.#greeting;
  }

  /** Undefined until it was greeted. */
  get era(): Era | undefined {
    return this.#greeting?.era;
  }

  /** Name and version as JSON, in bytes. */
  get serverInfo(): string {
    return this.#serverInfo;
  }

  /** What it said of itself last, be it at an earlier start; undefined where nothing is known of it. */
  get known(): Greeting | undefined {
    return this.#greeting ?? this.#options.seen?.greeting;
  }

  /** Its lists as it gave them last, also when it has gone down since; until it does so what is remembered, or nothing. */
  get offer(): Offer {
    return this.#offering.offer;
  }

  /** Whether `offer` is what it has said, be it at an earlier start. */
  get hasOffer(): boolean {
    return this.#offering.isKnown;
  }

  /** How many calls wait or are under way, and requests of our own. */
  get openRequests(): number {
    return this.#connection.openRequests;
  }

  /** The requests that wait or are under way. */
  *requests(): Generator<Request> {
    for (const waiter of this.#connection.waiters()) if (waiter instanceof Call) yield waiter.request;
  }

  /** Starts it, once. Resolves when it is ready or has failed; never rejects. */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Hands over a request that arrived now: it is sent as soon as the server is ready and its gate has a place. Undefined: it has failed already. */
  send(request: Request, now = this.#options.clock.now()): Call | undefined {
    if (this.#connection.isFull) {
      const text = `${this.name}: ${this.openRequests} calls are already open. The call did not run.`;
      request.fail(new CallError("queue_full", text, { server: this.name }));
      return undefined;
    }
    const call = new Call(request, this.#surroundings, now);
    this.#deadlines.watch(call.deadlineAt);
    if (this.#state.kind === "down") call.refuse(this.#state.reason);
    else if (this.#state.kind === "starting") this.#early.add(call);
    else call.enter(now);
    return call;
  }

  /** A client asks for a list that may be out of date by now, by what its server said: it is asked for again. */
  refresh(kind: Kind): void {
    this.#offering.refresh(kind);
  }

  /** The members of `_meta` that a request of this client needs, whoever it is for; `logLevel` as JSON. */
  envelopeFor(identity: Identity, logLevel: string | undefined): string {
    return this.#greeting === undefined ? "" : envelope(identity, this.#greeting, logLevel);
  }

  /** Answers what the server has asked. Does nothing once it is down. */
  answer(message: Outgoing): void {
    if (this.#connection.closedBecause === undefined) this.#connection.answer(message);
  }

  /** Notifies it of something; does nothing while it is not ready. */
  notify(message: Outgoing): void {
    if (this.#state.kind === "ready") this.#connection.send(message);
  }

  /** Asks it for something that no client waits for itself. The reply may be an error of the server's; rejects with one line. */
  async request(method: string, members: string): Promise<Message> {
    if (this.#state.kind !== "ready") throw new Error(`${this.name} is not ready`);
    return await this.#request(method, members);
  }

  /** Has it tell of a resource that changes. Gives the server's reply where it was asked; rejects with one line. */
  async subscribe(uri: string): Promise<Message | undefined> {
    if (this.#state.kind !== "ready") throw new Error(`${this.name} is not ready`);
    return await this.#changes.subscribe(uri);
  }

  /** The opposite, as `subscribe`. */
  async unsubscribe(uri: string): Promise<Message | undefined> {
    return this.#state.kind === "ready" ? await this.#changes.unsubscribe(uri) : undefined;
  }

  /** Takes nothing new and ends what was started; resolves when nothing of it is left. Calls under way may still be answered until then. */
  async stop(): Promise<void> {
    const reason = "tutti is stopping";
    if (this.#state.kind !== "down") this.#state = { kind: "down", reason, isFailure: false };
    this.#end(reason);
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

  async #start(): Promise<void> {
    const startedAt = this.#options.clock.now();
    this.#startLimit.begin();
    try {
      const greeting = await this.#greet();
      this.#refuseWhenDown();
      this.#greeting = greeting;
      this.#serverInfo = toBytes(JSON.stringify(greeting.serverInfo));
      await this.#offering.listAll(greeting.capabilities, this.#envelope !== undefined);
      if (this.#state.kind !== "starting") return;
      this.#changes.begin(greeting, this.#envelope);
      this.#state = { kind: "ready", greeting, startedInMs: this.#options.clock.now() - startedAt };
      this.#options.events.stateChanged();
      for (const call of this.#early.take()) call.enter(this.#options.clock.now());
    } catch (cause) {
      this.#giveUp(this.#options.redact(cause instanceof Error ? cause.message : String(cause)));
      // Its link may have been opened only after it was given up.
      void this.#connection.stop();
    } finally {
      this.#startLimit.end();
    }
  }

  async #greet(): Promise<Greeting> {
    // The time until a client is there is not the server's.
    const who = (): Promise<Identity> => this.#startLimit.without(this.#options.who);
    const refuseWhenDown = (): void => this.#refuseWhenDown();
    const told = { connection: this.#connection, requests: this.#requests, who, refuseWhenDown };
    const greeting = await openAndGreet({ ...this.#options, ...told, limitMs: this.config.connectTimeoutMs });
    this.#envelope = envelope(await who(), greeting) || undefined;
    return greeting;
  }

  #refuseWhenDown(): void {
    if (this.#state.kind === "down") throw new Error(this.#state.reason);
  }

  #request(method: string, members: string): Promise<Message> {
    const meta = this.#envelope === undefined ? "" : `"_meta":{${this.#envelope}}`;
    const params = `{${[meta, members].filter((part) => part !== "").join(",")}}`;
    return this.#requests.request(method, params, this.config.connectTimeoutMs);
  }

  #renew(): void {
    if (this.#state.kind !== "ready") return;
    this.#offering.changed("tools", "prompts", "resources");
    this.#changes.renew();
    this.#options.events.renewed();
  }

  #giveUp(reason: string): void {
    if (this.#state.kind !== "starting") return;
    this.#goDown(reason);
  }

  #goDown(reason: string): void {
    if (this.#state.kind === "down") return;
    this.#state = { kind: "down", reason, isFailure: this.#state.kind === "starting" };
    this.#options.events.stateChanged();
    this.#end(reason);
    // A child that closed its output and lives can never answer again.
    void this.#connection.stop();
  }

  /** Nothing is sent any more. */
  #end(reason: string): void {
    this.#early.take();
    this.#offering.end();
    this.#changes.end();
    for (const waiter of this.#connection.waiters())
      if (waiter instanceof Call && !waiter.isSent) waiter.refuse(reason);
  }
}
