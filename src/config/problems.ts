import type { core } from "zod";
import { nearest } from "./nearest.ts";
import { foreignWords } from "./other-clients.ts";

/** Where something stands in a configuration file: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** Something that keeps a configuration from being used. The message says what is wrong and the cure, in one line. */
export type Problem = {
  readonly path: Path;
  /** From 1; absent where it is still to be found by the path. */
  readonly line?: number;
  readonly message: string;
};

/** Dotted path of an object → the keys it may have. */
export type KnownKeys = ReadonlyMap<string, readonly string[]>;

/** `server "github", env.TOKEN`, or the field alone outside of the servers; empty for the file as a whole. */
export function placeName(path: Path): string {
  const [top, server, ...field] = path;
  if (server === undefined || (top !== "mcpServers" && top !== "servers")) return fieldName(path);
  const name = `server ${quote(String(server))}`;
  return field.length === 0 ? name : `${name}, ${fieldName(field)}`;
}

/** Text from a file as it may stand in a one-line message: quoted, escaped, not too long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ");
}

/** What the schema's issues mean to a person. `value` is what was checked and stands at `base` in the file. */
export function problemsOf(
  issues: readonly core.$ZodIssue[],
  { value, base, known }: { value: unknown; base: Path; known: KnownKeys },
): Problem[] {
  const problems = new Map<string, Problem>();
  const add = (path: readonly PropertyKey[], message: string) => {
    const place = [...base, ...path.map((key) => (typeof key === "number" ? key : String(key)))];
    problems.set(JSON.stringify(place), { path: place, message }); // One problem for each place is enough.
  };
  for (const issue of issues.map(nearestBranch)) {
    if (issue.code === "unrecognized_keys") {
      const candidates = known.get(issue.path.join(".")) ?? [];
      for (const key of issue.keys) add([...issue.path, key], unknownKey(key, candidates));
    } else {
      add(issue.path, messageOf(issue, valueAt(value, issue.path)));
    }
  }
  return [...problems.values()];
}

/** ` Did you mean "a" or "b"?` with a blank before it, or nothing where no candidate is near. */
function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates).map(quote);
  return near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`;
}

function unknownKey(key: string, candidates: readonly string[]): string {
  const hint = foreignWords.get(key);
  const cure = hint ? ` ${hint}` : didYouMean(key, candidates);
  return `nobody knows this key.${cure || " Remove it; docs/config.md lists all keys."}`;
}

/** Of a value that may have several shapes, the issue of the shape it was meant to have: right outside, wrong inside. */
function nearestBranch(issue: core.$ZodIssue): core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors.find((branch) => branch.every(({ path }) => path.length > 0))?.[0];
  return inner ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}

function messageOf(issue: core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return wrongType([issue.expected], value);
    case "invalid_union":
      return wrongType(
        issue.errors.flatMap(([first]) => (first?.code === "invalid_type" ? [first.expected] : [])),
        value,
      );
    case "too_small":
      if (issue.origin === "string") return "must not be empty. Fill it in, or remove the key.";
      return `must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}, not ${value}.`;
    case "too_big":
      return `must be at most ${issue.maximum}, not ${value}.`;
    case "invalid_value": {
      const offered = issue.values.map(String);
      const given = typeof value === "string" ? quote(value) : kindOf(value);
      const near = typeof value === "string" ? didYouMean(value, offered) : "";
      return `must be one of ${offered.map(quote).join(", ")}, not ${given}.${near}`;
    }
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message; // The schema words these itself.
  }
}

const typeNames: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "an object"],
  ["record", "an object"],
]);

function wrongType(expected: readonly string[], value: unknown): string {
  const wanted = [...new Set(expected)].map((type) => typeNames.get(type) ?? type).join(" or ");
  return `must be ${wanted}, not ${kindOf(value)}.${typeCure(expected, value)}`;
}

function typeCure(expected: readonly string[], value: unknown): string {
  if (value === null) return " Remove the key.";
  if (typeof value === "number" && expected.includes("string")) return " Write it in quotes.";
  if (typeof value === "string" && expected.includes("array")) return " Put it in brackets: [ ].";
  if (typeof value === "string" && /^(true|false|[\d.]+)$/.test(value)) return " Write it without quotes.";
  return "";
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a fraction";
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? "text" : "an object";
}

function fieldName(path: Path): string {
  return path.map(fieldStep).join("").replace(/^\./, "");
}

function fieldStep(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[\w$*?-]{1,80}$/.test(key) ? `.${key}` : `[${quote(key)}]`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) at = (at as Record<PropertyKey, unknown> | undefined)?.[key]; // The schema walked it before us.
  return at;
}
