/**
 * The text with everything that could act on a terminal, hide or reorder what is read shown as an escape such as
 * `\x1b` or `\u202e`: control characters (line ends too, so one line stays one line; a tab stays), line separators,
 * bidi controls, zero-width and other invisible format characters, tag characters, and variation selectors where one
 * follows another, which can carry a hidden text. Linear in the text.
 */
export function harmless(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{E0000}-\u{E007F}]|[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{2,}/gu,
    (found) => Array.from(found, escaped).join(""),
  );
}

function escaped(character: string): string {
  if (character === "\t") return character;
  const code = (character.codePointAt(0) ?? 0).toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\u{${code}}`;
}
