import type { CallErrorCode } from "../errors.ts";

/** The result of a tool that has one text to give. */
export function textResult(text: string): Buffer {
  return Buffer.from(JSON.stringify({ content: [{ type: "text", text }] }));
}

/** The result of a tool of tutti's own that failed by itself. */
export function failure(
  code: CallErrorCode,
  text: string,
  about: { readonly server?: string; readonly mayHaveRun: boolean } = { mayHaveRun: false },
): Buffer {
  const { server, mayHaveRun } = about;
  const mark = { origin: "tutti", ...(server === undefined ? {} : { server }), code, mayHaveRun };
  return Buffer.from(
    JSON.stringify({ content: [{ type: "text", text }], isError: true, _meta: { "tutti/error": mark } }),
  );
}
