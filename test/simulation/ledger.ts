import { createHash, type Hash } from "node:crypto";
import type { Scheduler } from "./scheduler.ts";

/** What a server wrote as the answer to a call: the bytes around the id, and the letter within. */
export type Written = {
  readonly kind: "result" | "error" | "question" | "spoilt";
  readonly before: string;
  readonly after: string;
  /** The part that no era changes. */
  readonly letter: string;
  readonly era: "legacy" | "modern";
};

/** One call as it came to a server's process. */
export type Arrival = {
  readonly nonce: string;
  readonly id: number;
  /** The entry of the configuration that its process was started for. */
  readonly generation: number;
  /** Whether its tool says that it may run twice. */
  readonly isHarmless: boolean;
  /** Whether it brings answers to what was asked with an earlier one. */
  readonly isRound: boolean;
  /** Whether its client had taken it back when it was written: then that must follow. */
  readonly isLate: boolean;
  /** What the server wrote under its id, in order. */
  readonly answers: Written[];
  isTakenBack: boolean;
  isLost: boolean;
  /** When a reply to it has come to tutti. */
  repliedAt: number | undefined;
  /** Whether progress of it has come to tutti. */
  isTold: boolean;
};

/** So much of the trace is hashed at once. */
const mostUnhashed = 64 * 1024;

/** Names of requests: whose they are can be told wherever they turn up, but for random text that looks like one. */
const noncePattern = /(?<![\w-])n(\d+)x\d+x/g;

/** The names in a text. */
export function noncesIn(text: string): readonly string[] {
  return text.includes("x") ? [...new Set(text.match(noncePattern) ?? [])] : [];
}

/** The number of the client that gave a name. */
export function ownerOf(nonce: string): number {
  return Number(nonce.slice(1, nonce.indexOf("x")));
}

/** One more of these. */
export function countIn(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** What a run has seen and must not have seen. */
export class Ledger {
  /** What must not be, a sentence each. */
  readonly violations: string[] = [];
  /** How often each kind of fault was put in, and what else happened. */
  readonly faults = new Map<string, number>();
  readonly counts = { requests: 0, replies: 0, calls: 0, compared: 0, repeats: 0 };
  /** How often a server came into each state. */
  readonly states = new Map<string, number>();
  readonly arrivals = new Map<string, Arrival[]>();
  /** Calls whose client has taken them back before they were answered. */
  readonly takenBack = new Set<string>();
  /** How often its client has sent each. */
  readonly sends = new Map<string, number>();
  /** The same without those that bring answers. */
  readonly firstSends = new Map<string, number>();
  /** Calls of which a server answered another one's id by chance: what their client gets is not known. */
  readonly unsure = new Set<string>();
  /** In which step tutti read the last request for each call. */
  readonly readAt = new Map<string, number>();
  /** Calls whose client got a reply. */
  readonly replied = new Set<string>();
  /** Those for which there was no room, by bounds on their client. */
  readonly crowded = new Set<string>();
  /** Those whose client got the result that their server wrote. */
  readonly served = new Set<string>();
  /** Clients that can be asked something, with the entries that were configured when they came. */
  readonly askable = new Map<number, ReadonlySet<number>>();
  /** Entries of the configuration that do not count any more, and when they were replaced. */
  readonly replacedAt = new Map<number, { readonly step: number; readonly ms: number }>();
  /** Looks at all servers when a call has come to one. */
  watch = (): void => {};
  /** How often something happened for which lists may be others than before. */
  listCauses = 0;
  /** The last lines of the trace, where they are wanted. */
  readonly tail: string[] = [];
  readonly #scheduler: Scheduler;
  /** The end of the trace, which is not in the hash yet. */
  #unhashed = "";
  readonly #hash: Hash = createHash("sha256");
  readonly #tailLength: number;

  constructor(scheduler: Scheduler, tailLength: number) {
    this.#scheduler = scheduler;
    this.#tailLength = tailLength;
  }

  /** On the clock of the run. */
  get now(): number {
    return this.#scheduler.now;
  }

  violation(what: string): void {
    if (this.violations.length < 20) this.violations.push(`at ${this.#scheduler.now.toFixed(3)} ms: ${what}`);
    this.trace(`VIOLATION ${what}`);
  }

  /** One thing that happens. Two runs of one seed have the same ones. */
  trace(what: string): void {
    const line = `${this.#scheduler.now.toFixed(3)} ${what}`;
    this.#unhashed += line;
    if (this.#unhashed.length > mostUnhashed) this.#update();
    if (this.#tailLength === 0) return;
    this.tail.push(line.length > 400 ? `${line.slice(0, 400)}…` : line);
    if (this.tail.length > this.#tailLength) this.tail.shift();
  }

  #update(): void {
    this.#hash.update(this.#unhashed);
    this.#unhashed = "";
  }

  traceHash(): string {
    this.#update();
    return this.#hash.copy().digest("hex").slice(0, 16);
  }

  /** A call comes to a server. */
  arrived(arrival: Arrival, where: string): void {
    const earlier = this.arrivals.get(arrival.nonce) ?? [];
    this.arrivals.set(arrival.nonce, [...earlier, arrival]);
    this.counts.calls++;
    this.watch();
    const open = earlier.find(({ answers, isHarmless }) => answers.length === 0 && !isHarmless);
    if (open !== undefined && earlier.length >= (this.sends.get(arrival.nonce) ?? 0))
      this.violation(`${where} gets ${arrival.nonce} again, which may have run`);
    if (!arrival.isRound)
      this.#first(
        arrival,
        earlier.filter(({ isRound }) => !isRound),
        where,
      );
  }

  /** A call comes without answers: as often as its client sent it, and once more for each that was lost and does no harm. */
  #first(arrival: Arrival, earlier: readonly Arrival[], where: string): void {
    const { nonce } = arrival;
    const sent = this.firstSends.get(nonce) ?? 0;
    if (earlier.length < sent) return;
    this.counts.repeats++;
    const isLost = (one: Arrival): boolean =>
      one.isHarmless && one.isLost && one.repliedAt === undefined && !one.isTold;
    // A server may ask for its call to be made again, once an address was opened.
    const mayRepeat = earlier.filter((one) => one.answers[0]?.kind === "question" || isLost(one));
    if (earlier.length >= sent + mayRepeat.length) this.violation(`${where} gets ${nonce} again, which it must not`);
    if (earlier.filter(isLost).length > sent)
      this.violation(`${where} gets ${nonce} for the ${earlier.length + 1}th time`);
  }
}
