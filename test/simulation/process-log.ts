import type { Era } from "../support/envelope.ts";
import { ServerManners } from "../support/server-manners.ts";
import type { Entry } from "./configuration.ts";
import type { Dice } from "./dice.ts";
import { type Arrival, type Ledger, noncesIn, ownerOf, type Written } from "./ledger.ts";

/** Requests that pass a server's gate. */
const gated = new Set(["tools/call", "prompts/get", "resources/read", "completion/complete"]);

/** What goes in and out of one process, and what must hold of it. */
export class ProcessLog {
  readonly #ledger: Ledger;
  readonly #era: Era;
  readonly #entry: Entry;
  /** For which entry of the configuration it was started. */
  readonly generation: number;
  /** What it is called. */
  readonly where: string;
  readonly #manners: ServerManners;
  readonly #violations: string[] = [];
  /** What tutti has sent and neither got a reply to nor taken back. */
  readonly #open = new Map<number, Arrival>();
  readonly #all = new Map<number, Arrival>();
  readonly #seen = new Set<number>();
  readonly #takenBack = new Set<number>();
  /** Ids that were answered before they were sent. */
  readonly #guessed = new Set<number>();
  #hasLong = false;
  /** Ids of calls that are over, in order. */
  readonly #closed: number[] = [];
  /** The id that was sent last. */
  #lastId = 0;
  /** The client that the process was greeted for; undefined: for nobody in particular. */
  #greetedFor: number | undefined;

  /** `generation`: of `entry`, for which it was started. */
  constructor(ledger: Ledger, where: string, era: Era, entry: Entry, generation: number) {
    this.#ledger = ledger;
    this.where = where;
    this.#era = era;
    this.#entry = entry;
    this.generation = generation;
    this.#manners = new ServerManners(era, this.#violations);
  }

