import { endOfValue } from "../wire/walk.ts";
import { compact, onOneLine } from "./compact.ts";
import type { BadPath, Path } from "./paths.ts";
import { type NoSuchValue, resolve } from "./resolve.ts";
import { referencesOf } from "./scan-references.ts";
import type { Template } from "./templates.ts";

/** Bounds on the arguments of one call once its references are filled. */
export type ArgumentLimits = {
  readonly maxArgumentBytes: number;
  /** Arrays and objects inside one another. */
  readonly maxDepth: number;
};

export const argumentLimits: ArgumentLimits = { maxArgumentBytes: 1024 * 1024, maxDepth: 500 };

/** Why arguments could not be filled; `problem` names the keys there are, and `has` these apart, at most ten. */
export type Unfilled = {
  readonly code: "no_such_value" | "too_large";
  readonly problem: string;
  readonly has: readonly string[];
};

/** What stands at a path in the value of its root, on one line; or why there is nothing. */
type Find = (path: Path, value: Buffer) => Buffer | NoSuchValue | Unfilled;

/** Each costs a walk through what it refers to. */
const mostPaths = 256;

const quote = 0x22;

/** The paths of all references in `args`, or what is wrong with one. */
export function referencesIn(args: Buffer): readonly Path[] | BadPath {
  const paths: Path[] = [];
  for (const reference of referencesOf(args)) {
    if ("problem" in reference) return reference;
    for (const part of reference.parts) if (typeof part !== "string") paths.push(part);
    if (paths.length > mostPaths) return { problem: `there are more than ${mostPaths} references in it` };
  }
  return paths;
}

/**
 * `args` with the exact bytes of each value in place of its reference (but on one line); every other byte as it stands.
 * In a template a text is put in as it reads, anything else as compact JSON. What is put in is never looked through for
 * references. `lookup` gives the value of a root: a call's id, `item` or a handle. For `args` that `referencesIn` takes.
 */
export function fill(
  args: Buffer,
  lookup: (root: string) => Buffer | undefined,
  limits: ArgumentLimits = argumentLimits,
  find: Find = found,
): Buffer | Unfilled {
  const valueAt = (path: Path): Buffer | NoSuchValue | Unfilled => {
    const value = lookup(path.root);
    return value === undefined ? { problem: `${JSON.stringify(path.root)} has no value`, has: [] } : find(path, value);
  };
  const pieces: Buffer[] = [];
  let length = 0;
  let kept = 0;
  for (const reference of referencesOf(args)) {
    if ("problem" in reference) return { code: "no_such_value", problem: reference.problem, has: [] };
    const room = limits.maxArgumentBytes - length;
    const value = reference.isTemplate ? textFrom(reference.parts, valueAt, room) : valueAt(reference.parts[0] as Path);
    if ("problem" in value) return { code: "no_such_value", ...value };
    pieces.push(args.subarray(kept, reference.start), value);
    length += reference.start - kept + value.length;
    if (length > limits.maxArgumentBytes) return tooLong(limits);
    kept = reference.end;
  }
  if (length + args.length - kept > limits.maxArgumentBytes) return tooLong(limits);
  if (pieces.length === 0) return args;
  const filled = Buffer.concat([...pieces, args.subarray(kept)]);
  return isDeeper(filled, limits.maxDepth) ? tooDeep(limits) : filled;
}

/** As `resolve`, but on one line. */
export function found(path: Path, value: Buffer): Buffer | NoSuchValue {
  const at = resolve(path, value);
  return "problem" in at ? at : onOneLine(at);
}

/** The text that a template makes, as a JSON string. Ends early where it becomes longer than `room`. */
function textFrom(
  parts: Template,
  valueAt: (path: Path) => Buffer | NoSuchValue | Unfilled,
  room: number,
): Buffer | NoSuchValue | Unfilled {
  let text = "";
  for (const part of parts) {
    if (typeof part === "string") text += part;
    else {
      const value = valueAt(part);
      if ("problem" in value) return value;
      text += value[0] === quote ? JSON.parse(value.toString()) : compact(value).toString();
    }
    if (text.length > room) break;
  }
  return Buffer.from(JSON.stringify(text));
}

function isDeeper(json: Buffer, maxDepth: number): boolean {
  let depth = 0;
  let at = 0;
  while (at < json.length) {
    const byte = json[at] as number;
    if (byte === quote) at = endOfValue(json, at);
    else {
      at++;
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
      if (depth > maxDepth) return true;
    }
  }
  return false;
}

function tooLong({ maxArgumentBytes }: ArgumentLimits): Unfilled {
  const problem = `the arguments have more than ${maxArgumentBytes} bytes with what they refer to; refer to less`;
  return { code: "too_large", problem, has: [] };
}

function tooDeep({ maxDepth }: ArgumentLimits): Unfilled {
  const problem = `the arguments are more than ${maxDepth} levels deep with what they refer to; refer to less`;
  return { code: "too_large", problem, has: [] };
}
