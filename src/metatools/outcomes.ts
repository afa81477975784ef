import type { CallErrorCode } from "../errors.ts";
import { type Element, elementsOf, skipSpace } from "../wire/walk.ts";
import { type Found, findMembers, nameOf } from "./find-members.ts";
import type { Outcome } from "./meta-tool.ts";
import { blocksOf, valueFrom } from "./values.ts";

/** Why one call of a plan has no result. */
export type FailureCode =
  | "invalid_arguments"
  | "unknown_tool"
  | "out_of_scope"
  | "denied"
  | "no_such_value"
  | "skipped"
  | "tool_error"
  | "protocol_error"
  | "timeout"
  | "cancelled"
  | "busy"
  | "unavailable"
  | "input_required"
  | "too_large";

export type Failure = {
  readonly code: FailureCode;
  readonly message: string;
  /** False: its server never got it. "unknown": it may have, and may have changed something. */
  readonly sent?: false | "unknown";
  /** The server's own code of a JSON-RPC error. */
  readonly rpcCode?: number;
};

export type Success = {
  /** What references to the call see. */
  readonly value: Buffer;
  /** Images, audio and resources of its content, as they stand. */
  readonly media: readonly Buffer[];
};

/** How one call ended. */
export type Ended = { readonly success: Success } | { readonly failure: Failure };

/** Of a message in a result; the rest of it is cut. */
export const longestMessage = 2000;

const longestType = 40;

const quote = 0x22;
const openBrace = 0x7b;
const openBracket = 0x5b;

const resultNames = ["resultType", "isError", "content", "structuredContent", "_meta"].map(nameOf);
const blockNames = ["type", "text"].map(nameOf);
const markName = ["tutti/error"].map(nameOf);
const markNames = ["origin", "code", "mayHaveRun"].map(nameOf);

/** What tutti's own codes are called here. A login is somebody else's to make, as a permission is. */
const ownCodes: Readonly<Record<CallErrorCode, FailureCode>> = {
  unknown_tool: "unknown_tool",
  bad_arguments: "invalid_arguments",
  queue_full: "busy",
  unavailable: "unavailable",
  timed_out: "timeout",
  connection_lost: "unavailable",
  bad_reply: "protocol_error",
  login_required: "denied",
  withheld: "denied",
  cannot_ask: "input_required",
  cancelled: "cancelled",
  internal: "unavailable",
};

/** After these nobody knows whether the call has run. */
const ofUnknownEnd: ReadonlySet<string> = new Set(["timed_out", "connection_lost", "cancelled", "internal"]);

/** A call's end, read from what came back. `isReadOnly`: it may be made again whatever happened. */
export function endOf(outcome: Exclude<Outcome, { readonly kind: "asks" }>, isReadOnly: boolean): Ended {
  if (outcome.kind === "error") return protocolError(outcome.message, outcome.code);
  const { result } = outcome;
  const [type, isError, content, structured, meta] = findMembers(result, skipSpace(result, 0), resultNames);
  if (type !== undefined && textAt(result, type) !== '"complete"') {
    const shown = cutText(textAt(result, type), longestType);
    return protocolError(`its result is of the type ${shown}, which cannot be waited for here`);
  }
  if (isError === undefined || textAt(result, isError) !== "true") {
    const { texts, media } = blocksOf(result, content);
    return { success: { value: valueFrom(result, structured, texts), media } };
  }
  const text =
    textIn(result, content) ||
    (structured === undefined ? "" : textAt(result, structured)) ||
    "the tool failed and did not say why";
  const marked = markIn(result, meta);
  if (marked === undefined) return failed({ code: "tool_error", message: text });
  if (marked.origin === "server") return protocolError(text, Number(marked.code));
  return failed(ownFailure(text, marked.code as CallErrorCode, marked.mayHaveRun, isReadOnly));
}

export function failed(failure: Failure): { readonly failure: Failure } {
  const { message } = failure;
  return {
    failure: message.length > longestMessage ? { ...failure, message: cutText(message, longestMessage) } : failure,
  };
}

/** `text` with at most so many characters and a mark where more would follow, which splits none. */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…`;
}

function ownFailure(message: string, code: CallErrorCode, mayHaveRun: boolean, isReadOnly: boolean): Failure {
  // The one of our own texts of which the code does not say enough; it names the setting.
  const isTooLong = code === "bad_reply" && message.includes("limits.maxMessageBytes");
  const shown = isTooLong ? "too_large" : (ownCodes[code] ?? "protocol_error");
  if (!mayHaveRun) return { code: shown, message, sent: false };
  return ofUnknownEnd.has(code) && !isReadOnly ? { code: shown, message, sent: "unknown" } : { code: shown, message };
}

function protocolError(message: string, rpcCode?: number): Ended {
  return failed({ code: "protocol_error", message, ...(Number.isFinite(rpcCode) && { rpcCode: rpcCode as number }) });
}

function textIn(result: Buffer, content: Found | undefined): string {
  let text = "";
  for (const { start } of blocksIn(result, content)) {
    const [type, own] = findMembers(result, start, blockNames);
    if (type === undefined || textAt(result, type) !== '"text"') continue;
    if (own === undefined || result[own.start] !== quote) continue;
    text += `${text === "" ? "" : "\n"}${JSON.parse(textAt(result, own))}`;
    if (text.length > longestMessage) break;
  }
  return text;
}

function* blocksIn(result: Buffer, content: Found | undefined): Generator<Element> {
  if (content === undefined || result[content.start] !== openBracket) return;
  for (const block of elementsOf(result, content.start)) if (result[block.start] === openBrace) yield block;
}

/** What tutti has written about an error. */
type Mark = { readonly origin: string; readonly code: string; readonly mayHaveRun: boolean };

/** Servers cannot write one. */
function markIn(result: Buffer, meta: Found | undefined): Mark | undefined {
  const [mark] =
    meta === undefined || result[meta.start] !== openBrace ? [] : findMembers(result, meta.start, markName);
  if (mark === undefined || result[mark.start] !== openBrace) return undefined;
  const [origin, code, mayHaveRun] = findMembers(result, mark.start, markNames).map((member) =>
    member === undefined ? "" : textAt(result, member).replaceAll('"', ""),
  );
  return { origin: origin ?? "", code: code ?? "", mayHaveRun: mayHaveRun !== "false" };
}

function textAt(text: Buffer, { start, end }: Found): string {
  return text.toString("utf8", start, end);
}

/** A call whose questions got no answer. */
export const unanswered: Failure = {
  code: "input_required",
  message: "its server asked something that the client has not answered. The call may have run in part.",
};
/** A call that was to follow when the client would be back. */
export const notBegun: Failure = { code: "cancelled", message: "not begun: the client did not come back", sent: false };
/** A call whose result is one too many to be kept. */
export const tooMuch = failed({
  code: "too_large",
  message: `the results of this request come to more than 64 MiB. The call has run; call it on its own.`,
});
