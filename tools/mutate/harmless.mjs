// harmless.mjs: changes after which the code does the same, so that no test can notice them. They are not counted.
import { inWire } from "./harmless-wire.mjs";

/** Of each: its file, what stands in its description (`change: line`), and why nothing is another. */
const known = [
  ...inWire,
  ["src/downstream/breaker.ts", "0 → 1: #round = 0;", "rounds are only compared with each other"],
  ["src/downstream/gate.ts", "0 → 1: #usualMs = 0;", "the first time that is learnt takes its place"],
  ["src/relay/held-bytes.ts", "0 → 1: #bytes = 0;", "it is summed up before it is looked at"],
  ["src/relay/inner-requests.ts", "- → +: const isShort", "what is longer is kept as a string too, and reads the same"],
  ["src/relay/inner-requests.ts", "1024 → 1025: const otherBytes", "as before"],
  ["src/relay/exchange.ts", "<= → <: .filter((edit) => edit.start >=", "edits of a result stand between its braces"],
  ["src/relay/exchange.ts", ">= → >: .filter((edit) => edit.start >=", "as before"],
  ["src/relay/exchange.ts", "0 → 1: if (reply.reservedNames.length > 0)", "each has a start and an end"],
  [
    "src/relay/logs.ts",
    "&& → ||: if (!isWanted && newest === null)",
    "it is looked for again, or where nobody uses it",
  ],
  ["src/relay/parked.ts", "0 → 1: #count = 0;", "a number says nothing but that it is another"],
  ["src/relay/parked.ts", "1 → 2: for (const { name, start, end } of members.toSorted(", "the sign alone counts"],
  ["src/relay/parked.ts", "1 → 2: ? Object.fromEntries(Object.entries(item).toSorted(", "as before"],
];

/** Whether the mutant, as `mutantsOf` makes it, does the same as the code. */
export function isHarmless({ file, what }) {
  // Whoever asks takes undefined for false.
  if (/^returns nothing: (?:.* )?return false;$/.test(what)) return true;
  return known.some(([path, change]) => file === path && what.startsWith(change));
}

/** Those of `known` that are no change of `mutants`: the code is another by now. */
export function staleOf(mutants) {
  return known.filter(([path, change]) => !mutants.some(({ file, what }) => file === path && what.startsWith(change)));
}
