import type { Kind, Offer } from "../catalog/definition.ts";
import type { ServerConfig } from "../config/config.ts";
import { CallError } from "../errors.ts";
import type { Pausable } from "../transport/link.ts";
import { type Message, type Outgoing, toBytes } from "../wire/message.ts";
import { Availability } from "./availability.ts";
import { Call, type Request, type Surroundings } from "./call.ts";
import { Changes } from "./changes.ts";
import { Connection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { Gate } from "./gate.ts";
import { type Era, envelope, type Greeting, hasPing, type Identity } from "./handshake.ts";
import { hearing } from "./hearing.ts";
import type { Start } from "./life.ts";
import { Offering } from "./offering.ts";
import { openAndGreet } from "./opening.ts";
import type { DownstreamOptions, State } from "./options.ts";
import { OwnRequests } from "./own-requests.ts";
import { Repeats } from "./repeats.ts";

/** One configured server: what it offers, and the calls that wait for it or are under way. */
export class Downstream implements Pausable {
  readonly config: ServerConfig;
  readonly #options: DownstreamOptions;
  readonly #connection: Connection;
  readonly #deadlines: Deadlines;
  readonly #surroundings: Surroundings;
  readonly #requests: OwnRequests;
  readonly #offering: Offering;
  readonly #changes: Changes;
  readonly #availability: Availability;
  /** Whether what runs now was greeted. */
  #isGreeted = false;
  #greeting: Greeting | undefined;
  #serverInfo = "{}";
  /** Members of `_meta` that our own requests need; undefined where they need none. */
  #envelope: string | undefined;

  constructor(options: DownstreamOptions) {
    const { config, clock, events } = options;
    this.config = config;
    this.#options = options;
    const connection = new Connection(
      hearing(events, clock, {
        heard: () => this.#availability.health.hear(),
        listChanged: (capability) => this.#offering.changed(capability),
        acknowledged: (message) => this.#changes.acknowledged(message),
        // While it is greeted, whoever greets it notices, and may start it anew.
        closed: (reason) => {
          this.#deadlines.rest();
          if (this.#isGreeted) this.#availability.lost(reason);
        },
        renewed: () => this.#renew(),
      }),
      options,
    );
    this.#connection = connection;
    this.#deadlines = new Deadlines(clock, () => connection.waiters(), events.defect);
    this.#requests = new OwnRequests(connection, this.#deadlines, clock);
    this.#offering = new Offering({
      request: (method, members) => this.#request(method, members),
      isOverHttp: config.launch.kind !== "stdio",
      clock,
      seen: options.seen?.offer,
      changed: events.offerChanged,
      oddity: events.oddity,
    });
    const told = { oddity: events.oddity, connectTimeoutMs: config.connectTimeoutMs };
    this.#changes = new Changes({ ...options, ...told, connection, requests: this.#requests });
    this.#availability = new Availability({
      ...options,
      isUp: () => this.#isUp,
      begin: (start) => this.#begin(start),
      end: () => connection.stop(),
      ping: (limitMs) => {
        const isAble = this.#isUp && this.era !== undefined && hasPing(this.era);
        return isAble ? this.#requests.request("ping", "{}", limitMs) : undefined;
      },
      calls: () => [...connection.waiters()].filter((waiter) => waiter instanceof Call),
      isWatched: () => this.#changes.isWatching,
      changed: () => this.#changed(),
      breakerChanged: events.breakerChanged,
    });
    const { breaker, health } = this.#availability;
    this.#surroundings = {
      ...{ config, clock, connection, breaker, health, isUp: () => this.#isUp },
      gate: new Gate(config, clock),
      repeats: new Repeats(),
      wait: (call) => this.#availability.wait(call),
      ended: () => this.#availability.ended(),
      relist: config.launch.kind === "stdio" ? undefined : () => this.#offering.relistTools(),
    };
  }

  get name(): string {
    return this.config.name;
  }

  /** Whether several clients use it. */
  get isShared(): boolean {
    return this.#options.isShared;
  }

  get state(): State {
    return this.#availability.state;
  }

  /** What is wrong with it now, as in "still starting"; undefined where it can be used. */
  get trouble(): string | undefined {
    return this.breakerTrouble ?? this.lifeTrouble;
  }

  /** The same of its process, or its link, alone. */
  get lifeTrouble(): string | undefined {
    return this.#availability.lifeTrouble;
  }

  /** Why calls are refused because others have failed, since when, and until when; undefined where they are not. */
  get breakerTrouble(): string | undefined {
    return this.#availability.breakerTrouble;
  }

  /** What it said of itself; also when it does not run now, undefined until it was greeted. */
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

  /** Its lists as it gave them last, also when it does not run now; until it does so what is remembered, or nothing. */
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

  /** Starts it for the first time. Resolves when it is ready or that has failed; never rejects. */
  start(): Promise<void> {
    return this.#availability.start();
  }

  /** It is wanted, and starts where it does not run. Resolves as `start`. */
  wake(): Promise<void> {
    return this.#availability.wake();
  }

  /**
   * Hands over a request that arrived now: it is sent as soon as the server, which is started where it does not run, is
   * ready and its gate has a place. Undefined: it has failed already.
   */
  send(request: Request, now = this.#options.clock.now()): Call | undefined {
    if (this.#connection.isFull) {
      const text = `${this.name}: ${this.openRequests} calls are already open. The call did not run.`;
      request.fail(new CallError("queue_full", text, { server: this.name }));
      return undefined;
    }
    const call = new Call(request, this.#surroundings, now);
    this.#deadlines.watch(call.deadlineAt);
    this.#availability.take(call, now);
    return call;
  }

  /** A client asks for a list that may be out of date by now, by what its server said: it is asked for again. One that was never had is fetched. */
  refresh(kind: Kind): void {
    this.#offering.refresh(kind);
    if (this.state.kind === "idle" && !this.hasOffer) void this.wake();
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
    if (this.#isUp) this.#connection.send(message);
  }

  /** Asks it for something that no client waits for itself. The reply may be an error of the server's; rejects with one line. */
  async request(method: string, members: string): Promise<Message> {
    if (this.state.kind !== "ready") throw new Error(`${this.name} is not ready`);
    return await this.#request(method, members);
  }

  /** Has it tell of a resource that changes. Gives the server's reply where it was asked; rejects with one line. */
  async subscribe(uri: string): Promise<Message | undefined> {
    if (this.state.kind !== "ready") throw new Error(`${this.name} is not ready`);
    return await this.#changes.subscribe(uri);
  }

  /** The opposite, as `subscribe`; while it does not run it is only forgotten that somebody wanted to hear of it. */
  async unsubscribe(uri: string): Promise<Message | undefined> {
    return await this.#changes.unsubscribe(uri);
  }

  /** Takes nothing new, finishes what runs, for at most `limitMs`, and stops for ever. Resolves when nothing of it is left. */
  async drain(limitMs: number, reason = "it was drained"): Promise<void> {
    await this.#availability.drain(limitMs);
    await this.stop(reason);
  }

  /** Takes nothing new and ends what was started, for ever; resolves when nothing of it is left. Calls under way may still be answered until then. */
  async stop(reason = "tutti is stopping"): Promise<void> {
    const stopped = this.#availability.stop(reason);
    this.#end();
    await stopped.then(() => this.#deadlines.rest());
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

  get #isUp(): boolean {
    return this.#isGreeted && this.#connection.closedBecause === undefined;
  }

  async #begin({ refuseWhenOver, without }: Start): Promise<Greeting> {
    // The time until a client is there is not the server's.
    const who = (): Promise<Identity> => without(this.#options.who);
    const told = { connection: this.#connection, requests: this.#requests, who, refuseWhenDown: refuseWhenOver };
    const greeting = await openAndGreet({ ...this.#options, ...told, limitMs: this.config.connectTimeoutMs });
    const own = envelope(await who(), greeting) || undefined;
    refuseWhenOver();
    this.#envelope = own;
    this.#greeting = greeting;
    this.#serverInfo = toBytes(JSON.stringify(greeting.serverInfo));
    this.#isGreeted = true;
    await this.#offering.listAll(greeting.capabilities, own !== undefined);
    this.#connection.greeted();
    return greeting;
  }

  #changed(): void {
    const { state } = this;
    if (state.kind === "ready") this.#changes.begin(state.greeting, this.#envelope);
    else if (state.kind !== "draining") this.#end();
    this.#options.events.stateChanged();
  }

  #request(method: string, members: string): Promise<Message> {
    const meta = this.#envelope === undefined ? "" : `"_meta":{${this.#envelope}}`;
    const params = `{${[meta, members].filter((part) => part !== "").join(",")}}`;
    return this.#requests.request(method, params, this.config.connectTimeoutMs);
  }

  #renew(): void {
    if (this.state.kind !== "ready") return;
    this.#offering.changed("tools", "prompts", "resources");
    this.#changes.renew();
    this.#options.events.renewed();
  }

  /** Nothing is sent to what runs any more. */
  #end(): void {
    this.#isGreeted = false;
    this.#offering.end();
    this.#changes.end();
  }
}
