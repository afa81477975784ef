import { type Definition, type Kind, kinds, type OfferedList, readDefinition } from "../catalog/definition.ts";
import { readParamHeaders } from "../catalog/param-headers.ts";
import { serverErrorInOneLine } from "../errors.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message } from "../wire/message.ts";
import { elementsOf, membersOf } from "../wire/walk.ts";

/** Bounds on each list of a server; what is beyond is left out, and said so. */
const mostPages = 200;
const mostItems = 2000;
const mostBytes = 8 * 1024 * 1024;
const mostBytesPerItem = 256 * 1024;

export type FetchedList = OfferedList & {
  /** What could not be taken, a sentence each. */
  readonly leftOut: readonly string[];
};

type Page = {
  readonly result: Buffer;
  /** Where its array of definitions begins. */
  readonly itemsAt: number;
  readonly nextCursor: string | undefined;
  readonly ttlMs: number;
  readonly isPublic: boolean;
};

/** `members`: those of the params, without braces. */
type RequestPage = (method: string, members: string) => Promise<Message>;

/**
 * Fetches all pages of one list. An empty cursor is a cursor; one that has been seen ends the list. Throws an error of
 * one line when the first page cannot be had; a later one ends the list. The list may be kept as long as each of its
 * pages, and not at all when it did not come to its end. `hasHeaders`: calls repeat arguments in headers, as tools want it.
 * https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination
 */
export async function fetchList(kind: Kind, request: RequestPage, hasHeaders = false): Promise<FetchedList> {
  const { many, one } = kinds[kind];
  const list = kind === "tools" ? "its list" : `its list of ${many}`;
  const definitions: Definition[] = [];
  const leftOut: string[] = [];
  let [ttlMs, isPublic] = [Number.POSITIVE_INFINITY, true];
  const endWith = (text: string): FetchedList => ({ definitions, ttlMs: 0, isPublic, leftOut: [...leftOut, text] });
  const seen = new Set<string>();
  let [items, bytes] = [0, 0];
  let members = "";
  for (let page = 1; ; page++) {
    const answer = await fetchPage(kind, request, members);
    if (typeof answer === "string") {
      if (page === 1) throw new Error(answer);
      return endWith(`page ${page} of its ${many}: ${answer}`);
    }
    const { result, itemsAt, nextCursor } = answer;
    ttlMs = Math.min(ttlMs, answer.ttlMs);
    isPublic &&= answer.isPublic;
    for (const { start, end } of elementsOf(result, itemsAt)) {
      bytes += end - start;
      if (items === mostItems) return endWith(`its list is longer than ${mostItems} ${many}; the rest is left out`);
      if (bytes > mostBytes) return endWith(`${list} is longer than ${mostBytes >> 20} MiB; the rest is left out`);
      items++;
      // A copy, because the catalog keeps it and the whole page would stay with it.
      const item = Buffer.from(result.subarray(start, Math.min(end, start + mostBytesPerItem + 1)));
      const definition = readItem(kind, item, hasHeaders);
      if (typeof definition !== "string") definitions.push(definition);
      else leftOut.push(`${one} ${keyOf(kind, result, start) ?? `number ${items}`} ${definition}`);
    }
    if (nextCursor === undefined) return { definitions, ttlMs, isPublic, leftOut };
    bytes += nextCursor.length;
    if (seen.has(nextCursor) || page === mostPages || bytes > mostBytes) {
      return endWith(`${list} does not end (page ${page}); what came until then counts`);
    }
    seen.add(nextCursor);
    members = `"cursor":${encodeString(nextCursor)}`;
  }
}

/** A list that was kept as one page, under the readers that it came through; undefined where not all of it can be taken. */
export function readList(kind: Kind, reply: Message): readonly Definition[] | undefined {
  const page = reply.has(slot.result) ? readPage(kind, reply) : "";
  if (typeof page === "string") return undefined;
  const definitions = [...elementsOf(page.result, page.itemsAt)].map(({ start, end }) =>
    readItem(kind, page.result.subarray(start, end), false),
  );
  const taken = definitions.filter((one) => typeof one !== "string");
  return taken.length === definitions.length && taken.length <= mostItems ? taken : undefined;
}

function readItem(kind: Kind, item: Buffer, hasHeaders: boolean): Definition | string {
  if (item.length > mostBytesPerItem) return "is not usable: longer than 256 KiB";
  const definition = readDefinition(kind, item);
  if (kind !== "tools" || !hasHeaders || typeof definition === "string") return definition;
  const headers = readParamHeaders(item);
  return typeof headers === "string" ? headers : definition;
}

/** One page, or in one line why there is none. */
async function fetchPage(kind: Kind, request: RequestPage, params: string): Promise<Page | string> {
  const { method } = kinds[kind];
  let reply: Message;
  try {
    reply = await request(method, params);
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
  if (reply.has(slot.error)) return `${method} failed: ${serverErrorInOneLine(reply)}`;
  return readPage(kind, reply);
}

function readPage(kind: Kind, reply: Message): Page | string {
  const { method, member } = kinds[kind];
  const result = reply.bytes(reply.start(slot.result), reply.end(slot.result));
  if (result[0] !== 0x7b) return `its answer to ${method} is not an object`;
  let itemsAt: number | undefined;
  let nextCursor: string | undefined;
  let [ttlMs, isPublic] = [0, false];
  for (const { name, start, end } of membersOf(result, 0)) {
    if (name === member && result[start] === 0x5b) itemsAt = start;
    else if (name === "nextCursor" && result[start] === 0x22) {
      nextCursor = JSON.parse(result.toString("utf8", start, end)) as string;
    } else if (name === "ttlMs") ttlMs = wholeNumber(result.toString("latin1", start, Math.min(end, start + 20)));
    else if (name === "cacheScope") isPublic = result.toString("latin1", start, end) === '"public"';
  }
  if (itemsAt === undefined) return `its answer to ${method} has no array of ${member}`;
  return { result, itemsAt, nextCursor, ttlMs, isPublic };
}

/** What is no whole number of milliseconds says nothing. */
function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function keyOf(kind: Kind, result: Buffer, item: number): string | undefined {
  if (result[item] !== 0x7b) return undefined;
  for (const { name, start, end } of membersOf(result, item)) {
    if (name === kinds[kind].key && result[start] === 0x22) {
      return result.toString("utf8", start, Math.min(end, start + 80));
    }
  }
  return undefined;
}
