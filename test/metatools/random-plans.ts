/** What becomes of one call of a server, or that it never gets so far. */
export type Fate = {
  readonly does: "give" | "fail" | "ask" | "hang";
  /** With which code, where it fails. */
  readonly code: string;
  /** What its server answers where it fails; undefined: it is never sent. */
  readonly how: "tool" | "rpc" | "server mark" | "own mark" | undefined;
};

/** One call of a random plan. */
export type RandomCall = {
  readonly id: string;
  readonly server: string;
  readonly kind: "plain" | "read" | "write" | "destroy";
  readonly isEach: boolean;
  /** Ids of calls whose values it uses; the first one's list, where it is called for each element. */
  readonly uses: readonly string[];
  readonly after: readonly string[];
  /** One, or one for each element. */
  readonly fates: readonly Fate[];
  readonly written: object;
};

export type Random = { readonly below: (end: number) => number; readonly chance: (percent: number) => boolean };

const servers = ["one", "two", "three"];
const failures: readonly Fate[] = [
  { does: "fail", code: "tool_error", how: "tool" },
  { does: "fail", code: "protocol_error", how: "rpc" },
  { does: "fail", code: "protocol_error", how: "server mark" },
  { does: "fail", code: "timed_out", how: "own mark" },
  { does: "fail", code: "connection_lost", how: "own mark" },
  { does: "fail", code: "unavailable", how: "own mark" },
  { does: "fail", code: "queue_full", how: "own mark" },
  { does: "fail", code: "bad_reply", how: "own mark" },
  { does: "fail", code: "cannot_ask", how: "own mark" },
];
const give: Fate = { does: "give", code: "", how: undefined };
const unsent = (code: string): Fate => ({ does: "fail", code, how: undefined });

/** The same numbers for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { below: (end) => Math.floor(next() * end), chance: (percent) => next() * 100 < percent };
}

/** A plan without cycles in which calls use and follow others before and behind them in the list. */
export function randomPlan(random: Random, canHang: boolean): readonly RandomCall[] {
  const count = 1 + random.below(32);
  const order = shuffled(
    Array.from({ length: count }, (_, index) => index),
    random,
  );
  const calls: RandomCall[] = [];
  for (const [position, index] of order.entries()) {
    const earlier = order.slice(0, position).map((one) => calls[one] as RandomCall);
    calls[index] = randomCall(`a${index}`, earlier, random, canHang);
  }
  return calls;
}

/** What a call that gives something gives: a list, and texts that look like references. */
export function givenBy(id: string): object {
  const length = Number(id.slice(1)) % 5;
  const list = Array.from({ length }, (_, index) => ({ of: id, index, trap: { $from: "a0.list" } }));
  return { id, list, trap: { $from: `${id}.list` }, text: `\${${id}.list}`, big: "12345678901234567890" };
}

export function listFrom(id: string): readonly unknown[] {
  return (givenBy(id) as { readonly list: readonly unknown[] }).list;
}

function randomCall(id: string, earlier: readonly RandomCall[], random: Random, canHang: boolean): RandomCall {
  const some = (most: number): string[] =>
    shuffled(
      earlier.map((call) => call.id),
      random,
    ).slice(0, random.chance(60) ? random.below(most + 1) : 0);
  const [uses, after] = [some(2), some(2)];
  const server = servers[random.below(servers.length)] as string;
  const kind = (["plain", "read", "read", "write", "destroy"] as const)[random.below(5)] as RandomCall["kind"];
  // What is called for each element has no list itself.
  const isEach = earlier.some((call) => call.id === uses[0] && !call.isEach) && random.chance(40);
  const length = isEach ? listFrom(uses[0] as string).length : 1;
  const whole = random.below(20);
  const fates = Array.from({ length }, () => fate(random, canHang));
  const name = whole === 0 ? "one__nothing" : whole === 1 ? `${server}__typed` : `${server}__${kind}`;
  const missing = whole === 2 && uses.length > 0 ? { missing: { $from: `${uses[0]}.nothing.at.all` } } : {};
  const args = {
    of: id,
    ...Object.fromEntries(uses.map((use, index) => [`use${index}`, { $from: use }])),
    ...(isEach ? { item: { $from: "item" } } : {}),
    ...missing,
  };
  const own =
    whole === 0 ? "unknown_tool" : whole === 1 ? "invalid_arguments" : "missing" in missing ? "no_such_value" : "";
  const written = {
    id,
    name,
    arguments: args,
    ...(after.length > 0 && { after }),
    ...(isEach && { each: `${uses[0]}.list` }),
  };
  return { id, server, kind, isEach, uses, after, fates: own === "" ? fates : fates.map(() => unsent(own)), written };
}

function fate(random: Random, canHang: boolean): Fate {
  if (canHang && random.chance(10)) return { does: "hang", code: "timeout", how: undefined };
  if (random.chance(10)) return { does: "ask", code: "", how: undefined };
  return random.chance(25) ? (failures[random.below(failures.length)] as Fate) : give;
}

function shuffled<T>(list: T[], random: Random): T[] {
  for (let index = list.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [list[index], list[other]] = [list[other] as T, list[index] as T];
  }
  return list;
}
