import type { Random } from "../metatools/random-plans.ts";
import type { OnStage } from "../support/stage.ts";

/** What becomes of one call, as the test's servers do it. */
type Fate =
  | "gives"
  | "tool error"
  | "rpc error"
  | "hangs"
  | "crashes"
  | "crowded"
  | "no tool"
  | "destroys"
  | "no value"
  | "wrong type"
  | "asks"
  | "too long"
  | "no object";

export type RandomCall = {
  readonly id: string;
  readonly uses: readonly string[];
  readonly after: readonly string[];
  readonly isEach: boolean;
  /** One, or one for each element. */
  readonly fates: readonly Fate[];
  readonly tool: string;
  readonly written: object;
};

/** How each shows in the result of `call_tools`; empty: it gives something. */
export const codeOf: Readonly<Record<Fate, string>> = {
  gives: "",
  "tool error": "tool_error",
  "rpc error": "protocol_error",
  hangs: "timeout",
  crashes: "unavailable",
  crowded: "busy",
  "no tool": "unknown_tool",
  destroys: "out_of_scope",
  "no value": "no_such_value",
  "wrong type": "invalid_arguments",
  asks: "input_required",
  "too long": "too_large",
  "no object": "protocol_error",
};

/** That its server never got. */
export const unsent: ReadonlySet<Fate> = new Set(["crowded", "no tool", "destroys", "no value", "wrong type"]);

/** What `slow` may take for a call. */
export const callTimeoutMs = 1000;
/** What `narrow` takes at once and keeps waiting. */
const narrowCalls = 2;
export const limits = { maxMessageBytes: 64 * 1024, maxDepth: 512 };

const typed = { type: "object", required: ["number"], properties: { number: { type: "integer" } } };
const tool = (name: string, more: object = {}) => ({ name, inputSchema: { type: "object" }, ...more });
const tools = [
  tool("plain"),
  tool("read", { annotations: { readOnlyHint: true } }),
  tool("write", { annotations: { readOnlyHint: false, destructiveHint: false } }),
  tool("destroy", { annotations: { destructiveHint: true } }),
  tool("typed", { inputSchema: typed }),
];

export const servers = {
  one: { tools },
  two: { tools },
  slow: { tools, config: { callTimeoutMs } },
  doomed: { tools },
  narrow: { tools, config: { maxConcurrentCalls: 1, maxQueuedCalls: narrowCalls - 1 } },
  asker: { tools },
  down: { tools, fails: "there is none" },
} as const satisfies Readonly<Record<string, OnStage>>;

/** What a call that gives something gives: a list, and texts that look like references. */
export function givenBy(id: string): { readonly list: readonly object[] } {
  const list = Array.from({ length: Number(id.slice(1)) % 4 }, (_, index) => ({
    of: id,
    index,
    trap: { $from: "a0" },
  }));
  return { list, trap: { $template: `\${${id}.list}` }, big: "12345678901234567890" } as { list: readonly object[] };
}

/** A plan in which calls need others before and behind them in the list. */
export function randomPlan(random: Random, canAsk: boolean): readonly RandomCall[] {
  const calls: RandomCall[] = [];
  let crowd = 0;
  for (const [position, index] of shuffled([...Array(1 + random.below(20)).keys()], random).entries()) {
    const fate = randomFate(random, canAsk);
    const earlier = calls.filter((call) => call !== undefined && position > 0);
    // These are all sent at the start, so that it is known who comes first.
    const isFirst = fate === "crashes" || fate === "crowded";
    if (fate === "crowded") crowd++;
    calls[index] = randomCall(`a${index}`, fate, isFirst ? [] : earlier, random);
  }
  return withCrowd(calls, crowd);
}

/** Of the calls of `narrow` the first ones in the list are let in. */
function withCrowd(calls: readonly RandomCall[], crowd: number): readonly RandomCall[] {
  if (crowd === 0) return calls;
  let place = 0;
  return calls.map((call) =>
    call.tool !== "narrow__plain" || place++ >= narrowCalls ? call : { ...call, fates: ["gives"] },
  );
}