  /** The ids of calls that are open, in order. */
  get openIds(): readonly number[] {
    return [...this.#open.keys()];
  }

  /** Ids that it has not got, and may get next: of the places that became free last, and of new ones. */
  guesses(dice: Dice): readonly number[] {
    const next = this.#closed.slice(-4).map((id) => id + 65_536);
    return [...next, this.#lastId + dice.between(1, 3)];
  }

  isTakenBack(id: number): boolean {
    return this.#takenBack.has(id);
  }

  /** Tutti writes a line to it. */
  written(text: string): void {
    const where = this.where;
    this.#ledger.trace(`→ ${where} ${text}`);
    let json: ReturnType<typeof JSON.parse>;
    try {
      json = JSON.parse(text);
    } catch {
      this.#ledger.violation(`${where} gets what is no JSON: ${text.slice(0, 200)}`);
      return;
    }
    this.#manners.hear({ text, json });
    for (const what of this.#violations.splice(0)) this.#ledger.violation(`${where} gets ${what}`);
    const { id, method, params } = json;
    if (method === "initialize") this.#greeted(params?.clientInfo?.name);
    if (method === "notifications/cancelled") this.#cancelled(params?.requestId);
    if (id === undefined || method === undefined) return;
    if (this.#seen.has(id)) this.#ledger.violation(`${where} gets the id ${id} twice`);
    this.#seen.add(id);
    this.#lastId = id;
    const token = params?._meta?.progressToken;
    if (token !== undefined && token !== id) this.#ledger.violation(`${where} gets the token ${token} with id ${id}`);
    if (gated.has(method)) this.#called(id, json, text);
  }

  /** It says a line, which is on its way. */
  said(text: string): void {
    this.#ledger.trace(`← ${this.where} ${text.length > 2000 ? text.length : text}`);
    this.#manners.said(text);
  }

  /** It answers the call under `id`. */
  answered(id: number, written: Written): void {
    this.#all.get(id)?.answers.push(written);
  }

  /** A line of its comes to tutti now. */
  arriving(text: string): void {
    const told = progressIn(text);
    const working = told === undefined ? undefined : this.#all.get(told);
    if (working !== undefined) working.isTold = true;
    const id = replyIdIn(text);
    if (id === undefined) return;
    if (!this.#seen.has(id)) this.#guessed.add(id);
    if (this.#open.delete(id)) this.#closed.push(id);
    const arrival = this.#all.get(id);
    if (arrival !== undefined) arrival.repliedAt = this.#ledger.now;
  }

  /** A stray reply, which no call of its own has asked for, goes out under this id. */
  strayed(id: number): void {
    const arrival = this.#all.get(id);
    if (arrival !== undefined) this.#ledger.unsure.add(arrival.nonce);
    this.#guessed.add(id);
  }

  died(): void {
    for (const arrival of this.#all.values()) arrival.isLost = true;
    this.#open.clear();
    this.#ledger.trace(`† ${this.where}`);
  }

  #greeted(name: unknown): void {
    const client = /^client-(\d+)$/.exec(String(name))?.[1];
    if (client !== undefined) this.#greetedFor = Number(client);
  }

  #cancelled(id: number): void {
    if (this.#takenBack.has(id)) this.#ledger.violation(`${this.where} is told twice that ${id} is cancelled`);
    this.#takenBack.add(id);
    this.#open.delete(id);
    const arrival = this.#all.get(id);
    if (arrival !== undefined) arrival.isTakenBack = true;
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #called(id: number, { method, params }: any, text: string): void {
    const [nonce, ...others] = noncesIn(text);
    if (nonce === undefined) return;
    if (others.length > 0) this.#ledger.violation(`${this.where} gets names of several calls in one: ${text}`);
    const owner = ownerOf(nonce);
    this.#checkGreeted(owner, nonce);
    if (this.#guessed.has(id)) this.#ledger.unsure.add(nonce);
    const isRound = params.inputResponses !== undefined || params.requestState !== undefined;
    const isHarmless = method === "tools/call" && params.name === "read";
    // Where its client has sent it several times, which of them was taken back is not told here.
    const isLate = this.#ledger.takenBack.has(nonce) && this.#ledger.sends.get(nonce) === 1;
    const replacedAt = this.#ledger.replacedAt.get(this.generation)?.step ?? Number.POSITIVE_INFINITY;
    if (!isRound && (this.#ledger.readAt.get(nonce) ?? 0) > replacedAt)
      this.#ledger.violation(`${this.where} gets ${nonce}, which came when its entry was replaced already`);
    const arrival = {
      nonce,
      id,
      generation: this.generation,
      isHarmless,
      isRound,
      isLate,
      answers: [],
      isTakenBack: false,
      isLost: false,
      repliedAt: undefined,
      isTold: false,
    };
    this.#all.set(id, arrival);
    // What was answered before it was written was over for tutti already.
    if (!this.#guessed.has(id)) this.#open.set(id, arrival);
    this.#ledger.arrived(arrival, this.where);
    // A long message may be overtaken by short ones of others, also by what makes room for them.
    this.#hasLong ||= text.length > 30_000;
    const { mostCalls } = this.#entry;
    if (mostCalls > 0 && this.#open.size > mostCalls && !this.#hasLong) {
      this.#ledger.violation(`${this.where} has ${this.#open.size} calls at once, more than ${mostCalls}`);
    }
  }

  /** A server that does not say in which call it asks is shared only where somebody wants that, or by those that can be asked nothing. */
  #checkGreeted(owner: number, nonce: string): void {
    if (this.#greetedFor !== undefined && this.#greetedFor !== owner) {
      this.#ledger.violation(`${this.where}, which is of client ${this.#greetedFor}, gets ${nonce}`);
    }
    // A client stays where it was placed, whatever is configured later.
    const wasThere = this.#ledger.askable.get(owner)?.has(this.generation) === true;
    const mustBeOwn = this.#era === "legacy" && !this.#entry.isShared && wasThere;
    if (mustBeOwn && this.#greetedFor === undefined)
      this.#ledger.violation(`${this.where}, which is nobody's own, gets ${nonce} of a client that can be asked`);
  }
}

/** The token in a line that tells of progress. */
function progressIn(text: string): number | undefined {
  const token = /^\{"jsonrpc":"2.0","method":"notifications\/progress","params":\{"progressToken":(\d+)/.exec(
    text,
  )?.[1];
  return token === undefined ? undefined : Number(token);
}

/** The id of the call that a line answers, also where the line cannot be read. */
function replyIdIn(text: string): number | undefined {
  try {
    const { id, method } = JSON.parse(text);
    return method === undefined && Number.isSafeInteger(id) ? id : undefined;
  } catch {
    const id = /^\{"jsonrpc":"2.0","id":(\d+)/.exec(text)?.[1];
    return id === undefined ? undefined : Number(id);
  }
}
