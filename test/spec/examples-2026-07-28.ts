import { type Example, type Exchange, exchange, type Members, told } from "./example.ts";
import { bareContents, blobContents, blocks, text, textContents, vendorMeta } from "./examples-content.ts";
import { implementation, newerTools, prompts, resources, templates, tools } from "./examples-definitions.ts";
import { forms, roots, samplings, url } from "./examples-questions.ts";

/** Those of a client that can do everything. */
export const clientCapabilities = {
  experimental: { "example.podium/baton": { hands: 2, isLeft: false, of: ["ash", { tip: "cork" }] } },
  extensions: { "example.podium/lights": {} },
  roots: {},
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
};

/** Those of a server that can do everything. */
export const serverCapabilities = {
  experimental: { "example.library/loans": { days: 28 } },
  extensions: { "example.library/desk": { open: ["9", "17"] } },
  logging: {},
  completions: {},
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  tools: { listChanged: true },
};

/** What each request says of its client: here all of it. */
const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": clientCapabilities,
  "io.modelcontextprotocol/clientInfo": implementation,
};

const bareEnvelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** What each result says of its server: here all of it. */
const _meta = { "io.modelcontextprotocol/serverInfo": { ...implementation, name: "library" }, ...vendorMeta };

/** A request of the client, with the envelope. */
function asked(what: string, params: Members, result: Members, meta: Members = {}): Exchange {
  const more = { resultType: "complete", ...result };
  return exchange("client", what, { ...params, _meta: { ...envelope, ...meta } }, { result: more });
}

const greetings: readonly Exchange[] = [
  asked(
    "server/discover: everything that there is",
    {},
    {
      supportedVersions: ["2026-07-28", "2099-12-31"],
      capabilities: serverCapabilities,
      instructions: "Scores by work and part.\nBring them back.",
      ttlMs: 3_600_000,
      cacheScope: "public",
      _meta,
    },
  ),
  exchange(
    "client",
    "server/discover: no more than must be",
    { _meta: bareEnvelope },
    {
      result: {
        resultType: "complete",
        supportedVersions: ["2026-07-28"],
        capabilities: {},
        ttlMs: 0,
        cacheScope: "private",
      },
    },
  ),
];

const hints = { ttlMs: 5000, cacheScope: "public" };

const lists: readonly Exchange[] = [
  asked("tools/list: the first page", {}, { tools: [...tools, ...newerTools], nextCursor: "p/2=", ...hints, _meta }),
  asked("tools/list: the last page", { cursor: "p/2=" }, { tools: [], ttlMs: 0, cacheScope: "private" }),
  asked("prompts/list", { cursor: "" }, { prompts, nextCursor: "", ...hints, _meta }),
  asked("prompts/list: the last page", {}, { prompts: [], ttlMs: 1, cacheScope: "private" }),
  asked("resources/list", {}, { resources, nextCursor: "r", ...hints, _meta }),
  asked("resources/list: the last page", {}, { resources: [], ttlMs: 1, cacheScope: "private" }),
  asked("resources/templates/list", {}, { resourceTemplates: templates, nextCursor: "t", ...hints, _meta }),
  asked("resources/templates/list: none", {}, { resourceTemplates: [], ttlMs: 1, cacheScope: "private" }),
];

const part = { name: "transpose", arguments: { part: "snare", bars: 2 } };
const note = { name: "programme_note", arguments: { work: "Boléro" } };
const snare = { uri: "score:///bolero/snare" };

const calls: readonly Exchange[] = [
  asked("tools/call: every kind of content", part, { content: blocks, _meta }, { progressToken: "t-1", ...vendorMeta }),
  ...[{ moved: 12 }, ["flute", "snare"], 1.5, 60, "allegro", true, null].map((structuredContent) =>
    asked(`tools/call: structured, ${JSON.stringify(structuredContent)}`, part, { content: [text], structuredContent }),
  ),
  asked(
    "tools/call: an error as a result",
    { name: "metronome" },
    { content: [text], isError: true },
    { progressToken: 9 },
  ),
  asked("tools/call: a result of an extension", { name: "tune" }, { resultType: "task", taskId: "x", content: [] }),
  ...["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"].map((level) =>
    asked(
      `tools/call: with the log from ${level}`,
      { name: "metronome", arguments: {} },
      { content: [] },
      {
        "io.modelcontextprotocol/logLevel": level,
      },
    ),
  ),
  asked("prompts/get: every kind of content", note, {
    description: "A note on Boléro.",
    messages: blocks.map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content })),
    _meta,
  }),
  asked("prompts/get: nothing", { name: "warm_up" }, { messages: [] }),
  asked("resources/read: text and bytes", snare, {
    contents: [textContents, blobContents, ...bareContents],
    ...hints,
    _meta,
  }),
  asked(
    "resources/read: by a template",
    { uri: "score:///pavane/flute" },
    {
      contents: [],
      ttlMs: 0,
      cacheScope: "private",
    },
  ),
  asked(
    "completion/complete: of a prompt",
    {
      ref: { type: "ref/prompt", name: "programme_note", title: "Note for the programme" },
      argument: { name: "work", value: "Bo" },
      context: { arguments: { length: "short" } },
    },
    { completion: { values: ["Boléro", "Bourrée"], total: 102, hasMore: true }, _meta },
  ),
  asked(
    "completion/complete: of a template",
    {
      ref: { type: "ref/resource", uri: "score:///{work}/{part}" },
      argument: { name: "part", value: "" },
      context: {},
    },
    { completion: { values: [] } },
  ),
];

