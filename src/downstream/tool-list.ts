import { type Definition, readDefinition } from "../catalog/definition.ts";
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

/**
 * Fetches all pages of `tools/list`. An empty cursor is a cursor; one that has been seen ends the list. Throws an error
 * of one line when the server refuses the first page. https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination
 */
export async function fetchTools(request: (method: string, params: string) => Promise<Message>): Promise<ToolList> {
  const definitions: Definition[] = [];
  const leftOut: string[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  let params = "{}";
  for (let page = 1; ; page++) {
    const reply = await request("tools/list", params);
    if (reply.has(slot.error)) {
      const text = `tools/list failed: ${reply.text(slot.message) ?? "no message"} (${reply.raw(slot.code)})`;
      if (page === 1) throw new Error(text);
      return { definitions, leftOut: [...leftOut, `page ${page} of its tools: ${text}`] };
    }
    const { tools, nextCursor } = readPage(reply);
    for (const [index, tool] of tools.entries()) {
      bytes += tool.length;
      if (definitions.length === mostTools || bytes > mostBytes) {
        const bound = definitions.length === mostTools ? `${mostTools} tools` : `${mostBytes >> 20} MiB`;
        return { definitions, leftOut: [...leftOut, `its list is longer than ${bound}; the rest is left out`] };
      }
      const definition = tool.length > mostBytesPerTool ? "longer than 256 KiB" : readDefinition(tool);
      if (typeof definition !== "string") definitions.push(definition);
      else leftOut.push(`tool ${nameOf(tool) ?? `${index + 1} on page ${page}`} is not usable: ${definition}`);
    }
    if (nextCursor === undefined) return { definitions, leftOut };
    if (seen.has(nextCursor) || page === mostPages) {
      return {
        definitions,
        leftOut: [...leftOut, `its list does not end (page ${page}); what came until then counts`],
      };
    }
    seen.add(nextCursor);
    params = `{"cursor":${encodeString(nextCursor)}}`;
  }
}

function readPage(reply: Message): { tools: Buffer[]; nextCursor: string | undefined } {
  const result = reply.bytes(reply.start(slot.result), reply.end(slot.result));
  if (result[0] !== 0x7b) throw new Error("its answer to tools/list is not an object");
  let tools: Buffer[] | undefined;
  let nextCursor: string | undefined;
  for (const { name, start, end } of membersOf(result, 0)) {
    if (name === "tools" && result[start] === 0x5b) {
      // A copy, because the catalog keeps it and the whole page would stay with it.
      tools = [...elementsOf(result, start)].map((tool) => Buffer.from(result.subarray(tool.start, tool.end)));
    } else if (name === "nextCursor" && result[start] === 0x22) {
      nextCursor = JSON.parse(result.toString("utf8", start, end)) as string;
    }
  }
  if (tools === undefined) throw new Error("its answer to tools/list has no array of tools");
  return { tools, nextCursor };
}

function nameOf(tool: Buffer): string | undefined {
  if (tool[0] !== 0x7b) return undefined;
  for (const { name, start, end } of membersOf(tool, 0)) {
    if (name === "name" && tool[start] === 0x22) return tool.toString("utf8", start, Math.min(end, start + 80));
  }
  return undefined;
}
