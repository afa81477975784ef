const longestWord = 64;
const mostCandidates = 2000;
const mostEdits = 8;

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
    if (edits <= limit) near.push({ candidate, edits });
    else if (contains(offered, wanted) || contains(wanted, offered)) near.push({ candidate, edits: limit });
  }
  near.sort((a, b) => a.edits - b.edits); // Stable: of two equally near, the first candidate stays first.
  return near.slice(0, max).map(({ candidate }) => candidate);
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
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(at(last, column - 1) + (same ? 0 : 1), at(last, column) + 1, at(current, column - 1) + 1);
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        edits = Math.min(edits, at(beforeLast, column - 2) + 1);
      }
      current.push(edits);
      least = Math.min(least, edits);
    }
    if (least > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
