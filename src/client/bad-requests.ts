import { rpcCode } from "../errors.ts";
import type { BadLine } from "../wire/lines.ts";

/** What a client is told of a message that cannot be read. */
export const badRequests: Record<BadLine["problem"], readonly [code: number, text: string]> = {
  not_json: [rpcCode.parseError, "The message is not valid JSON."],
  bad_utf8: [rpcCode.parseError, "The message is not valid UTF-8."],
  not_rpc: [
    rpcCode.invalidRequest,
    "The message is no JSON-RPC 2.0 request, notification or reply. Batches are not supported.",
  ],
  too_deep: [rpcCode.invalidRequest, "The message is nested too deeply (limits.maxDepth)."],
  too_long: [rpcCode.invalidRequest, "The message is too long (limits.maxMessageBytes)."],
  duplicate: [rpcCode.invalidRequest, "The message has a member twice that may be there once."],
};
