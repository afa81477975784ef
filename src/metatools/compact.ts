import { isWhiteSpace } from "../wire/characters.ts";
import { endOfValue } from "../wire/walk.ts";

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** `json` without the white space outside its strings; the same buffer where there is none. */
export function compact(json: Buffer): Buffer {
  let out: Buffer | undefined;
  let length = 0;
  let kept = 0; // What is kept from here on has not been copied yet.
  let at = 0;
  while (at < json.length) {
    const byte = json[at] as number;
    if (byte === quote) at = endOfValue(json, at);
    else if (isWhiteSpace(byte)) {
      out ??= Buffer.allocUnsafe(json.length);
      length += json.copy(out, length, kept, at);
      while (++at < json.length && isWhiteSpace(json[at] as number));
      kept = at;
    } else at++;
  }
  if (out === undefined) return json;
  length += json.copy(out, length, kept);
  return out.subarray(0, length);
}

/** `json` as it stands where it is on one line, as what is sent to servers must be; else without white space. */
export function onOneLine(json: Buffer): Buffer {
  return json.includes(lineFeed) || json.includes(carriageReturn) ? compact(json) : json;
}
