import type { ExposedItem } from "../catalog/catalog.ts";
import type { InnerCallHandle } from "./meta-tool.ts";
import { type Ended, type Failure, failed } from "./outcomes.ts";
import type { PlannedCall } from "./plan.ts";
import type { Ticket } from "./scheduler.ts";
import type { Traits } from "./scope.ts";

/** The tool that an entry's calls go to. */
export type Target = { readonly tool: ExposedItem; readonly traits: Traits };

/** One call of a server's tool: an entry has one, or one for each element. */
export type Inner = Ticket & {
  readonly entry: Entry;
  /** Of its element; undefined where the entry has one call. */
  readonly index: number | undefined;
  readonly args: Buffer;
  ended: Ended | undefined;
  /** When it was first handed over (ms, `clock.now()`); undefined again where it was taken back before its server had it. */
  startedAt: number | undefined;
  endedAt: number;
  /** While it is under way. */
  call: InnerCallHandle | undefined;
};

/** Of a tool that is not there. */
const longestName = 80;
const comma = Buffer.from(",");
const nothing = Buffer.from("null");

/** One call of a plan from its waiting for others to its end. */
export class Entry {
  readonly call: PlannedCall;
  /** Its place in the list. */
  readonly order: number;
  /** Where it goes, or why it goes nowhere. */
  readonly target: Target | Failure;
  readonly dependents: Entry[] = [];
  /** How many calls it still waits for. */
  waitsFor: number;
  /** Once it has all that it needs. */
  inners: readonly Inner[] = [];
  /** Of its inner calls, how many have not ended. */
  open = 0;
  isOver = false;
  /** Why there is nothing of it at all. */
  failure: Failure | undefined;
  /** The one without which it would not have been skipped. */
  cause: string | undefined;
  #value: Buffer | undefined;

  constructor(call: PlannedCall, order: number, target: Target | Failure) {
    this.call = call;
    this.order = order;
    this.target = target;
    this.waitsFor = call.needs.size;
  }

  get isEach(): boolean {
    return this.call.each !== undefined;
  }

  /** Of its inner calls, how many have failed. */
  get failures(): number {
    return this.inners.filter((inner) => failureOf(inner) !== undefined).length;
  }

  /** Why it counts as failed, whole; undefined where it has succeeded, be it for a part of its elements. */
  get wholeFailure(): Failure | undefined {
    if (this.failure !== undefined) return this.failure;
    const first = failureOf(this.inners[0]);
    if (first === undefined || !this.isEach) return first;
    const { length } = this.inners;
    if (this.failures < length) return undefined;
    const { code, message } = first;
    const all = length === 1 ? "the only call failed" : `all ${length} calls failed; the first`;
    return failed({ code, message: `${all}: ${message}` }).failure;
  }

  /** How it went, for people, when it has ended `now`. */
  inWords(now: number): string {
    const { inners, failures } = this;
    const how = this.wholeFailure?.code ?? (failures > 0 ? `ok, but ${failures} of ${inners.length} failed` : "ok");
    const first = Math.min(...inners.map(({ startedAt }) => startedAt ?? Number.POSITIVE_INFINITY));
    const time = Number.isFinite(first) ? ` (${Math.round(now - first)} ms)` : "";
    const tool = "tool" in this.target ? this.target.tool.exposed : this.call.name.slice(0, longestName);
    return `${tool} ${how}${time}`;
  }

  /** What references to it see, once it has succeeded. */
  value(): Buffer {
    this.#value ??= this.isEach ? arrayOf(this.inners.map(valueIn)) : (valueIn(this.inners[0]) ?? nothing);
    return this.#value;
  }
}

/** A JSON array of these values, `null` for what is missing. */
export function arrayOf(values: readonly (Buffer | undefined)[]): Buffer {
  const parts = values.flatMap((value, index) => (index === 0 ? [value ?? nothing] : [comma, value ?? nothing]));
  return Buffer.concat([Buffer.from("["), ...parts, Buffer.from("]")]);
}

function valueIn(inner: Inner | undefined): Buffer | undefined {
  return inner?.ended !== undefined && "success" in inner.ended ? inner.ended.success.value : undefined;
}

function failureOf(inner: Inner | undefined): Failure | undefined {
  return inner?.ended !== undefined && "failure" in inner.ended ? inner.ended.failure : undefined;
}

/** How the call is known in a plan: its id, and the index of the element that it was made for. */
export function labelOf({ entry, index }: Inner): string {
  return index === undefined ? entry.call.id : `${entry.call.id}[${index}]`;
}
