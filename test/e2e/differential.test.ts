import { expect, test } from "vitest";
import { requirement } from "../requirements.ts";
import { call, playEverything } from "./support/everything.ts";
import { itemsOf, membersOf } from "./support/members-of.ts";
import type { Heard } from "./support/talk.ts";

/** Every tool that answers by itself. Those that ask, and tasks, have tests of their own. */
const calls: readonly (readonly [tool: string, args?: object | string, more?: string])[] = [
  ["echo", { message: "é 😀 \u0001 \u2028" }],
  ["echo", '{"message":"\\u0061\\ud83d\\ude00","extra":9007199254740993}'],
  ["echo", {}],
  ["get-annotated-message", { messageType: "error", includeImage: true }],
  ["get-annotated-message", { messageType: "success" }],
  ["get-annotated-message", { messageType: "debug", includeImage: false }],
  ["get-annotated-message", { messageType: "shout" }],
  ["get-env"],
  ["get-resource-links"],
  ["get-resource-links", { count: 10 }],
  ["get-resource-links", { count: 11 }],
  ["get-resource-reference"],
  ["get-resource-reference", { resourceType: "Blob", resourceId: 7 }],
  ["get-resource-reference", { resourceType: "Text", resourceId: -1 }],
  ["get-structured-content", { location: "New York" }],
  ["get-structured-content", { location: "Chicago" }],
  ["get-structured-content", { location: "Los Angeles" }],
  ["get-structured-content", { location: "Atlantis" }],
  ["get-sum", '{"a":9007199254740993,"b":1.0}'],
  ["get-sum", { a: "no number" }],
  ["get-tiny-image"],
  ["gzip-file-as-resource", { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" }],
  ["gzip-file-as-resource", { name: "b.gz", data: "file:///etc/passwd" }],
  ["trigger-long-running-operation", { duration: 0.2, steps: 4 }, ',"_meta":{"progressToken":"é 1"}'],
  ["trigger-long-running-operation", { duration: 0.2, steps: 4 }, ',"_meta":{"progressToken":7,"x/y":[]}'],
  ["trigger-long-running-operation", { duration: 0.1, steps: 2 }],
];

/** Tools that only the other differential tests call. */
const elsewhere = [
  ["get-roots-list", "simulate-research-query", "toggle-simulated-logging", "toggle-subscriber-updates"],
  ["trigger-elicitation-request", "trigger-elicitation-request-async", "trigger-url-elicitation"],
  ["trigger-sampling-request", "trigger-sampling-request-async"],
].flat();

test(`${requirement("same-as-direct", "LL")}: tools of server-everything`, async () => {
  const found = await playEverything(async (side) => {
    const { talk, name } = side;
    const list = await talk.request("list", "tools/list");
    const offered = namesIn(list, "tools");
    expect(offered.sort()).toEqual([...new Set([...calls.map(([tool]) => tool), ...elsewhere].map(name))].sort());
    for (const [tool, args, more] of calls) await call(side, tool, args, more);
    await talk.request("ping", "ping");
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "LL")}: prompts of server-everything`, async () => {
  const found = await playEverything(async ({ talk, name }) => {
    const get = async (prompt: string, args?: object): Promise<void> => {
      const params = { name: name(prompt), ...(args && { arguments: args }) };
      await talk.request(JSON.stringify([prompt, args]), "prompts/get", params);
    };
    const complete = async (prompt: string, argument: object, context?: object): Promise<void> => {
      const params = { ref: { type: "ref/prompt", name: name(prompt) }, argument, ...(context && { context }) };
      await talk.request(`completion for ${JSON.stringify([prompt, argument])}`, "completion/complete", params);
    };
    const offered = namesIn(await talk.request("list", "prompts/list"), "prompts");
    expect(offered.sort()).toEqual(["args-prompt", "completable-prompt", "resource-prompt", "simple-prompt"].map(name));
    await get("simple-prompt");
    await get("simple-prompt", {});
    await get("args-prompt", { city: "Zürich" });
    await get("args-prompt", { city: "a", state: "b", more: "c" });
    await get("args-prompt", { state: "no city" });
    await get("completable-prompt", { department: "Sales", name: "Eve" });
    await get("resource-prompt", { resourceType: "Text", resourceId: "3" });
    await get("resource-prompt", { resourceType: "Blob", resourceId: "4" });
    await get("resource-prompt", { resourceType: "Blob", resourceId: "no number" });
    for (const value of ["", "S", "x"]) await complete("completable-prompt", { name: "department", value });
    await complete("completable-prompt", { name: "name", value: "" });
    await complete("completable-prompt", { name: "name", value: "" }, { arguments: { department: "Support" } });
    await complete("resource-prompt", { name: "resourceType", value: "T" });
    await complete("resource-prompt", { name: "resourceId", value: "12" });
    await complete("simple-prompt", { name: "none", value: "" });
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "LL")}: resources of server-everything`, async () => {
  const found = await playEverything(async (side) => {
    const { talk } = side;
    const read = async (uri: string): Promise<void> => {
      await talk.request(`read ${uri}`, "resources/read", { uri });
    };
    const list = await talk.request("list", "resources/list");
    const uris = resourcesIn(list);
    expect(uris.length).toBeGreaterThan(5);
    for (const uri of uris) await read(uri);
    await talk.request("templates", "resources/templates/list");
    await read("demo://resource/dynamic/text/1");
    await read("demo://resource/dynamic/blob/2");
    await read("demo://resource/dynamic/text/zero");
    for (const uri of ["demo://resource/dynamic/text/{resourceId}", "demo://resource/dynamic/blob/{resourceId}"]) {
      const argument = { name: "resourceId", value: "12" };
      await talk.request(`completion for ${uri}`, "completion/complete", {
        ref: { type: "ref/resource", uri },
        argument,
      });
    }
    // A link may be read as soon as it is there, whatever the list says.
    await call(side, "gzip-file-as-resource", { name: "c.gz", data: "data:text/plain,hello" });
    await read("demo://resource/session/c.gz");
  });
  expect(found).toEqual([]);
});

test("what tutti answers itself, because no server has it, is an error as the server's is, with the specification's code", async () => {
  const codes = new Map<boolean, unknown[]>();
  await playEverything(async ({ talk, name }) => {
    const isDirect = name("") === "";
    const mine: unknown[] = [];
    codes.set(isDirect, mine);
    const code = async (method: string, params: object): Promise<void> => {
      const { members } = await talk.request(method, method, params);
      mine.push(JSON.parse(membersOf(members.get("error") ?? "{}").get("code") ?? "null"));
    };
    const argument = { name: "x", value: "" };
    await code("tools/call", { name: name("nobody"), arguments: {} });
    await code("prompts/get", { name: name("nobody") });
    await code("completion/complete", { ref: { type: "ref/prompt", name: name("nobody") }, argument });
    await code("completion/complete", { ref: { type: "ref/resource", uri: "nobody://{x}" }, argument });
    await code("resources/read", { uri: "nobody://here" });
    await code("vendor/unknown", {});
    await code("logging/setLevel", { level: "loud" });
    await code("tools/list", { cursor: "given by nobody" });
  });
  // The server says in a result that there is no such tool, calls a wrong level its own fault, and ignores cursors; the
  // specification has -32602 for these. What one server alone can have is asked of it, and its own error comes back.
  expect(codes.get(true)).toEqual([null, -32602, -32602, -32602, -32602, -32601, -32603, null]);
  expect(codes.get(false)).toEqual([-32602, -32602, -32602, -32602, -32602, -32601, -32602, -32602]);
});

function namesIn({ members }: Heard, kind: string): string[] {
  const items = itemsOf(membersOf(members.get("result") ?? "{}").get(kind) ?? "[]");
  return items.map((item) => (JSON.parse(item) as { name: string }).name);
}

function resourcesIn({ members }: Heard): string[] {
  const { resources } = JSON.parse(members.get("result") ?? "{}") as { resources: { uri: string }[] };
  return resources.map(({ uri }) => uri);
}
