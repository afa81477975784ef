// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import { type BadPath, type Path, readPathInBraces } from "./paths.ts";

/** What a template is made of, in order: texts, and paths whose values are put between them. */
export type Template = readonly (string | Path)[];

const literalPattern = /^\$\{\s*("(?:[^"\\]|\\.){0,1000}")\s*\}/;

/**
 * Reads `Meeting ${a.id} of ${a["first name"]}`. A `$` that no `{` follows is text. So that no text that a model writes
 * in front of a value (`$${a.price}`, `C:\${a.name}`) is taken for an escape, there is none: `${"${"}` is the text `${`.
 */
export function readTemplate(text: string): Template | BadPath {
  const parts: (string | Path)[] = [];
  let at = 0;
  while (true) {
    const open = text.indexOf("${", at);
    if (open === -1) break;
    if (open > at) parts.push(text.slice(at, open));
    const literal = literalAt(text, open);
    if (literal !== undefined) {
      parts.push(literal.text);
      at = literal.end;
      continue;
    }
    const read = readPathInBraces(text, open + 2);
    if ("problem" in read) return { problem: `${read.problem}; a plain "\${" is written \${"\${"}` };
    parts.push(read.path);
    at = read.end + 1;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

function literalAt(text: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const found = literalPattern.exec(text.slice(at, at + 1100));
  if (found === null) return undefined;
  try {
    return { text: JSON.parse(found[1] as string) as string, end: at + found[0].length };
  } catch {
    return undefined; // An escape that JSON does not have.
  }
}
