import type { CallErrorCode } from "../errors.ts";
import { toBytes } from "../wire/message.ts";

/** The result of a tool that has one text to give, in bytes. */
export function textResult(text: string): string {
  return toBytes(JSON.stringify({ content: [{ type: "text", text }] }));
}

/** The result of a tool of tutti's own that failed by itself, in bytes. */
export function failure(
  code: CallErrorCode,
  text: string,
  about: { readonly server?: string; readonly mayHaveRun: boolean } = { mayHaveRun: false },
): string {
  const { server, mayHaveRun } = about;
  const mark = { origin: "tutti", ...(server === undefined ? {} : { server }), code, mayHaveRun };
  return toBytes(JSON.stringify({ content: [{ type: "text", text }], isError: true, _meta: { "tutti/error": mark } }));
}
