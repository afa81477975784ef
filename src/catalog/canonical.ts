import { endOfValue, skipSpace, stringAt } from "../wire/walk.ts";

/** What is nested deeper than this stands as it came. */
const deepest = 1000;

/**
 * The one way to write a JSON value, whichever way it was written in `bytes`, which the scanner has taken: RFC 8785, with
 * two additions for what that leaves out. A number that no double holds exactly keeps its digits, and of members with one
 * name all stay. https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(bytes: Buffer): string {
  let at = skipSpace(bytes, 0);
  const take = (): string => {
    const start = at;
    at = endOfValue(bytes, start);
    return bytes.toString("utf8", start, at);
  };
  /** Past one byte and the white space behind it. */
  const pass = (): void => {
    at = skipSpace(bytes, at + 1);
  };
  const string = (): string => {
    const start = at;
    at = endOfValue(bytes, start);
    return JSON.stringify(stringAt(bytes, start, at));
  };
  const list = (close: number, item: () => void): void => {
    pass();
    while (bytes[at] !== close) {
      item();
      at = skipSpace(bytes, at);
      if (bytes[at] === 0x2c) pass();
    }
    at++;
  };
  const value = (depth: number): string => {
    const first = bytes[at];
    if (first === 0x22) return string();
    if ((first !== 0x7b && first !== 0x5b) || depth === deepest) {
      const text = take();
      return first === 0x2d || (first !== undefined && first >= 0x30 && first <= 0x39) ? canonicalNumber(text) : text;
    }
    if (first === 0x5b) {
      const items: string[] = [];
      list(0x5d, () => items.push(value(depth + 1)));
      return `[${items.join(",")}]`;
    }
    const members: (readonly [name: string, nameText: string, value: string])[] = [];
    list(0x7d, () => {
      const nameText = string();
      at = skipSpace(bytes, at);
      pass();
      members.push([JSON.parse(nameText) as string, nameText, value(depth + 1)]);
    });
    members.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    return `{${members.map(([, name, text]) => `${name}:${text}`).join(",")}}`;
  };
  return value(0);
}

/** As ECMAScript writes it, where that is the same number to the last digit. */
function canonicalNumber(text: string): string {
  const written = JSON.stringify(Number(text));
  if (written === text) return text;
  const exact = digitsOf(text);
  return Number.isFinite(Number(text)) && digitsOf(written) === exact ? written : exact;
}

/** A decimal number in one form: its digits without zeros at either end, and the power of ten behind them. */
function digitsOf(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  const first = firstNonZero(all);
  if (first === all.length) return "0";
  let end = all.length;
  while (all[end - 1] === "0") end--;
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(all.length - end);
  return `${sign}${all.slice(first, end)}e${power}`;
}

function firstNonZero(digits: string): number {
  let at = 0;
  while (digits[at] === "0") at++;
  return at;
}
