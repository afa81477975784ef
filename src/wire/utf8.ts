import { isUtf8 } from "node:buffer";

/** Whether `pieces`, one after the other, are valid UTF-8. They are not put together, which would cost more than the check. */
export function areUtf8(pieces: readonly Buffer[]): boolean {
  let carried = Buffer.alloc(0); // The character at the end of the pieces before, whole or not.
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    let from = 0;
    if (carried.length > 0) {
      while (isContinuation(piece[from] as number)) from++;
      const character = Buffer.concat([carried, piece.subarray(0, from)]);
      if (from === piece.length && !isLast && character.length < 4) {
        carried = character;
        continue;
      }
      if (!isUtf8(character)) return false;
    }
    const to = isLast ? piece.length : startOfLast(piece);
    if (!isUtf8(piece.subarray(from, to))) return false;
    carried = Buffer.from(piece.subarray(to));
  }
  return true;
}

/** Where the last character of `piece` begins if it is not ASCII; else the end. */
function startOfLast(piece: Buffer): number {
  let at = piece.length - 1;
  while (isContinuation(piece[at] as number)) at--;
  return (piece[at] as number) >= 0xc0 ? at : piece.length;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}
