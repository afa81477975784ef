import type { Node, ParseError } from "jsonc-parser";
import type { Path, Problem } from "./problems.ts";

/** No configuration needs more, and whatever walks the value recursively is safe below it. */
const maxDepth = 100;

/**
 * The value of a JSONC text (comments and trailing commas allowed), or the problems that keep it from having one: the
 * first syntax error, or every key that stands twice in one object. All of these problems know their line.
 */
export async function parseJsonc(text: string): Promise<{ value: unknown; problems: readonly Problem[] }> {
  if (text.includes("\0")) return fault(1, "this is not UTF-8 text. Save it as UTF-8.");
  const faultless = parseFaultless(text);
  if (faultless) return { value: faultless.value, problems: [] };

  const errors: ParseError[] = [];
  const { printParseErrorCode } = await import("jsonc-parser");
  let root: Node | undefined;
  try {
    root = await parseTree(text, errors);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause; // The parser recurses and has no bound of its own.
    return fault(1, tooDeep);
  }
  const [first] = errors;
  if (first) {
    const reason = syntaxErrors.get(printParseErrorCode(first.error)) ?? "this is not valid JSON";
    return fault(
      lineAt(text, first.offset),
      `${reason}. Comments and trailing commas are fine, all else is plain JSON.`,
    );
  }
  const problems: Problem[] = [];
  return { value: root && valueOfNode(root, [], problems, text), problems };
}

/** For each path the line (from 1) of its key, or of the nearest thing around it that is in the text. */
export async function linesOf(text: string, paths: readonly Path[]): Promise<number[]> {
  const { findNodeAtLocation } = await import("jsonc-parser");
  const root = await parseTree(text, []);
  return paths.map((path) => {
    for (let length = path.length; root && length > 0; length--) {
      const node = findNodeAtLocation(root, path.slice(0, length));
      if (node) return lineAt(text, (node.parent?.type === "property" ? node.parent : node).offset);
    }
    return 1;
  });
}

const tooDeep = `nested deeper than ${maxDepth}. A configuration needs four levels.`;

const syntaxErrors: ReadonlyMap<string, string> = new Map([
  ["InvalidSymbol", "there is a word or sign that JSON does not know; text needs double quotes"],
  ["InvalidNumberFormat", "there is a number that JSON does not know"],
  ["UnexpectedEndOfNumber", "there is a number that JSON does not know"],
  ["PropertyNameExpected", "a key in double quotes is missing"],
  ["ValueExpected", "a value is missing"],
  ["ColonExpected", "a colon is missing between a key and its value"],
  ["CommaExpected", "a comma is missing before this"],
  ["CloseBraceExpected", "a closing brace } is missing"],
  ["CloseBracketExpected", "a closing bracket ] is missing"],
  ["EndOfFileExpected", "there is more after the end of the configuration"],
  ["UnexpectedEndOfComment", "a comment is not closed"],
  ["UnexpectedEndOfString", "a text has no closing quote on its line"],
  ["InvalidUnicode", "\\u in a text needs four hexadecimal digits"],
  ["InvalidEscapeCharacter", "there is a backslash that JSON does not know; write \\\\ for one backslash"],
  ["InvalidCharacter", "a text contains a control character; write \\n for a new line and \\t for a tab"],
]);

/** The value of a JSONC text without faults, which needs no jsonc-parser (7 MB, 12 ms); undefined for every other text. */
export function parseFaultless(text: string): { value: unknown } | undefined {
  try {
    // Both take strings along, so that nothing inside of them is touched; what is not closed stays and fails below. What
    // comes first is a character, not what stands around it: a look back at every blank of many takes minutes.
    const plain = text
      .replace(/\/\/.*|\/\*[\s\S]*?\*\/|("[^"\\]*(?:\\[\s\S]?[^"\\]*)*"?|\/\*[\s\S]*)/g, "$1 ")
      .replace(/("[^"\\]*(?:\\[\s\S]?[^"\\]*)*"?)|,(?<=[^{[,:\s]\s*,)(?=\s*[}\]])/g, "$1");
    const value: unknown = JSON.parse(plain);
    // In JSON a string before a colon is a key, so fewer keys in the value mean that one stood twice.
    const strings = plain.match(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?/g) ?? [];
    const written = strings.filter((string) => string.endsWith(":")).length;
    return countKeys(value, 0) === written ? { value } : undefined;
  } catch {
    return undefined; // The tolerant parser says what is wrong, and where.
  }
}

/** NaN where the value must be looked at closely: too deep, or a key that assignment would lose. */
function countKeys(value: unknown, depth: number): number {
  if (depth > maxDepth) return Number.NaN;
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__") return Number.NaN;
    keys += (Array.isArray(value) ? 0 : 1) + countKeys(member, depth + 1);
  }
  return keys;
}

async function parseTree(text: string, errors: ParseError[]): Promise<Node | undefined> {
  const jsonc = await import("jsonc-parser");
  return jsonc.parseTree(text, errors, { allowTrailingComma: true });
}

function valueOfNode(node: Node, path: Path, problems: Problem[], text: string): unknown {
  if (path.length > maxDepth) {
    problems.push({ path: path.slice(0, 3), line: lineAt(text, node.offset), message: tooDeep });
    return undefined;
  }
  if (node.type === "array")
    return (node.children ?? []).map((item, i) => valueOfNode(item, [...path, i], problems, text));
  if (node.type !== "object") return node.value;
  const offsets = new Map<string, number>();
  const value: Record<string, unknown> = {};
  for (const { offset, children } of node.children ?? []) {
    const [name, member] = children ?? [];
    if (!name || !member) continue; // Half a property is a syntax error, which has been reported.
    const key = String(name.value);
    const earlier = offsets.get(key);
    if (key === "__proto__") {
      const message = "JavaScript reserves this name. Choose another.";
      problems.push({ path: [...path, key], line: lineAt(text, offset), message });
    } else if (earlier !== undefined) {
      const message = `stands here twice, first on line ${lineAt(text, earlier)}. Rename or remove one.`;
      problems.push({ path: [...path, key], line: lineAt(text, offset), message });
    } else {
      offsets.set(key, offset);
      value[key] = valueOfNode(member, [...path, key], problems, text);
    }
  }
  return value;
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

function fault(line: number, message: string): { value: undefined; problems: readonly Problem[] } {
  return { value: undefined, problems: [{ path: [], line, message }] };
}
