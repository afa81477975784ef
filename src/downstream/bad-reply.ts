import type { BadLine } from "../wire/lines.ts";

const problems: Record<BadLine["problem"], string> = {
  not_json: "is not valid JSON",
  not_rpc: "is no JSON-RPC reply",
  too_deep: "is nested deeper than limits.maxDepth",
  too_long: "is longer than limits.maxMessageBytes",
  duplicate: "has a member twice that may be there once",
  bad_utf8: "is not valid UTF-8",
  unasked: "began before its request was sent",
};

/** What is wrong with a reply that cannot be passed on, for people. */
export function describeBadReply(problem: BadLine["problem"]): string {
  return `the reply ${problems[problem]}`;
}
