/** Where in a number the scanner is: from 0 on, in the order in which a number can go through them. */
const afterMinus = 0;
const afterZero = 1;
const inInteger = 2;
const afterPoint = 3;
const inFraction = 4;
const afterE = 5;
const afterSign = 6;
const inExponent = 7;

/** The byte belongs to what comes after the number. */
export const ended = 8;
/** The byte may not stand there. */
export const bad = 9;

// Columns: anything else, 0, 1 to 9, point, e or E, plus, minus.
const steps: readonly (readonly number[])[] = [
  [bad, afterZero, inInteger, bad, bad, bad, bad],
  [ended, ended, ended, afterPoint, afterE, ended, ended],
  [ended, inInteger, inInteger, afterPoint, afterE, ended, ended],
  [bad, inFraction, inFraction, bad, bad, bad, bad],
  [ended, inFraction, inFraction, ended, afterE, ended, ended],
  [bad, inExponent, inExponent, bad, bad, afterSign, afterSign],
  [bad, inExponent, inExponent, bad, bad, bad, bad],
  [ended, inExponent, inExponent, ended, ended, ended, ended],
];
const columns = 7;
const table = Uint8Array.from(steps.flat());
const columnOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  const characters = String.fromCharCode(byte);
  const column = ["0", "123456789", ".", "eE", "+", "-"].findIndex((ones) => ones.includes(characters));
  return column + 1;
});

/** The place in a number that begins with `byte`; −1 where none does. */
export function startOfNumber(byte: number): number {
  if (byte >= 0x31 && byte <= 0x39) return inInteger;
  return byte === 0x30 ? afterZero : byte === 0x2d ? afterMinus : -1;
}

/** The place in a number after `byte`, or `ended`, or `bad`. */
export function stepInNumber(place: number, byte: number): number {
  return table[place * columns + (columnOf[byte] as number)] as number;
}

/** Whether a number is whole there. */
export function isWholeNumber(place: number): boolean {
  return place === afterZero || place === inInteger || place === inFraction || place === inExponent;
}
