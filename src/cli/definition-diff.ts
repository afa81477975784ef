import { type DiffLine, diffLines } from "./line-diff.ts";

/** Of a long line that has changed in one place, what is around that place. */
const context = 40;

/** A canonical JSON text with a line for each member and element; other texts as one line. */
export function laidOut(canonical: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let depth = 0;
  let isInString = false;
  const end = (): void => {
    lines.push(`${"  ".repeat(Math.max(depth, 0))}${line}`);
    line = "";
  };
  for (let at = 0; at < canonical.length; at++) {
    const character = canonical[at] as string;
    if (isInString) {
      line += character;
      if (character === "\\") line += canonical[++at] ?? "";
      else if (character === '"') isInString = false;
      continue;
    }
    if (character === '"') isInString = true;
    const isClosing = character === "}" || character === "]";
    if (isClosing && line !== "" && !/[{[]$/.test(line)) end();
    if (isClosing) depth--;
    line += character === ":" ? ": " : character;
    if (/[{[]$/.test(line) && canonical[at + 1] !== "}" && canonical[at + 1] !== "]") {
      end();
      depth++;
    } else if (character === ",") end();
    else if (/[{[]$/.test(line)) depth++;
  }
  if (line !== "") end();
  return lines;
}

/** What has changed between two canonical JSON texts, line by line, with a line around each change. */
export function difference(before: string, after: string): readonly DiffLine[] {
  const lines = diffLines(laidOut(before).join("\n"), laidOut(after).join("\n"), 1);
  const shown: DiffLine[] = [];
  for (let at = 0; at < lines.length; ) {
    const removed = run(lines, at, "-");
    const added = run(lines, at + removed.length, "+");
    const pairs =
      removed.length === added.length ? removed.map((line, index) => around(line, added[index] as string)) : [];
    const [old, fresh] = pairs.length > 0 ? [pairs.map(([one]) => one), pairs.map(([, one]) => one)] : [removed, added];
    shown.push(
      ...old.map((text) => ({ sign: "-" as const, text })),
      ...fresh.map((text) => ({ sign: "+" as const, text })),
    );
    at += removed.length + added.length;
    const same = lines[at];
    if (same?.sign !== " ") continue;
    shown.push(same);
    at++;
  }
  return shown;
}

/** The texts of the lines from `at` on that have this sign. */
function run(lines: readonly DiffLine[], at: number, sign: DiffLine["sign"]): readonly string[] {
  let end = at;
  while (lines[end]?.sign === sign) end++;
  return lines.slice(at, end).map(({ text }) => text);
}

/** Two lines without the long parts at either end that they have in common. */
function around(one: string, other: string): readonly [string, string] {
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let end = 0;
  const most = Math.min(one.length, other.length) - start;
  while (end < most && one[one.length - 1 - end] === other[other.length - 1 - end]) end++;
  const cut = (text: string): string => {
    const indent = text.length - text.trimStart().length;
    const from = start - context > indent + context ? start - context : 0;
    const to = end - context > context ? text.length - end + context : text.length;
    return `${from > 0 ? `${text.slice(0, indent)}…` : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
  };
  return [cut(one), cut(other)];
}
