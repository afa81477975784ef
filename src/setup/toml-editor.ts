import type { Editor, Place } from "./document.ts";

/** TOML. Only whole tables, and members on a line of their own, are put in and taken away. */
export const tomlEditor: Editor = {
  parse: async (text) => {
    const { parse, TomlError } = await import("smol-toml");
    try {
      return { value: parse(text, { integersAsBigInt: "asNeeded" }) };
    } catch (cause) {
      if (!(cause instanceof TomlError)) throw cause;
      const [reason = ""] = cause.message.split("\n");
      return { problem: `${cause.line}: ${reason.replace(/^Invalid TOML document: /, "")}` };
    }
  },
  set: async (text, place, value) => {
    const { stringify } = await import("smol-toml");
    const table = stringify(place.reduceRight((inner, key) => ({ [key]: inner }), value)).trimEnd();
    const eol = text.includes("\r\n") ? "\r\n" : "\n";
    const left = await tomlEditor.remove(text, place);
    const end = left === "" || left.endsWith("\n") ? "" : eol;
    const gap = left.trim() === "" ? "" : eol;
    return `${left}${end}${gap}${table.replaceAll("\n", eol)}${eol}`;
  },
  remove: async (text, place) => {
    const { parse } = await import("smol-toml");
    /** The keys that a header or the beginning of a member names; undefined where it names none. */
    const placeOf = (line: string): Place | undefined => {
      try {
        const keys: string[] = [];
        let at: unknown = parse(line, { integersAsBigInt: "asNeeded" });
        for (let [first, ...others] = entriesOf(at); first && others.length === 0; [first, ...others] = entriesOf(at)) {
          keys.push(first[0]);
          at = Array.isArray(first[1]) ? first[1][0] : first[1];
        }
        return keys;
      } catch {
        return undefined; // It goes on over several lines, or is part of a longer text.
      }
    };
    const lines = text.split(/(?<=\n)/);
    const kept: string[] = [];
    let table: Place = [];
    let isIn = false;
    for (const [index, { line, isTop }] of [...withTexts(lines)].entries()) {
      const isHeader = isTop && /^\s*\[/.test(line);
      if (isHeader) {
        const header = placeOf(line);
        if (header === undefined) throw new Error(`the table ${line.trim()} cannot be read`);
        // What is said behind its last member is not of it alone.
        if (isIn) kept.push(...remarksAtEnd(lines, index));
        table = header;
        isIn = place.every((key, index) => table[index] === key);
        if (isIn && kept.at(-1)?.trim() === "") kept.pop();
      }
      const member = isTop && !isHeader && !isIn && /^\s*["'\w]/.test(line) ? placeOf(line) : undefined;
      const isMember = member !== undefined && place.every((key, index) => [...table, ...member][index] === key);
      if (!isIn && !isMember) kept.push(line);
    }
    if (isIn) kept.push(...remarksAtEnd(lines, lines.length));
    return kept.join("");
  },
};

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !(value instanceof Date) ? Object.entries(value) : [];
}

/** Each line, and whether it begins outside of texts that go over several lines. */
function* withTexts(lines: readonly string[]): Generator<{ line: string; isTop: boolean }> {
  let open: string | undefined;
  for (const line of lines) {
    yield { line, isTop: open === undefined };
    for (const [mark] of line.matchAll(/"""|'''|"(?:[^"\\]|\\.)*"|'[^']*'|#.*/g)) {
      if (open === mark) open = undefined;
      else if (open === undefined && (mark === '"""' || mark === "'''")) open = mark;
      else if (open === undefined && mark.startsWith("#")) break;
    }
  }
}

/** The blank lines and remarks just before a line. */
function remarksAtEnd(lines: readonly string[], end: number): readonly string[] {
  let start = end;
  while (start > 0 && /^\s*(?:#.*)?$/.test((lines[start - 1] as string).trimEnd())) start--;
  return lines.slice(start, end);
}
