const longestWord = 64;
const mostCandidates = 2000;
const mostEdits = 5;

/**
 * The candidates that `word` was probably meant to be, best first, at most `max`: few typing errors away, or the one
 * contained in the other. Upper and lower case count as equal. Bounded: words are cut to 64 characters and candidates to
 * the first 2000, so that a hostile name costs milliseconds.
 */
export function nearest(word: string, candidates: readonly string[], max = 3): string[] {
  const wanted = fold(word);
  const limit = Math.min(mostEdits, Math.max(1, Math.floor(wanted.length / 3)));
  const near: { candidate: string; edits: number }[] = [];
  for (const candidate of candidates.slice(0, mostCandidates)) {
    const offered = fold(candidate);
    const edits = editDistance(wanted, offered, limit);
    const isPart = contains(offered, wanted) || contains(wanted, offered);
    if (edits <= limit || isPart) near.push({ candidate, edits });
  }
  near.sort((a, b) => a.edits - b.edits); // Stable: of two equally near, the first candidate stays first.
  const farthest = (near[0]?.edits ?? 0) + 2; // What is much worse than the best only distracts.
  return near.flatMap(({ candidate, edits }) => (edits <= farthest ? [candidate] : [])).slice(0, max);
}

function fold(word: string): string {
  return word.slice(0, longestWord).toLowerCase().slice(0, longestWord);
}

/** Shorter parts than three letters are found in everything and tell nothing. */
function contains(whole: string, part: string): boolean {
  return part.length >= 3 && whole.includes(part);
}

/** Letters inserted, left out, replaced or swapped with their neighbour; anything above `limit` is `limit + 1`. */
function editDistance(a: string, b: string, limit: number): number {
  const over = limit + 1;
  if (Math.abs(a.length - b.length) > limit) return over;
  let beforeLast = new Uint8Array(b.length + 1);
  let last = new Uint8Array(b.length + 1);
  let current = new Uint8Array(b.length + 1);
  for (let column = 0; column <= b.length; column++) last[column] = Math.min(column, over);
  for (let row = 1; row <= a.length; row++) {
    const letter = a.charCodeAt(row - 1);
    const letterBefore = a.charCodeAt(row - 2);
    current.fill(over);
    current[0] = Math.min(row, over);
    let least = at(current, 0);
    // Cells farther than `limit` from the diagonal are over it anyway.
    const end = Math.min(b.length, row + limit);
    for (let column = Math.max(1, row - limit); column <= end; column++) {
      const other = b.charCodeAt(column - 1);
      let edits = at(last, column - 1) + (letter === other ? 0 : 1);
      edits = Math.min(edits, at(last, column) + 1, at(current, column - 1) + 1, over);
      if (letterBefore === other && letter === b.charCodeAt(column - 2)) {
        edits = Math.min(edits, at(beforeLast, column - 2) + 1);
      }
      current[column] = edits;
      least = Math.min(least, edits);
    }
    if (least === over) return over;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return at(last, b.length);
}

function at(row: Uint8Array, column: number): number {
  return row[column] ?? 0;
}
