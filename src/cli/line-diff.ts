/** One line of a difference: as it was, as it is, or in both. */
export type DiffLine = { readonly sign: "-" | "+" | " "; readonly text: string };

/** Beyond this many lines on either side, what differs is shown as one block. */
const mostLines = 2000;

/** What has become of the lines of a text, with `context` lines around each change and "…" for what is left out. Empty where nothing has changed. */
export function diffLines(before: string, after: string, context = 2): readonly DiffLine[] {
  const all = allLines(linesOf(before), linesOf(after));
  const isNear = all.map((_, index) =>
    all.slice(Math.max(index - context, 0), index + context + 1).some(({ sign }) => sign !== " "),
  );
  return all.flatMap((line, index) => {
    if (isNear[index]) return [line];
    return isNear[index - 1] && isNear.indexOf(true, index) !== -1 ? [{ sign: " " as const, text: "…" }] : [];
  });
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

function allLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ sign: " ", text }));
  const [old, fresh] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  return [...same(before.slice(0, start)), ...middle(old, fresh), ...same(before.slice(before.length - end))];
}

/** By the longest common subsequence. */
function middle(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const removed = before.map((text): DiffLine => ({ sign: "-", text }));
  const added = after.map((text): DiffLine => ({ sign: "+", text }));
  if (before.length > mostLines || after.length > mostLines) return [...removed, ...added];
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] as number;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ sign: " ", text: before[i] as string });
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) lines.push(removed[i++] as DiffLine);
    else lines.push(added[j++] as DiffLine);
  }
  return [...lines, ...removed.slice(i), ...added.slice(j)];
}
