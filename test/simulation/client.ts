import { Client } from "../../src/client/client.ts";
import { openLineLink } from "../../src/transport/line-link.ts";
import { type Era, envelopeMembers, withMembers } from "../support/envelope.ts";
import type { ClientLog, Sent } from "./client-log.ts";
import type { Dice } from "./dice.ts";
import { Inbound, LineCutter, Outbound } from "./pipes.ts";
import type { World } from "./world.ts";

/** How a client is. */
export type Temperament = {
  readonly era: Era;
  readonly capabilities: object;
  /** How often, in percent, it does something odd. */
  readonly trouble: number;
  /** How often, in percent, it answers what it is asked. */
  readonly answers: number;
  /** Whether it uses ids again that are under way. */
  readonly reusesIds: boolean;
  readonly logLevel: string | undefined;
};

export type Request = Pick<Sent, "method" | "kind"> & {
  readonly params: string;
  readonly nonces?: readonly string[];
  readonly meta?: string;
};

const limits = { maxMessageBytes: 4 * 1024 * 1024, maxDepth: 64 };

/** One client, with its end of the link and tutti's. */
export class SimClient {
  /** As tutti sees it. */
  readonly served: Client;
  readonly log: ClientLog;
  readonly number: number;
  readonly era: Era;
  isGone = false;
  readonly #world: World;
  readonly #dice: Dice;
  readonly #temperament: Temperament;
  readonly #input: Inbound;
  readonly #output: Outbound;
  readonly #waiting = new Map<string, { readonly request: Request; isRetried: boolean }>();
  /** Ids under which there was more than one request at a time: it cannot tell what is asked about which. */
  readonly #doubled = new Set<string>();
  #lastId = 0;
  #lastNonce = 0;