function randomFate(random: Random, canAsk: boolean): Fate {
  if (random.chance(50)) return "gives";
  // One alone is let in.
  if (random.chance(15)) return "crowded";
  const fates = (Object.keys(codeOf) as Fate[]).filter((fate) => fate !== "asks" || canAsk);
  return fates[random.below(fates.length)] as Fate;
}

function randomCall(id: string, fate: Fate, earlier: readonly RandomCall[], random: Random): RandomCall {
  const some = (): string[] =>
    random.chance(60)
      ? shuffled(earlier, random)
          .slice(0, random.below(3))
          .map((call) => call.id)
      : [];
  const useful = earlier.filter((call) => !call.isEach && call.fates.includes("gives")).map((call) => call.id);
  // Otherwise most of these would be skipped.
  const [uses, after] = fate === "no value" ? [useful.slice(0, 1), []] : [some(), some()];
  const [first] = uses;
  const own = fate === "no value" && first === undefined ? "gives" : fate;
  const isEach = (own === "gives" || own === "tool error") && random.chance(30) && isPlain(first, earlier);
  const elements = isEach ? givenBy(first as string).list.length : 1;
  const fates = Array.from({ length: elements }, () => (isEach && random.chance(40) ? "tool error" : own));
  const name = toolOf(own, random);
  const args = {
    of: id,
    ...Object.fromEntries(uses.map((use, index) => [`use${index}`, { $from: use }])),
    ...(isEach && { item: { $from: "item" } }),
    ...(own === "no value" && { missing: { $from: `${first}.nothing.at.all` } }),
  };
  const written = {
    id,
    name,
    arguments: args,
    ...(after.length > 0 && { after }),
    ...(isEach && { each: `${first}.list` }),
  };
  return { id, uses, after, isEach, fates, tool: name, written };
}

/** Whether a call has a list. */
function isPlain(id: string | undefined, earlier: readonly RandomCall[]): boolean {
  return earlier.some((call) => call.id === id && !call.isEach);
}

function toolOf(fate: Fate, random: Random): string {
  switch (fate) {
    case "hangs":
      return "slow__plain";
    case "crashes":
      return "doomed__plain";
    case "crowded":
      return "narrow__plain";
    case "asks":
      return "asker__plain";
    case "no tool":
      return random.chance(50) ? "one__nothing" : "down__plain";
    case "destroys":
      return "one__destroy";
    case "wrong type":
      return "two__typed";
    default:
      return `${random.chance(50) ? "one" : "two"}__${["plain", "read", "write"][random.below(3)]}`;
  }
}

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const all = [...list];
  for (let index = all.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [all[index], all[other]] = [all[other] as T, all[index] as T];
  }
  return all;
}

/** What each call must have come to: a code for each element, empty where it gives something. */
export function expectedCodes(calls: readonly RandomCall[]): ReadonlyMap<string, readonly string[]> {
  const codes = new Map<string, readonly string[]>();
  const codesOf = (id: string): readonly string[] => {
    const known = codes.get(id);
    if (known !== undefined) return known;
    const { fates, uses, after } = calls.find((one) => one.id === id) as RandomCall;
    const own = fates.map((fate) => codeOf[fate]);
    // Where it goes nowhere that is its own error, whatever it needs.
    const isNowhere = own[0] === "unknown_tool" || own[0] === "out_of_scope";
    const isSkipped = !isNowhere && [...uses, ...after].some((need) => hasFailed(codesOf(need)));
    const all = isSkipped ? ["skipped"] : own;
    codes.set(id, all);
    return all;
  };
  for (const { id } of calls) codesOf(id);
  return codes;
}

export function hasFailed(codes: readonly string[]): boolean {
  return codes.length > 0 && codes.every((code) => code !== "");
}
