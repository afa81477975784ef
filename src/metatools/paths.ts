/**
 * The paths by which a model says which value it means: `a.items[0].id`, `a.items[*].id`, `a["odd name"]`. What decides:
 *
 *     path = id *( "." name / "[" int "]" / "[*]" / '["' string '"]' )
 *
 * A name ends at the next of `. [ ] { } "`; one that holds such a character is written in brackets, as a JSON string.
 * `[-1]` is the last element. White space around a path does not count.
 */

/** One step of a path: a member of an object, an element of an array (from its end where negative), or all of them. */
export type Step =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "all" };

/** A path as it was written, and what it says. */
export type Path = {
  readonly text: string;
  /** The id of a call, `item`, or a handle; empty in a path of `pick`, which begins in the call's own value. */
  readonly root: string;
  readonly steps: readonly Step[];
};

/** What is wrong with a path, in one sentence that shows it. */
export type BadPath = { readonly problem: string };

/** Where in a longer text a path ends. */
export type PlacedPath = { readonly path: Path; readonly end: number };

const longestPath = 1000;
const mostSteps = 64;
const longestShown = 120;

const spaces = /\s*/y;
const rootPattern = /[^.[\]{}"$\p{Cc}]+/uy;
const namePattern = /[^.[\]{}"]+/y;
const indexPattern = /\[\s*(-?\d{1,9})\s*\]/y;
const allPattern = /\[\s*\*\s*\]/y;
const quotedPattern = /^\[\s*(?:("(?:[^"\\]|\\.)*")|'([^'\\]*)')\s*\]/;

const plainName = /^[^.[\]{}"\s\p{Cc}]+$/u;

/** Whether a path can begin with `text`. */
export function isRoot(text: string): boolean {
  const end = endOf(rootPattern, text, 0);
  return text !== "" && end === text.length && text.trim() === text;
}

/** The path that `text` is. */
export function readPath(text: string): Path | BadPath {
  return whole(text, readAt(text, 0, true));
}

/** The path that `text` is, in a value that has no name: `items[*].title`, `[0]`. */
export function readPick(text: string): Path | BadPath {
  return whole(text, readAt(text, 0, false));
}

/** The path that begins at `from` and ends before a `}`. */
export function readPathInBraces(text: string, from: number): PlacedPath | BadPath {
  const read = readAt(text, from, true);
  if ("problem" in read || text[read.end] === "}") return read;
  return bad(text, from, read.end, read.end === text.length ? '"}" is missing' : unexpected(text, read.end));
}

/** Whether `name` can be written after a point. */
export function isPlainName(name: string): boolean {
  return plainName.test(name);
}

/** A path as a model could write it: that of the first `count` steps. */
export function shownPath({ root, steps }: Path, count = steps.length): string {
  const written = steps.slice(0, count).map((step) => {
    if (step.kind === "all") return "[*]";
    if (step.kind === "index") return `[${step.index}]`;
    return isPlainName(step.name) ? `.${step.name}` : `[${JSON.stringify(step.name)}]`;
  });
  const text = root + written.join("");
  return cut(root === "" && text.startsWith(".") ? text.slice(1) : text);
}

function whole(text: string, read: PlacedPath | BadPath): Path | BadPath {
  if ("problem" in read) return read;
  return read.end === text.length ? read.path : bad(text, 0, read.end, unexpected(text, read.end));
}

function readAt(text: string, from: number, hasRoot: boolean): PlacedPath | BadPath {
  const start = endOf(spaces, text, from);
  const steps: Step[] = [];
  let at = start;
  if (hasRoot) {
    at = endOf(rootPattern, text, start);
    if (at === start) return bad(text, from, at, 'it must begin with the id of a call, as in "a.items[0].id"');
  }
  const root = hasRoot ? text.slice(start, at).trim() : "";
  while (at < text.length) {
    const isFirstName = at === start && text[at] !== "[";
    if (!isFirstName && text[at] !== "." && text[at] !== "[") break;
    if (steps.length === mostSteps) return bad(text, from, at, `it has more than ${mostSteps} steps`);
    const read = text[at] === "[" ? bracketAt(text, at) : nameAt(text, isFirstName ? at : at + 1);
    if (typeof read === "string") return bad(text, from, at, read);
    steps.push(read.step);
    at = read.end;
  }
  if (at - start > longestPath) return bad(text, from, at, `it is longer than ${longestPath} characters`);
  const path = { text: text.slice(start, at).trim(), root, steps };
  at = endOf(spaces, text, at);
  if (!hasRoot && steps.length === 0) return bad(text, from, at, "it is empty");
  return { path, end: at };
}

type Placed = { readonly step: Step; readonly end: number };

function nameAt(text: string, at: number): Placed | string {
  const end = endOf(namePattern, text, at);
  const name = text.slice(at, end).trim();
  return name === "" ? 'a name must follow the "."' : { step: { kind: "name", name }, end };
}

function bracketAt(text: string, at: number): Placed | string {
  const all = endOf(allPattern, text, at);
  if (all > at) return { step: { kind: "all" }, end: all };
  indexPattern.lastIndex = at;
  const index = indexPattern.exec(text);
  if (index !== null) return { step: { kind: "index", index: Number(index[1]) }, end: at + index[0].length };
  const quoted = quotedPattern.exec(text.slice(at, at + longestPath));
  const name = quoted?.[1] === undefined ? quoted?.[2] : decoded(quoted[1]);
  if (!quoted || name === undefined) return 'in brackets there can be a whole number, * or a name in "quotes"';
  return { step: { kind: "name", name }, end: at + quoted[0].length };
}

function decoded(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined; // An escape that JSON does not have.
  }
}

function unexpected(text: string, at: number): string {
  return `${JSON.stringify(text[at])} cannot stand there (a name with such characters is written ["name"])`;
}

function bad(text: string, from: number, at: number, why: string): BadPath {
  const shown = JSON.stringify(cut(text.slice(from)));
  return { problem: `the path ${shown} is wrong at character ${at - from + 1}: ${why}` };
}

function cut(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
