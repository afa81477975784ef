import { type Example, type Exchange, exchange, told } from "./example.ts";
import { bareContents, blobContents, blocks, text, textContents, vendorMeta } from "./examples-content.ts";
import { implementation, prompts, resources, taskTools, templates, tools } from "./examples-definitions.ts";
import { forms, roots, samplings, url } from "./examples-questions.ts";
import { taskMessages, working } from "./examples-tasks.ts";

const empty = { result: {} };

/** Those of a client that can do everything. */
export const clientCapabilities = {
  experimental: { "example.podium/baton": { hands: 2 } },
  roots: { listChanged: true },
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
  tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
};

/** Those of a server that can do everything. */
export const serverCapabilities = {
  experimental: { "example.library/loans": { days: 28 } },
  logging: {},
  completions: {},
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  tools: { listChanged: true },
  tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
};

const greetings: readonly Exchange[] = [
  exchange(
    "client",
    "initialize: everything that there is",
    { protocolVersion: "2025-11-25", capabilities: clientCapabilities, clientInfo: implementation, _meta: vendorMeta },
    {
      result: {
        protocolVersion: "2025-11-25",
        capabilities: serverCapabilities,
        serverInfo: { ...implementation, name: "library", title: "The library" },
        instructions: "Scores by work and part.\nBring them back.",
        _meta: vendorMeta,
      },
    },
  ),
  exchange(
    "client",
    "initialize: no more than must be",
    { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "hum", version: "0" } },
    { result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "shelf", version: "0" } } },
  ),
  exchange("client", "ping", undefined, empty),
  exchange("client", "ping: with _meta", { _meta: vendorMeta }, { result: { _meta: vendorMeta } }),
  exchange("server", "ping", undefined, empty),
];

const lists: readonly Exchange[] = [
  exchange("client", "tools/list: the first page", undefined, {
    result: { tools: [...tools, ...taskTools], nextCursor: "p/2=", _meta: vendorMeta },
  }),
  exchange(
    "client",
    "tools/list: the last page",
    { cursor: "p/2=", _meta: { progressToken: 5 } },
    { result: { tools: [] } },
  ),
  exchange("client", "prompts/list", {}, { result: { prompts, nextCursor: "", _meta: vendorMeta } }),
  exchange("client", "prompts/list: an empty cursor", { cursor: "" }, { result: { prompts: [] } }),
  exchange(
    "client",
    "resources/list",
    { _meta: vendorMeta },
    { result: { resources, nextCursor: "r", _meta: vendorMeta } },
  ),
  exchange("client", "resources/templates/list", undefined, {
    result: { resourceTemplates: templates, nextCursor: "t", _meta: vendorMeta },
  }),
];

const part = { name: "transpose", arguments: { part: "snare", bars: 2 } };

const calls: readonly Exchange[] = [
  exchange("client", "tools/call: every kind of content", part, { result: { content: blocks, _meta: vendorMeta } }),
  exchange(
    "client",
    "tools/call: a structured result",
    { ...part, _meta: { progressToken: "t-1", ...vendorMeta } },
    {
      result: { content: [text], structuredContent: { moved: 12, by: { halfTones: -3 } }, isError: false },
    },
  ),
  exchange(
    "client",
    "tools/call: an error as a result",
    { name: "metronome", _meta: { progressToken: 9 } },
    {
      result: { content: [{ type: "text", text: "It is wound down." }], isError: true },
    },
  ),
  exchange("client", "tools/call: no content", { name: "metronome", arguments: {} }, { result: { content: [] } }),
  exchange(
    "client",
    "prompts/get: every kind of content",
    { name: "programme_note", arguments: { work: "Boléro" } },
    {
      result: {
        description: "A note on Boléro.",
        messages: blocks.map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content })),
        _meta: vendorMeta,
      },
    },
  ),
  exchange(
    "client",
    "prompts/get: nothing",
    { name: "warm_up", _meta: { progressToken: "w" } },
    { result: { messages: [] } },
  ),
  exchange(
    "client",
    "resources/read: text and bytes",
    { uri: "score:///bolero/snare", _meta: { progressToken: 0 } },
    {
      result: { contents: [textContents, blobContents, ...bareContents], _meta: vendorMeta },
    },
  ),
  exchange("client", "resources/read: by a template", { uri: "score:///pavane/flute" }, { result: { contents: [] } }),
  exchange(
    "client",
    "completion/complete: of a prompt",
    {
      ref: { type: "ref/prompt", name: "programme_note", title: "Note for the programme" },
      argument: { name: "work", value: "Bo" },
      context: { arguments: { length: "short" } },
      _meta: { progressToken: "c" },
    },
    { result: { completion: { values: ["Boléro", "Bourrée"], total: 102, hasMore: true }, _meta: vendorMeta } },
  ),
  exchange(
    "client",
    "completion/complete: of a template",
    {
      ref: { type: "ref/resource", uri: "score:///{work}/{part}" },
      argument: { name: "part", value: "" },
      context: {},
    },
    { result: { completion: { values: [] } } },
  ),
  exchange("client", "resources/subscribe", { uri: "score:///bolero/snare", _meta: { progressToken: 1 } }, empty),
  exchange("client", "resources/unsubscribe", { uri: "score:///bolero/snare", _meta: { progressToken: 2 } }, empty),
  ...["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"].map((level) =>
    exchange("client", `logging/setLevel: ${level}`, { level, _meta: { progressToken: level } }, empty),
  ),
];

