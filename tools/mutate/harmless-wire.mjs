// harmless-wire.mjs: changes of wire/ after which it does the same, or the same with more work: see harmless.mjs.

/** Of each: its file, how its description (`change: line`) begins, and why nothing is another. */
export const inWire = [
  ...of(
    "src/wire/json.ts",
    "there is one place more than is used, or another number below 0, which says that there is no slot",
    "1 → 2: this.#slots",
  ),
  ...of("src/wire/json.ts", "it is a type", "false → true: #fail(problem: Problem): false"),
  ...of("src/wire/json.ts", "a name without escapes is decoded, and is the same", [
    "false → true: this.hasEscape = false;",
    "left out: this.hasEscape = false;",
  ]),
  ...of("src/wire/json.ts", "it is written before it is read", [
    "false → true: hasEscape = false;",
    "left out: hasEscape = false;",
    "1 → 2: #nameStart = -1;",
    "0 → 1: #hexLeft",
    "0 → 1: #literal",
  ]),
  ...of("src/wire/json.ts", "only which texts are read four bytes at a time is another", [
    "< → <=: const words",
    "- → +: const words",
    "256 → 257: const longMessage",
  ]),
  ...of("src/wire/json.ts", "only the numbers of places in a number are others", "11 → 12: const inNumber"),
  ...of("src/wire/json.ts", "`elsewhere` is 0, moved by 1 or by 2", "1 → 2: const plainObject"),
  ...of("src/wire/json.ts", "there is one place more than are used", "1 → 2: this.#containers = new"),
  ...of("src/wire/characters.ts", "no byte is 256", ["256 → 257: const plain", "256 → 257: const table"]),
  ...of(
    "src/wire/characters.ts",
    "no word is looked at, or one of 0, which is not plain",
    "0 → 1: export const noWords",
  ),
  ...of("src/wire/characters.ts", "how many characters are looked at in the short way; the long one says the same", [
    "16 → 17: const last",
    "+ → -: const last",
    "< → <=: while (at < last",
    "1 → 2: while (at < last",
  ]),
  ...of("src/wire/characters.ts", "the scanner reads an escape that is not passed over, and says the same", [
    "0x5c → 93: } else if (byte === 0x5c",
    "1 → 2: } else if (byte === 0x5c",
  ]),
  ...of("src/wire/characters.ts", "some plain characters are looked at by themselves", [
    "0x20202020 → 538976289",
    "0x01010101 → 16843010",
  ]),
  ...of("src/wire/json.ts", "what stands last in a part is read in the long way, which says the same", [
    "1 → 2: else if (bytes[at + 1] === 0x3a",
    "1 → 2: if (isObject && at + 1 < to",
  ]),
  ...of("src/wire/json.ts", "no literal has −1 or −2 in it", "1 → 2: byte = ++at < to"),
  ...of(
    "src/wire/object.ts",
    "two bytes are taken, and the first is read",
    "1 → 2: return message.bytes(at, at + 1)[0]",
  ),
  ...of("src/wire/numbers.ts", "no byte is 256", "256 → 257: const columnOf"),
  ...of("src/wire/numbers.ts", "it is another number than all others still", "9 → 10: export const bad"),
  ...of("src/wire/utf8.ts", "a piece before the first that is empty, or one byte of ASCII, changes no verdict", [
    "> → >=: if (carried.length > 0)",
    "0 → 1: let carried",
  ]),
  ...of(
    "src/wire/utf8.ts",
    "a character of four bytes is judged with the next piece, which adds none to it that could stand there",
    ["< → <=: if (from === piece.length", "4 → 5: if (from === piece.length"],
  ),
  ...of("src/wire/utf8.ts", "0xc0 stands nowhere in UTF-8", [
    "< → <=: return byte >= 0x80",
    "0xc0 → 193",
    ">= → >: return (piece[at] as number) >= 0xc0",
  ]),
  ...of("src/wire/members.ts", "there is one slot more, that nobody has", [
    "28 → 29: const slotCount",
    "2 → 3: const noSpans",
  ]),
  ...of("src/wire/members.ts", "it is another number than all slots still", [
    "3 → 4: export const repeated",
    "2 → 3: const reserved",
  ]),
  ...of("src/wire/members.ts", "slot 0 is a string's, not an object's", [
    "< → <=: return slot < 0",
    "0 → 1: return slot < 0",
  ]),
  ...of("src/wire/members.ts", "an empty list comes in place of an empty list", [
    "> → >=: if (this.#unknownNames.length > 0)",
  ]),
  ...of(
    "src/wire/members.ts",
    "with its closing quote the name is too long in any case",
    "<= → <: if (before.length + to",
  ),
  ...of(
    "src/wire/members.ts",
    "who asks takes undefined for false",
    "returns nothing: for (let index = 0; index < name",
  ),
  ...of("src/wire/lines.ts", "nothing is left of the chunk", "< → <=: while (from < chunk.length)"),
  ...of("src/wire/lines.ts", "an empty list comes in place of an empty list", "> → >=: if (this.#pieces.length > 0)"),
  ...of("src/wire/lines.ts", "nothing is found in a text without one, and nothing behind the end", [
    "1 → 2: if (first === -1) return;",
    "< → <=: for (let at = first; at < bytes.length",
  ]),
  ...of("src/wire/message.ts", "no comparison holds of what is behind the end of a text", [
    "< → <=: for (let index = 0; index < text.length",
    "< → <=: for (let index = 0; index < raw.length",
  ]),
  ...of("src/wire/message.ts", "JSON.stringify writes it as it is", [
    "< → <=: if (code < 0x20",
    "> → >=: if (code < 0x20",
    "0x20 → 33: if (code < 0x20",
    "0x7e → 127: if (code < 0x20",
  ]),
  ...of(
    "src/wire/message.ts",
    "the quotes and what is around them are not looked for, nor is the last byte, which follows one that is",
    [
      "< → <=: for (let index = 1; index < raw.length - 1",
      "- → +: for (let index = 1; index < raw.length - 1",
      "1 → 2: for (let index = 1; index < raw.length - 1",
    ],
  ),
  ...of("src/wire/message.ts", "0x80 stands first in no character", [
    ">= → >: if (code === 0x5c || code >= 0x80)",
    "0x80 → 129: if (code === 0x5c || code >= 0x80)",
  ]),
  ...of("src/wire/message.ts", "slot 0 is multiplied by 3", [
    "2 → 3: const version",
    "2 → 3: if (spans[2 * slot.jsonrpc + 1]",
  ]),
  ...of(
    "src/wire/message.ts",
    "no id begins with −1, with −2, or with what stands before a text",
    "1 → 2: const idStart",
  ),
  ...of("src/wire/message.ts", "there is an empty piece more, or one more is looked at and has nothing of it", [
    "< → <=: if (from < to)",
    ">= → >: if (offset >= end)",
  ]),
  ...of("src/wire/object.ts", "a member's value stands behind the beginning of its object, and before the end", [
    "> → >=: if (at > start",
    "< → <=: if (at > start",
  ]),
  ...of(
    "src/wire/object.ts",
    "behind the last one there is none",
    "< → <=: while (index < removed.length && firstFrom",
  ),
  ...of(
    "src/wire/object.ts",
    "the quotes and what is around them are not looked for, nor is the last byte, which follows one that is",
    [
      "< → <=: for (let at = nameStart + 1",
      "- → +: for (let at = nameStart + 1",
      "+ → -: for (let at = nameStart + 1",
      "1 → 2: for (let at = nameStart + 1",
    ],
  ),
  ...of("src/wire/object.ts", "0x80 stands first in no character", [
    ">= → >: if (byte === backslash",
    "0x80 → 129: if (byte === backslash",
  ]),
  ...of("src/wire/object.ts", "what is behind the end is no white space", "< → <=: while (index < window.length"),
  ...of(
    "src/wire/object.ts",
    "how much is looked at together; a message begins with a brace, before which nothing is looked for",
    [
      "64 → 65: const windowBytes",
      "512 → 513: const longestName",
      "2 → 3: for (let size = windowBytes",
      "0 → 1: const from = Math.max(0",
      ">= → >: if (index >= 0) return",
      "0 → 1: if (index >= 0) return",
    ],
  ),
  ...of(
    "src/wire/walk.ts",
    "the quotes and what is around them are not looked for, nor is the last byte, which follows one that is",
    [
      "< → <=: for (let at = start + 1",
      "- → +: for (let at = start + 1",
      "+ → -: for (let at = start + 1",
      "1 → 2: for (let at = start + 1",
    ],
  ),
  ...of("src/wire/walk.ts", "0x80 stands first in no character", [
    ">= → >: if (byte === 0x5c || byte >= 0x80)",
    "0x80 → 129: if (byte === 0x5c || byte >= 0x80)",
  ]),
  ...of("src/wire/walk.ts", "no value outside a string has an exclamation mark", "0x20 → 33: return byte === 0x2c"),
  ...of(
    "src/wire/whole.ts",
    "a chunk without one is copied, and the copy is the same",
    "1 → 2: if (first === -1) return chunk;",
  ),
  ...of("src/wire/sse.ts", "an empty first line ends no event", "false → true: #isAfterReturn"),
  ...of("src/wire/sse.ts", "it is looked for again where it stands, and found there", [
    "< → <=: if (feed < from)",
    "< → <=: if (back < from)",
  ]),
];

function of(file, why, changes) {
  return [changes].flat().map((change) => [file, change, why]);
}
