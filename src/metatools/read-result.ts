import { elementsOf, membersOf } from "../wire/walk.ts";
import { failure, textResult } from "./answers.ts";
import { beginning, bytesPerToken, type Cut, shorten } from "./budget.ts";
import { compact } from "./compact.ts";
import type { Handles } from "./handles.ts";
import type { MetaRequest, MetaTool } from "./meta-tool.ts";
import { readPath, readPick } from "./paths.ts";
import { resolve } from "./resolve.ts";

export type ReadResultOptions = {
  readonly handles: Handles;
  /** Of what is given at once, reckoned by its bytes; 0 means no bound. */
  readonly maxTokens: number;
};

type Asked = { readonly handle: string; readonly path: string; readonly offset: number; readonly limit: number };

/** Some elements, members or characters of a value, as JSON. */
type Part = { readonly value: Buffer; readonly shown: number; readonly of: number; readonly cut?: Cut | undefined };

const name = "read_result";
/** What stands around the value. */
const aroundBytes = 400;
const longestText = 100;

const definition = {
  name,
  title: "Read more of a result",
  description:
    "Read more of a result that was truncated, by its result_id. offset and limit count elements of an array, members of an object or characters of a text.",
  inputSchema: {
    type: "object",
    additionalProperties: false,
    required: ["result"],
    properties: {
      result: { type: "string", description: "The result_id" },
      path: { type: "string", description: 'Path in it, e.g. "items[40].body"' },
      offset: { type: "integer", minimum: 0, default: 0 },
      limit: { type: "integer", minimum: 1 },
    },
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  _meta: { "anthropic/alwaysLoad": true },
};

/** Gives what was cut out of results, to the client that got them. */
export function readResult({ handles, maxTokens }: ReadResultOptions): MetaTool {
  const most =
    maxTokens === 0 ? Number.POSITIVE_INFINITY : Math.max(maxTokens * bytesPerToken - aroundBytes, aroundBytes);
  return {
    name,
    definition: () => definition,
    begin: (request) => {
      const read = readPart(request, handles, most);
      request.reply("problem" in read ? failure("bad_arguments", `${name}: ${read.problem}`) : textResult(read.text));
      return { cancel: () => {} };
    },
  };
}

function readPart(request: MetaRequest, handles: Handles, most: number): { text: string } | { problem: string } {
  const asked = readAsked(request.arguments);
  if ("problem" in asked) return asked;
  const start = readPath(asked.handle);
  if ("problem" in start) return start;
  const whole = handles.value(request.owner, start.root);
  if (whole === undefined) return { problem: handles.missing(start.root) };
  const root = resolve(start, whole);
  if (!Buffer.isBuffer(root)) return { problem: root.problem };
  const path = asked.path === "" ? undefined : readPick(asked.path);
  if (path !== undefined && "problem" in path) return path;
  const value = path === undefined ? root : resolve(path, root);
  if (!Buffer.isBuffer(value)) return { problem: value.problem };
  return { text: printed(partOf(compact(value), asked, most), asked) };
}

function printed({ value, shown, of, cut }: Part, { offset, path }: Asked): string {
  const next = offset + shown;
  const counts = `"offset":${offset},"shown":${shown},"of":${of}${next < of && shown > 0 ? `,"next_offset":${next}` : ""}`;
  if (cut === undefined) return `{"result":${value.toString()},${counts}}`;
  const joint = path === "" || cut.path.startsWith("[") ? "" : ".";
  const where = JSON.stringify(path + joint + cut.path);
  return `{"result":${value.toString()},${counts},"truncated":{"path":${where},"shown":${cut.shown},"of":${cut.of}}}`;
}

function partOf(value: Buffer, { offset, limit }: Asked, most: number): Part {
  const first = value[0];
  if (first === 0x22) {
    const text = JSON.parse(value.toString()) as string;
    const part = beginning(text.slice(offset, offset + limit), most);
    return { value: Buffer.from(JSON.stringify(part)), shown: part.length, of: text.length };
  }
  if (first !== 0x5b && first !== 0x7b) return { value: shorten(value, most).value, shown: 1, of: 1 };
  const parts: Buffer[] = [];
  let of = 0;
  for (const { start, end } of first === 0x5b ? elementsOf(value, 0) : pairsOf(value)) {
    if (of >= offset && of < offset + limit) parts.push(value.subarray(start, end));
    of++;
  }
  const text = parts.map((part) => part.toString("latin1")).join(",");
  const fitted = shorten(Buffer.from(first === 0x5b ? `[${text}]` : `{${text}}`, "latin1"), most);
  const own = fitted.cuts.find(({ path }) => path === "");
  const inner = fitted.cuts.find(({ path }) => path !== "");
  // Only the first element is ever cut itself.
  const cut = inner === undefined ? undefined : { ...inner, path: inner.path.replace(/^\[0\]/, `[${offset}]`) };
  return { value: fitted.value, shown: own?.shown ?? parts.length, of, cut };
}

/** The members of an object with their names. */
function* pairsOf(value: Buffer): Generator<{ readonly start: number; readonly end: number }> {
  for (const { nameStart, end } of membersOf(value, 0)) yield { start: nameStart, end };
}

function readAsked(args: Buffer): Asked | { readonly problem: string } {
  const given = JSON.parse(args.toString()) as Record<string, unknown>;
  const { result, path = "", offset = 0, limit = Number.MAX_SAFE_INTEGER } = given;
  if (typeof result !== "string" || result === "") return { problem: "result: has to be a result_id" };
  if (typeof path !== "string") return { problem: 'path: has to be a text, as in "items[40].body"' };
  if (!isCount(offset, 0)) return { problem: `offset: ${shownValue(offset)} is no whole number from 0` };
  if (!isCount(limit, 1)) return { problem: `limit: ${shownValue(limit)} is no whole number from 1` };
  return { handle: result, path, offset, limit };
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function shownValue(value: unknown): string {
  return JSON.stringify(value).slice(0, longestText);
}
