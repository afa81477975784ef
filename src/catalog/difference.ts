/** One line of a difference. */
export type DifferenceLine = { readonly sign: " " | "-" | "+"; readonly text: string };

/** Larger ones are shown as all of one and all of the other. */
const mostSteps = 1_000_000;

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

/** What has changed between two canonical JSON texts, line by line; of what has not only the lines around it. */
export function difference(before: string, after: string): readonly DifferenceLine[] {
  const [one, other] = [laidOut(before), laidOut(after)];
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let [oneEnd, otherEnd] = [one.length, other.length];
  while (oneEnd > start && otherEnd > start && one[oneEnd - 1] === other[otherEnd - 1]) {
    oneEnd--;
    otherEnd--;
  }
  const changed = compared(one.slice(start, oneEnd), other.slice(start, otherEnd));
  return changed.filter(({ sign }, index) => {
    const isNear = [changed[index - 1], changed[index + 1]].some((line) => line !== undefined && line.sign !== " ");
    return sign !== " " || isNear;
  });
}

/** By the longest common subsequence of lines. */
function compared(one: readonly string[], other: readonly string[]): readonly DifferenceLine[] {
  if (one.length * other.length > mostSteps) return replacedLines(one, other);
  const width = other.length + 1;
  const lengths = new Uint32Array((one.length + 1) * width);
  for (let row = one.length - 1; row >= 0; row--) {
    for (let column = other.length - 1; column >= 0; column--) {
      const [below, right] = [lengths[(row + 1) * width + column] ?? 0, lengths[row * width + column + 1] ?? 0];
      lengths[row * width + column] =
        one[row] === other[column] ? (lengths[(row + 1) * width + column + 1] ?? 0) + 1 : Math.max(below, right);
    }
  }
  const lines: DifferenceLine[] = [];
  let [row, column] = [0, 0];
  let [removed, added]: [string[], string[]] = [[], []];
  const flush = (): void => {
    lines.push(...replacedLines(removed, added));
    [removed, added] = [[], []];
  };
  while (row < one.length || column < other.length) {
    if (row < one.length && column < other.length && one[row] === other[column]) {
      flush();
      lines.push({ sign: " ", text: one[row] as string });
      row++;
      column++;
    } else if (
      column === other.length ||
      (row < one.length && (lengths[(row + 1) * width + column] ?? 0) >= (lengths[row * width + column + 1] ?? 0))
    ) {
      removed.push(one[row++] as string);
    } else added.push(other[column++] as string);
  }
  flush();
  return lines;
}

function replacedLines(removed: readonly string[], added: readonly string[]): readonly DifferenceLine[] {
  const pairs =
    removed.length === added.length ? removed.map((line, index) => around(line, added[index] as string)) : [];
  const before = pairs.length > 0 ? pairs.map(([line]) => line) : removed;
  const after = pairs.length > 0 ? pairs.map(([, line]) => line) : added;
  return [
    ...before.map((text) => ({ sign: "-" as const, text })),
    ...after.map((text) => ({ sign: "+" as const, text })),
  ];
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
