/** The classes of bytes that JSON tells apart, and a fast way over the most frequent one. */

export const isWhiteSpace = tableOf(" \t\n\r");

/** What may follow a backslash, but for `u`. */
export const isEscape = tableOf('"\\/bfnrt');

export const isHex = tableOf("0123456789abcdefABCDEF");

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

const none = new Int32Array(0);

/** `bytes` four at a time; empty where they do not begin at a multiple of four, as those that a pipe gives do. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  return bytes.byteOffset % 4 === 0 ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) : none;
}

/**
 * Passes over what is plain in a string (ASCII but for quotes, backslashes and control characters) from `at`, a multiple
 * of four; stops at most three bytes before what is not, or before `to`.
 */
export function skipPlain(words: Int32Array, at: number, to: number): number {
  const end = Math.min(to >> 2, words.length);
  let index = at >> 2;
  for (; index < end; index++) {
    const word = words[index] as number;
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    // Bit 7 of a byte of `found` is set where it is less than 0x20 or one of the two (haszero and hasless,
    // https://graphics.stanford.edu/~seander/bithacks.html), and may be set in bytes above it.
    const low = (word - 0x20202020) & ~word;
    const found = low | ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
    if (((found | word) & 0x80808080) !== 0) break;
  }
  return Math.max(index << 2, at);
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}
