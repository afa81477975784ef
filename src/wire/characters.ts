/** The classes of bytes that JSON tells apart, and fast ways over the most frequent ones. */

const escapes = tableOf('"\\/bfnrt');
const hexDigits = tableOf("0123456789abcdefABCDEF");
// In a string: ASCII but for quotes, backslashes and control characters.
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

export function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Whether it may follow a backslash; `u` is not among them. */
export function isEscape(byte: number): boolean {
  return escapes[byte] === 1;
}

export function isHex(byte: number): boolean {
  return hexDigits[byte] === 1;
}

/** Where the plain characters of a string from `at` on end; looks at 16 of them at most, and not past `to`. */
export function endOfShort(bytes: Uint8Array, at: number, to: number): number {
  const last = Math.min(at + 16, to);
  while (at < last && plain[bytes[at] as number] === 1) at++;
  return at;
}

export const noWords = new Int32Array(0);

/** `bytes` four at a time; empty where they do not begin at a multiple of four, as those that a pipe gives do. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  return bytes.byteOffset % 4 === 0 ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) : noWords;
}

/** What has been met in strings that were passed over. */
export type Met = { hasHighBytes: boolean; hasEscape: boolean };

/**
 * Passes over what cannot end a string or spoil it: plain characters (four at a time where `words` has them), those
 * beyond ASCII, and escapes of two characters that have come whole. Gives where something else stands, at most `to`.
 */
export function endOfRun(bytes: Uint8Array, words: Int32Array, at: number, to: number, met: Met): number {
  while (at < to) {
    if ((at & 3) === 0) {
      const end = Math.min(to >> 2, words.length);
      let index = at >> 2;
      while (index < end && isPlainWord(words[index] as number)) index++;
      at = index << 2;
      if (at === to) return to;
    }
    const byte = bytes[at] as number;
    if (plain[byte] === 1) at++;
    else if (byte >= 0x80) {
      met.hasHighBytes = true;
      at++;
    } else if (byte === 0x5c && at + 1 < to && isEscape(bytes[at + 1] as number)) {
      met.hasEscape = true;
      at += 2;
    } else return at;
  }
  return at;
}

// Bit 7 of a byte of the last line is set where it is less than 0x20, a quote or a backslash (haszero and hasless,
// https://graphics.stanford.edu/~seander/bithacks.html), or beyond ASCII; above such a byte it may be set for others.
function isPlainWord(word: number): boolean {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  const low = (word - 0x20202020) & ~word;
  const found = low | ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
  return ((found | word) & 0x80808080) === 0;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}