  constructor(world: World, number: number, temperament: Temperament, log: ClientLog, dice: Dice) {
    this.#world = world;
    this.number = number;
    this.era = temperament.era;
    this.#temperament = temperament;
    this.log = log;
    this.#dice = dice;
    const weather = world.weather(dice.fork());
    const heard = new LineCutter((line) => this.#hear(line));
    this.#input = new Inbound(weather, () => {});
    this.#output = new Outbound(weather, { written: () => {}, read: (bytes) => heard.push(bytes), ended: () => {} });
    const defect = (cause: unknown): void => world.ledger.violation(`a defect: ${(cause as Error)?.stack ?? cause}`);
    const link = openLineLink({ input: this.#input, output: this.#output }, limits, world.scheduler.clock, {
      message: (message) => log.receive(this.served, message),
      badLine: (line) => this.served.receiveBadLine(line),
      closed: () => {
        log.hasLeft = true;
        this.served.closed();
      },
      defect,
    });
    this.served = new Client(log.tap(link), "1.2.3", () => "");
  }

  /** Whether all that was sent to it has come. */
  get hasReadAll(): boolean {
    return !this.isGone;
  }

  get dice(): Dice {
    return this.#dice;
  }

  get temperament(): Temperament {
    return this.#temperament;
  }

  greet(): void {
    if (this.era === "modern") return;
    const capabilities = JSON.stringify(this.#temperament.capabilities);
    const params = `{"protocolVersion":"2025-11-25","capabilities":${capabilities},"clientInfo":${this.#info}}`;
    this.request({ method: "initialize", kind: "own", params });
    this.say('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  }

  /** A name for a call that nobody else has. */
  nonce(): string {
    return `n${this.number}x${++this.#lastNonce}x`;
  }

  request(request: Request, more = ""): void {
    const id = this.#newId();
    const token = this.#dice.chance(30) && request.method.includes("/") ? [`"progressToken":${this.#token(id)}`] : [];
    const own = this.era === "modern" ? [this.#envelope] : [];
    const meta = [...own, ...token].join(",");
    const params = more === "" ? request.params : withMembers(request.params, more);
    const whole = meta === "" ? params : withMembers(params, `"_meta":{${meta}}`);
    const { method, kind, nonces = [] } = request;
    const era = this.era;
    this.log.sends({
      id,
      method,
      era,
      kind,
      nonces,
      isRound: more !== "",
      message: undefined,
      replies: 0,
      takenBackAt: undefined,
      isUnsure: false,
    });
    this.#waiting.set(id, { request, isRetried: false });
    this.say(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${whole}}`);
  }

  /** Sends what cannot be read, under this id where it has one. */
  nonsense(line: string, id: string): void {
    const [message, takenBackAt, isRound] = [undefined, undefined, false];
    const [method, kind, era] = ["nonsense", "nonsense", this.era] as const;
    this.log.sendsNonsense({
      id,
      method,
      era,
      kind,
      nonces: [],
      isRound,
      message,
      replies: 0,
      takenBackAt,
      isUnsure: false,
    });
    this.say(line);
  }

  cancel(id: string): void {
    this.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":"no more"}}`);
  }

  /** One of its requests that has no reply yet. */
  someWaiting(): string | undefined {
    const ids = [...this.#waiting.keys()];
    return ids.length === 0 ? undefined : this.#dice.pick(ids);
  }

  /** It reads nothing for a while. */
  stall(ms: number): void {
    this.#output.stall();
    this.#world.scheduler.later(ms, () => this.#output.goOn());
  }

  /** It leaves: politely, or all at once with whatever is on its way. */
  leave(isPolite: boolean): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#world.ledger.trace(`client ${this.number} leaves`);
    if (isPolite) this.#input.finish();
    else {
      this.#input.destroy();
      this.#output.break();
    }
  }

  say(line: string): void {
    if (this.isGone) return;
    this.log.said(line);
    this.#input.give(`${line}\n`);
  }

  get #info(): string {
    return `{"name":"client-${this.number}","version":"1"}`;
  }

  get #envelope(): string {
    const { capabilities, logLevel } = this.#temperament;
    return envelopeMembers({ capabilities: JSON.stringify(capabilities), info: this.#info, logLevel });
  }

  #newId(): string {
    const ids = [...this.#waiting.keys()];
    if (this.#temperament.reusesIds && ids.length > 0 && this.#dice.chance(30)) {
      const id = this.#dice.pick(ids);
      if (this.#world.faults.does("reuses an id")) {
        this.#doubled.add(id);
        return id;
      }
    }
    const id = ++this.#lastId;
    return this.#dice.chance(20) ? `"i ${id}"` : String(id);
  }

  #token(id: string): string {
    return this.#dice.chance(50) ? id : `"t ${id.replaceAll('"', "")}"`;
  }

  #hear(text: string): void {
    if (this.isGone) return;
    this.log.heard(text);
    const { id, method, params, result } = JSON.parse(text);
    if (method === undefined) {
      const key = JSON.stringify(id);
      const waiting = this.#waiting.get(key);
      this.#waiting.delete(key);
      const isClear = waiting !== undefined && !this.#doubled.has(key);
      if (isClear && result?.resultType === "input_required") this.#answerAll(waiting.request, result);
    } else if (id !== undefined) this.#answer(id, method, params);
  }

  #answer(id: number, method: string, params: { readonly message?: string } | undefined): void {
    if (method === "ping") {
      this.say(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
      return;
    }
    const { answers } = this.#temperament;
    const { faults, scheduler } = this.#world;
    if (!this.#dice.chance(answers)) {
      faults.does("never answers a question");
      return;
    }
    const how = this.#dice.weighted({ fine: 70, refuses: 10, spoilt: 8, late: 6, twice: 6 });
    const line =
      how === "refuses"
        ? `{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"no"}}`
        : how === "spoilt"
          ? `{"jsonrpc":"2.0","id":${id},"result":{},"error":{}}`
          : `{"jsonrpc":"2.0","id":${id},"result":${resultFor(method, JSON.stringify(params ?? {}))}}`;
    const ms = how === "late" ? this.#dice.between(500, 100_000) : this.#dice.next() * 300;
    scheduler.later(ms, () => {
      // Where nobody waits for it any more, it is a line like any other.
      if (how === "spoilt") this.nonsense(line, "null");
      else this.say(line);
      if (how === "twice" && faults.does("answers a question twice")) this.say(line);
    });
  }

  /** Another client may come with what this one was given to come back with. */
  #loses({ method, params }: Request, state: string): void {
    const { clients, faults, scheduler } = this.#world;
    const thieves = clients.filter((one) => one !== this && one.era === "modern" && !one.isGone);
    if (thieves.length === 0 || !state.startsWith("tutti.")) return;
    // Those of plans are more often of a client that shares its servers. An address may be another server's by then, and the
    // other client's all the same.
    const usual = method === "resources/read" ? 0 : 20;
    const percent = params.includes('"call_tools"') ? 90 : usual;
    if (!faults.happens("client: another's state", percent, this.#dice)) return;
    const thief = this.#dice.pick(thieves);
    const stolen = `{"inputResponses":{},"requestState":${JSON.stringify(state)},${params.slice(1)}`;
    scheduler.later(this.#dice.next() * 50, () => thief.request({ kind: "own", method, params: stolen }));
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #answerAll(request: Request, { inputRequests = {}, requestState }: any): void {
    const dice = this.#dice;
    if (typeof requestState === "string") this.#loses(request, requestState);
    // It has written a state of its own into this one.
    if (request.params.includes('"requestState"')) return;
    if (!dice.chance(this.#temperament.answers)) {
      this.#world.faults.does("never comes back with answers");
      return;
    }
    const asked = Object.entries(inputRequests) as [string, { method: string; params: object }][];
    const given = asked
      .filter(() => dice.chance(90))
      .map(([key, { method, params }]) => `"${key}":${resultFor(method, JSON.stringify(params))}`);
    const state = requestState === undefined ? "" : `,"requestState":${JSON.stringify(requestState)}`;
    const more = `"inputResponses":{${given.join(",")}}${state}`;
    this.#world.scheduler.later(dice.chance(5) ? dice.between(500, 100_000) : dice.next() * 300, () => {
      this.request(request, more);
      if (this.#world.faults.happens("comes back twice", 6, dice)) this.request(request, more);
    });
  }
}

/** What a client answers, naming what it was asked about. */
function resultFor(method: string, params: string): string {
  const [about = ""] = /n\d+x\d+x/.exec(params) ?? [];
  if (method === "roots/list") return '{"roots":[]}';
  if (method === "elicitation/create") return `{"action":"accept","content":{"of":"${about}"}}`;
  return `{"role":"assistant","content":{"type":"text","text":"${about}"},"model":"m"}`;
}
