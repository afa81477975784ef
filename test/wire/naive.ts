import { isUtf8 } from "node:buffer";
import { inRequestMeta } from "./generators.ts";

const serverInfo = "io.modelcontextprotocol/serverInfo";

/** A JSON value with where it stands in its text (UTF-16 units); members in order, repeated ones too. */
export type Node = {
  readonly start: number;
  readonly end: number;
  readonly members: readonly Member[] | undefined;
  readonly depth: number;
};

export type Member = {
  readonly rawName: string;
  readonly name: string;
  readonly nameStart: number;
  readonly value: Node;
};

const stringPattern = /"(?:[^"\\]|\\.)*"/y;
const scalarPattern = /[^\s,\]}]+/y;
const spacePattern = /[ \t\r\n]*/y;

/**
 * The tree of a text that `JSON.parse` takes; undefined where it does not, or where the bytes are no UTF-8. Slow,
 * recursive and as plain as can be: the referee.
 */
export function naiveTree(bytes: Buffer): Node | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  try {
    JSON.parse(text);
  } catch {
    return undefined; // Not JSON: that is the answer.
  }
  return read(text, matchEnd(spacePattern, text, 0));
}

function read(text: string, start: number): Node {
  const first = text[start];
  if (first === '"') return { start, end: matchEnd(stringPattern, text, start), members: undefined, depth: 0 };
  if (first !== "{" && first !== "[") {
    return { start, end: matchEnd(scalarPattern, text, start), members: undefined, depth: 0 };
  }
  const members: Member[] = [];
  let deepest = 0;
  let at = matchEnd(spacePattern, text, start + 1);
  while (text[at] !== "}" && text[at] !== "]") {
    if (text[at] === ",") at = matchEnd(spacePattern, text, at + 1);
    const nameStart = at;
    let rawName = "null";
    if (first === "{") {
      at = matchEnd(stringPattern, text, at);
      rawName = text.slice(nameStart, at);
      at = matchEnd(spacePattern, text, matchEnd(spacePattern, text, at) + 1);
    }
    const value = read(text, at);
    members.push({ rawName, name: String(JSON.parse(rawName)), nameStart, value });
    deepest = Math.max(deepest, value.depth);
    at = matchEnd(spacePattern, text, value.end);
  }
  return { start, end: at + 1, members: first === "{" ? members : undefined, depth: deepest + 1 };
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.exec(text);
  return pattern.lastIndex;
}

/** The value of the last member called `name`, as `JSON.parse` would have it. */
export function memberOf(node: Node | undefined, name: string): Node | undefined {
  return node?.members?.findLast((member) => member.name === name)?.value;
}

/** Whether the text also keeps the scanner's own bounds: depth, what may be there once, and unknown members. */
export function keepsBounds(root: Node, maxDepth: number): boolean {
  if (root.depth > maxDepth) return false;
  const envelope = ["jsonrpc", "id", "method", "params", "result", "error"];
  const top = root.members ?? [];
  const unknown = top.filter(({ name, rawName }) => !envelope.includes(name) && Buffer.byteLength(rawName) <= 1024);
  const params = memberOf(root, "params");
  const result = memberOf(root, "result");
  const metas = (result?.members ?? []).filter(({ name }) => name === "_meta");
  const servers = metas.flatMap(({ value }) => value.members ?? []).filter(({ name }) => name === serverInfo);
  return (
    areOnce(root, envelope) &&
    new Set(unknown.map(({ name }) => name)).size === unknown.length &&
    unknown.length <= 64 &&
    areOnce(params, ["name", "_meta", "progressToken", "requestId", "requestState", "inputResponses"]) &&
    areOnce(memberOf(params, "_meta"), ["progressToken", ...inRequestMeta]) &&
    areOnce(result, ["resultType", "ttlMs", "cacheScope"]) &&
    servers.length <= 1 &&
    areOnce(memberOf(root, "error"), ["code", "message", "data"])
  );
}

function areOnce(node: Node | undefined, names: readonly string[]): boolean {
  return names.every((name) => (node?.members ?? []).filter((member) => member.name === name).length <= 1);
}

/** What kind of JSON-RPC message a parsed text is. */
export function naiveKind(message: unknown): "request" | "notification" | "reply" | undefined {
  if (typeof message !== "object" || message === null || Array.isArray(message)) return undefined;
  const { jsonrpc, id, method, result, error } = message as Record<string, unknown>;
  const isId = typeof id === "string" || typeof id === "number";
  const answers = Number(result !== undefined) + Number(error !== undefined);
  if (jsonrpc !== "2.0") return undefined;
  if (method !== undefined) {
    if (typeof method !== "string" || answers > 0) return undefined;
    if (id === undefined) return "notification";
    return isId ? "request" : undefined;
  }
  return answers === 1 && (isId || id === null) ? "reply" : undefined;
}