const failures: readonly Exchange[] = [
  { code: -32700, message: "no JSON" },
  { code: -32600, message: "no request", data: null },
  { code: -32601, message: "no such thing", data: "tune" },
  { code: -32602, message: "Which part?", data: { field: ["arguments", "part"] } },
  { code: -32603, message: "" },
  { code: 17, message: "The shelf is empty – “again”.", data: [1, { two: 3.5 }] },
  {
    code: -32042,
    message: "Sign first.",
    data: { elicitations: [{ ...url.params, elicitationId: "sign-4" }], "example.library/desk": 2 },
  },
].map((error) => exchange("client", `tools/call: the error ${error.code}`, part, { error }));

const missing = exchange(
  "client",
  "resources/read: what is not there",
  { uri: "score:///bolero/tuba" },
  {
    error: { code: -32002, message: "No such part", data: { uri: "score:///bolero/tuba" } },
  },
);

const questions: readonly Exchange[] = [
  ...[...forms, ...samplings, ...roots].map(({ what, method, params, answer }) =>
    exchange("server", `${method}: ${what}`, params, { result: answer }),
  ),
  ...[...forms.slice(1, 2), ...samplings.slice(1, 2), ...roots.slice(0, 1)].map(({ method, params, answer }, index) =>
    exchange(
      "server",
      `${method}: with a token`,
      { ...params, _meta: { progressToken: index, ...vendorMeta } },
      {
        result: { ...answer, _meta: vendorMeta },
      },
    ),
  ),
  exchange(
    "server",
    "elicitation/create: a URL",
    { ...url.params, elicitationId: "sign-5", _meta: { progressToken: "u", ...vendorMeta } },
    { result: { ...url.answer, _meta: vendorMeta } },
  ),
  exchange("server", "sampling/createMessage: what the person refuses", samplings[1]?.params, {
    error: { code: -1, message: "Not now", data: { retryAfter: "supper" } },
  }),
];

function shared(from: "client" | "server"): readonly Example[] {
  return [
    told(from, "notifications/cancelled", { requestId: 12, reason: "Enough", _meta: vendorMeta }),
    told(from, "notifications/cancelled: no reason", { requestId: "d-1" }),
    told(from, "notifications/progress", {
      progressToken: "t-1",
      progress: 0.5,
      total: 3,
      message: "x",
      _meta: vendorMeta,
    }),
    told(from, "notifications/progress: no more than must be", { progressToken: 9, progress: 1 }),
    told(from, "notifications/tasks/status", { ...working, _meta: vendorMeta }),
  ];
}

const news: readonly Example[] = [
  ...shared("client"),
  ...shared("server"),
  told("client", "notifications/initialized"),
  told("client", "notifications/initialized: with _meta", { _meta: vendorMeta }),
  told("client", "notifications/roots/list_changed", { _meta: vendorMeta }),
  ...["tools", "prompts", "resources"].flatMap((kind) => [
    told("server", `notifications/${kind}/list_changed`),
    told("server", `notifications/${kind}/list_changed: with _meta`, { _meta: vendorMeta }),
  ]),
  told("server", "notifications/resources/updated", { uri: "score:///bolero/snare", _meta: vendorMeta }),
  told("server", "notifications/elicitation/complete", { elicitationId: "sign-5" }),
  told("server", "notifications/message", {
    level: "emergency",
    logger: "desk",
    data: { lamp: "out" },
    _meta: vendorMeta,
  }),
  ...["It rains.", 40, null, [true], { deep: { er: 1.5 } }].map((data) =>
    told("server", `notifications/message: ${JSON.stringify(data)}`, { level: "emergency", data }),
  ),
];

/** Messages of every shape that the schema of 2025-11-25 has. */
export const examples20251125: readonly Example[] = [
  ...greetings,
  ...lists,
  ...calls,
  ...failures,
  missing,
  ...taskMessages,
  ...questions,
  ...news,
];
