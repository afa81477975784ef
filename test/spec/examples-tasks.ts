import { type Exchange, exchange, type Members } from "./example.ts";
import { text, vendorMeta } from "./examples-content.ts";
import { forms, samplings, url } from "./examples-questions.ts";

function task(status: string, more: Members = {}) {
  const times = { createdAt: "2026-03-04T05:06:07Z", lastUpdatedAt: "2026-03-04T05:06:08.900Z" };
  return { taskId: "engraving/3", status, ...times, ttl: 60_000, ...more };
}

/** A task that runs. */
export const working = task("working", { statusMessage: "Page 3 of 9", pollInterval: 250 });

function tasks(from: "client" | "server", payload: Members): readonly Exchange[] {
  const params = { taskId: "engraving/3" };
  return [
    exchange(from, "tasks/get", params, { result: { ...working, _meta: vendorMeta } }),
    exchange(from, "tasks/get: one that waits", params, { result: task("input_required", { ttl: null }) }),
    exchange(from, "tasks/result", params, { result: { ...payload, _meta: related } }),
    exchange(
      from,
      "tasks/list",
      { cursor: "k", _meta: { progressToken: "l" } },
      {
        result: { tasks: [task("completed"), task("failed"), working], nextCursor: "m", _meta: vendorMeta },
      },
    ),
    exchange(from, "tasks/cancel", params, { result: { ...task("cancelled"), _meta: vendorMeta } }),
  ];
}

const related = { "io.modelcontextprotocol/related-task": { taskId: "engraving/3" } };

const asTask = { task: { ttl: 60_000 } };

/** Tasks as the core of 2025-11-25 has them, of the server and of the client. */
export const taskMessages: readonly Exchange[] = [
  exchange(
    "client",
    "tools/call: as a task",
    { name: "engrave_required", ...asTask },
    {
      result: { task: working, _meta: { "io.modelcontextprotocol/model-immediate-response": "It is being engraved." } },
    },
  ),
  ...tasks("client", { content: [text], isError: false }),
  ...[...forms.slice(0, 1), ...samplings.slice(0, 1), { ...url, params: { ...url.params, elicitationId: "e" } }].map(
    ({ what, method, params }) =>
      exchange(
        "server",
        `${method}: ${what}, as a task`,
        { ...params, ...asTask, _meta: related },
        { result: { task: working } },
      ),
  ),
  ...tasks("server", { action: "decline" }),
];
