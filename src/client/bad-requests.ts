import { rpcCode } from "../errors.ts";
import type { BadLine } from "../wire/lines.ts";

const problems: Record<BadLine["problem"], readonly [code: number, text: string]> = {
  not_json: [rpcCode.parseError, "is not valid JSON."],
  bad_utf8: [rpcCode.parseError, "is not valid UTF-8."],
  not_rpc: [rpcCode.invalidRequest, "is no JSON-RPC 2.0 request, notification or reply. Batches are not supported."],
  too_deep: [rpcCode.invalidRequest, "is nested too deeply (limits.maxDepth)."],
  too_long: [rpcCode.invalidRequest, "is too long (limits.maxMessageBytes)."],
  unasked: [rpcCode.invalidRequest, "answers nothing that was asked."],
  duplicate: [rpcCode.invalidRequest, "has a member twice that may be there once."],
};

/** What a client is told of what it sent, a line or the body of a request, where that cannot be read. */
export function badRequest(
  what: "message" | "body",
  problem: BadLine["problem"],
): readonly [code: number, text: string] {
  const [code, text] = problems[problem];
  return [code, `The ${what} ${text}`];
}
