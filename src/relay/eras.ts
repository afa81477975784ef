import type { Era } from "../downstream/handshake.ts";
import { type Slot, slot } from "../wire/members.ts";
import type { Edit, Message } from "../wire/message.ts";
import { rewriteSlots } from "../wire/object.ts";

/*
 * What differs between the eras in the envelope of one message, as edits; letters pass as they are. Each function gives
 * no edit within an era. Its edits go together with those of the id, the name, tokens and `tutti/error`, and with each
 * other's. Source: https://modelcontextprotocol.io/specification/2026-07-28/basic.
 */

export const eras: readonly Era[] = ["legacy", "modern"];

const openingBrace = 0x7b;

/** What a modern request says of its client, in `params._meta`. */
const envelopeSlots: readonly Slot[] = [slot.protocolVersion, slot.clientCapabilities, slot.clientInfo, slot.logLevel];
/** What a modern request brings when it is sent again with answers. */
const retrySlots: readonly Slot[] = [slot.requestState, slot.inputResponses];
const hintSlots: readonly Slot[] = [slot.ttlMs, slot.cacheScope];

/** Methods whose modern results must say how long they may be kept. */
const hinted: ReadonlySet<string> = new Set([
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
]);

const notFoundBefore = -32002;
const invalidParams = "-32602";

/**
 * Fits a request of a client to a server of the era `to`. Towards a modern one `added` become members of `params._meta`
 * (the envelope, without braces), and `answers` members of `params` (`inputResponses`, `requestState`; empty on the first
 * try); where those were there they are replaced, and what has to be an object is made one. Params that are an array or
 * a plain value stay, for the server to refuse. Towards a legacy one all these are taken out, and nothing is added.
 */
export function requestEdits(message: Message, from: Era, to: Era, added: string, answers = ""): Edit[] {
  if (from === to) return [];
  if (to === "legacy") {
    const edits = rewriteSlots(message, slot.params, retrySlots, "");
    return [...edits, ...rewriteSlots(message, slot.meta, envelopeSlots, "")];
  }
  const meta = `"_meta":{${added}}`;
  const members = answers === "" ? meta : `${meta},${answers}`;
  if (!message.has(slot.params)) {
    const at = message.end(slot.method);
    return [{ start: at, end: at, bytes: `,"params":{${members}}` }];
  }
  if (!isObject(message, slot.params)) {
    return message.raw(slot.params) === "null" ? [replace(message, slot.params, `{${members}}`)] : [];
  }
  if (!message.has(slot.meta)) return rewriteSlots(message, slot.params, retrySlots, members);
  const edits = rewriteSlots(message, slot.params, retrySlots, answers);
  return isObject(message, slot.meta)
    ? [...edits, ...rewriteSlots(message, slot.meta, envelopeSlots, added)]
    : [...edits, replace(message, slot.meta, `{${added}}`)];
}

/** Fits a client's notification to a server of the era `to`: towards a legacy one without what it says of its sender. */
export function noticeEdits(message: Message, to: Era | undefined): Edit[] {
  return to === "legacy" && message.has(slot.protocolVersion) ? requestEdits(message, "modern", to, "") : [];
}

/**
 * Fits a server's reply to `method` to a client of the era `to`. Towards a modern one a result says that it is complete,
 * that nobody may keep it (where such hints are due) and who answered: `serverInfo`, JSON. Towards a legacy one this is
 * taken out. A result that is no object stays as it is. Of errors only the code for a resource that is not found changes.
 */
export function replyEdits(reply: Message, from: Era, to: Era, method: string, serverInfo: string): Edit[] {
  if (from === to) return [];
  if (reply.has(slot.error)) {
    const isNotFound = to === "modern" && Number(reply.raw(slot.code)) === notFoundBefore;
    return isNotFound ? [replace(reply, slot.code, invalidParams)] : [];
  }
  if (!isObject(reply, slot.result)) return [];
  const isHinted = hinted.has(method);
  const removed = isHinted ? [slot.resultType, ...hintSlots] : [slot.resultType];
  if (to === "legacy") {
    const edits = rewriteSlots(reply, slot.result, removed, "");
    return [...edits, ...rewriteSlots(reply, slot.resultMeta, [slot.serverInfo], "")];
  }
  const member = `"io.modelcontextprotocol/serverInfo":${serverInfo}`;
  const hints = isHinted ? ',"ttlMs":0,"cacheScope":"private"' : "";
  const meta = reply.has(slot.resultMeta) ? "" : `,"_meta":{${member}}`;
  const edits = rewriteSlots(reply, slot.result, removed, `"resultType":"complete"${hints}${meta}`);
  if (meta !== "") return edits;
  return isObject(reply, slot.resultMeta)
    ? [...edits, ...rewriteSlots(reply, slot.resultMeta, [slot.serverInfo], member)]
    : [...edits, replace(reply, slot.resultMeta, `{${member}}`)];
}

/**
 * What kind of result a server's reply holds; `complete` where it does not say, as no server of the legacy era does. What
 * is no string is given as it stands, and is no kind that is known.
 */
export function resultTypeOf(reply: Message, from: Era): "complete" | "input_required" | "task" | (string & {}) {
  if (from === "legacy" || !reply.has(slot.resultType)) return "complete";
  return reply.text(slot.resultType) ?? (reply.raw(slot.resultType) as string);
}

/**
 * Fits a modern server's structured content to a legacy client, for which it is an object: `{"result": …}` around all of
 * a tool whose schema is shown to it wrapped so (`isWrapped`), and around whatever else is no object.
 */
export function wrapStructured(reply: Message, isWrapped: boolean): Edit[] {
  if (!reply.has(slot.structuredContent) || (!isWrapped && isObject(reply, slot.structuredContent))) return [];
  const start = reply.start(slot.structuredContent);
  const end = reply.end(slot.structuredContent);
  return [
    { start, end: start, bytes: '{"result":' },
    { start: end, end, bytes: "}" },
  ];
}

/** Fits a notification to a peer of the era `to`: to a legacy one it does not say which listener it is for. */
export function notificationEdits(message: Message, from: Era, to: Era): Edit[] {
  if (from === to || to === "modern") return [];
  return rewriteSlots(message, slot.meta, [slot.subscriptionId, ...envelopeSlots], "");
}

/** What every result to a client of this era begins with that is all ours: members, each with its comma. */
export function resultHead(to: Era): string {
  return to === "modern" ? '"resultType":"complete",' : "";
}

/** Whether a client of this era wants to know how long lists may be kept, and hears of changes on streams. */
export function hasHints(to: Era): boolean {
  return to === "modern";
}

/** Whether servers of this era ask within their replies alone, so that it is always clear whom. */
export function asksInReplies(of: Era): boolean {
  return of === "modern";
}

/** The code for a resource that nobody has. */
export function notFoundCode(to: Era): number {
  return to === "modern" ? Number(invalidParams) : notFoundBefore;
}

function isObject(message: Message, member: Slot): boolean {
  return message.firstByte(member) === openingBrace;
}

function replace(message: Message, member: Slot, bytes: string): Edit {
  return { start: message.start(member), end: message.end(member), bytes };
}