const questions = [...forms, url, ...samplings, ...roots];
const inputRequests = Object.fromEntries(
  questions.map(({ method, params }, index) => [`q ${index}`, { method, ...(params && { params }) }]),
);
const inputResponses = Object.fromEntries(questions.map(({ answer }, index) => [`q ${index}`, answer]));
const requestState = 'v1.éß/+=.{"opaque":true}\u2028';

const rounds: readonly Exchange[] = [
  ["tools/call", part, { content: [] }] as const,
  ["prompts/get", note, { messages: [] }] as const,
  ["resources/read", snare, { contents: [], ...hints }] as const,
].flatMap(([method, params, result]) => [
  asked(`${method}: every question`, params, { resultType: "input_required", inputRequests, requestState, _meta }),
  asked(`${method}: every answer`, { ...params, inputResponses, requestState }, result),
  asked(`${method}: questions alone`, params, { resultType: "input_required", inputRequests: {} }),
  asked(`${method}: answers alone`, { ...params, inputResponses: {} }, result),
  asked(`${method}: to be asked again`, params, { resultType: "input_required", requestState: "" }),
  asked(`${method}: asked again`, { ...params, requestState: "" }, result),
]);

const failures: readonly Exchange[] = [
  { code: -32700, message: "no JSON", data: "" },
  { code: -32600, message: "no request", data: null },
  { code: -32601, message: "no such thing", data: "tune" },
  { code: -32602, message: "Which part?", data: { field: ["arguments", "part"] } },
  { code: -32603, message: "", data: 0 },
  { code: 17, message: "The shelf is empty – “again”.", data: [1, { two: 3.5 }] },
  { code: -32020, message: "The name in the header is another.", data: {} },
  { code: -32021, message: "No way to ask.", data: { requiredCapabilities: clientCapabilities } },
  { code: -32022, message: "Which year?", data: { supported: ["2026-07-28"], requested: "1824-05-07" } },
].map((error) =>
  exchange("client", `tools/call: the error ${error.code}`, { ...part, _meta: bareEnvelope }, { error }),
);

const filter = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourcesListChanged: true,
  resourceSubscriptions: ["score:///bolero/snare", "score:///pavane/flute"],
};

const subscriptionId = "io.modelcontextprotocol/subscriptionId";

const listens: readonly Example[] = [
  asked("subscriptions/listen: to everything", { notifications: filter }, { _meta: { ..._meta, [subscriptionId]: 3 } }),
  asked("subscriptions/listen: to nothing", { notifications: {} }, { _meta: { [subscriptionId]: "listen-4" } }),
  told("server", "notifications/subscriptions/acknowledged", {
    notifications: filter,
    _meta: { [subscriptionId]: 3, ...vendorMeta },
  }),
  told("server", "notifications/subscriptions/acknowledged: of nothing", { notifications: {} }),
  ...["tools", "prompts", "resources"].map((kind) =>
    told("server", `notifications/${kind}/list_changed`, { _meta: { [subscriptionId]: "listen-4", ...vendorMeta } }),
  ),
  told("server", "notifications/resources/updated", { ...snare, _meta: { [subscriptionId]: 3, ...vendorMeta } }),
];

const news: readonly Example[] = [
  ...(["client", "server"] as const).flatMap((from) => [
    told(from, "notifications/cancelled", { requestId: 12, reason: "Enough", _meta: vendorMeta }),
    told(from, "notifications/cancelled: no reason", { requestId: "d-1" }),
  ]),
  told("server", "notifications/progress", {
    progressToken: "t-1",
    progress: 0.5,
    total: 3,
    message: "x",
    _meta: vendorMeta,
  }),
  told("server", "notifications/progress: no more than must be", { progressToken: 9, progress: 1 }),
  ...["It rains.", 40, null, [true], { deep: { er: 1.5 } }].map((data) =>
    told("server", `notifications/message: ${JSON.stringify(data)}`, {
      level: "emergency",
      logger: "desk",
      data,
      _meta: vendorMeta,
    }),
  ),
  ...["debug", "info", "notice", "warning", "error", "critical", "alert"].map((level) =>
    told("server", `notifications/message: ${level}`, { level, data: "." }),
  ),
];

/** Messages of every shape that the schema of 2026-07-28 has. */
export const examples20260728: readonly Example[] = [
  ...greetings,
  ...lists,
  ...calls,
  ...rounds,
  ...failures,
  ...listens,
  ...news,
];
