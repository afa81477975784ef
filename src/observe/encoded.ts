/**
 * What of a text stands in base64 (of both alphabets), wherever in what was encoded it began: the characters that it alone
 * decides. https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
export function encodedParts(text: string): string[] {
  const bytes = Buffer.from(text);
  const parts = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Six bits to a character: those that hold bits of what stands before or after are left out.
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(first, end);
  });
  const both = parts.flatMap((part) => [part, part.replaceAll("+", "-").replaceAll("/", "_")]);
  return [...new Set(both)].filter((part) => part.length >= shortestPart);
}

/** Shorter ones occur by chance. */
const shortestPart = 7;
