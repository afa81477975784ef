import { type Definition, readDefinition } from "../catalog/definition.ts";
import { serverErrorInOneLine } from "../errors.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message } from "../wire/message.ts";
import { elementsOf, membersOf } from "../wire/walk.ts";

/** Bounds on one server's list; what is beyond is left out, and said so. */
const mostPages = 200;
const mostTools = 2000;
const mostBytes = 8 * 1024 * 1024;
const mostBytesPerTool = 256 * 1024;

export type ToolList = {
  readonly definitions: readonly Definition[];
  /** What could not be taken, a sentence each. */
  readonly leftOut: readonly string[];
};

type Page = {
  readonly result: Buffer;
  /** Where its array of tools begins. */
  readonly toolsAt: number;
  readonly nextCursor: string | undefined;
};

type RequestPage = (method: string, params: string) => Promise<Message>;

/**
 * Fetches all pages of `tools/list`. An empty cursor is a cursor; one that has been seen ends the list. Throws an error
 * of one line when the first page cannot be had; a later one ends the list.
 * https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination
 */
export async function fetchTools(request: RequestPage): Promise<ToolList> {
  const definitions: Definition[] = [];
  const leftOut: string[] = [];
  const endWith = (text: string): ToolList => ({ definitions, leftOut: [...leftOut, text] });
  const seen = new Set<string>();
  let [tools, bytes] = [0, 0];
  let params = "{}";
  for (let page = 1; ; page++) {
    const answer = await fetchPage(request, params);
    if (typeof answer === "string") {
      if (page === 1) throw new Error(answer);
      return endWith(`page ${page} of its tools: ${answer}`);
    }
    const { result, toolsAt, nextCursor } = answer;
    for (const { start, end } of elementsOf(result, toolsAt)) {
      bytes += end - start;
      if (tools === mostTools) return endWith(`its list is longer than ${mostTools} tools; the rest is left out`);
      if (bytes > mostBytes) return endWith(`its list is longer than ${mostBytes >> 20} MiB; the rest is left out`);
      tools++;
      // A copy, because the catalog keeps it and the whole page would stay with it.
      const tool = Buffer.from(result.subarray(start, Math.min(end, start + mostBytesPerTool + 1)));
      const definition = tool.length > mostBytesPerTool ? "longer than 256 KiB" : readDefinition(tool);
      if (typeof definition !== "string") definitions.push(definition);
      else leftOut.push(`tool ${nameOf(result, start) ?? `number ${tools}`} is not usable: ${definition}`);
    }
    if (nextCursor === undefined) return { definitions, leftOut };
    bytes += nextCursor.length;
    if (seen.has(nextCursor) || page === mostPages || bytes > mostBytes) {
      return endWith(`its list does not end (page ${page}); what came until then counts`);
    }
    seen.add(nextCursor);
    params = `{"cursor":${encodeString(nextCursor)}}`;
  }
}

/** One page, or in one line why there is none. */
async function fetchPage(request: RequestPage, params: string): Promise<Page | string> {
  let reply: Message;
  try {
    reply = await request("tools/list", params);
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
  if (reply.has(slot.error)) return `tools/list failed: ${serverErrorInOneLine(reply)}`;
  const result = reply.bytes(reply.start(slot.result), reply.end(slot.result));
  if (result[0] !== 0x7b) return "its answer to tools/list is not an object";
  let toolsAt: number | undefined;
  let nextCursor: string | undefined;
  for (const { name, start, end } of membersOf(result, 0)) {
    if (name === "tools" && result[start] === 0x5b) toolsAt = start;
    else if (name === "nextCursor" && result[start] === 0x22) {
      nextCursor = JSON.parse(result.toString("utf8", start, end)) as string;
    }
  }
  if (toolsAt === undefined) return "its answer to tools/list has no array of tools";
  return { result, toolsAt, nextCursor };
}

function nameOf(result: Buffer, tool: number): string | undefined {
  if (result[tool] !== 0x7b) return undefined;
  for (const { name, start, end } of membersOf(result, tool)) {
    if (name === "name" && result[start] === 0x22) return result.toString("utf8", start, Math.min(end, start + 80));
  }
  return undefined;
}
