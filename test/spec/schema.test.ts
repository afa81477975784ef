import { describe, expect, test } from "vitest";
import { definitionFor, definitionsOf, problemsOf, problemsOfMessage, revisions } from "./schema.ts";

const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

describe("the schema of each revision", () => {
  for (const revision of revisions) {
    test(`${revision} can be used, every definition of it`, () => {
      const names = [...definitionsOf(revision).keys()];
      expect(names.length).toBeGreaterThan(60);
      // Whether it is valid or not: none of them may be one that does not compile.
      for (const name of names) expect(problemsOf(revision, name, Symbol.iterator)).toBeInstanceOf(Array);
    });

    test(`${revision} has a definition for each request, and for what it is answered with`, () => {
      const request = { jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: envelope } };
      expect(problemsOfMessage(revision, "to the server", request)).toEqual([]);
      const isNewer = revision === "2026-07-28";
      const result = { tools: [], ...(isNewer ? { resultType: "complete", ttlMs: 0, cacheScope: "private" } : {}) };
      expect(problemsOfMessage(revision, "to the client", reply({ result }), "tools/list")).toEqual([]);
      const wrong = { ...result, tools: [{ inputSchema: { type: "object" } }] };
      expect(problemsOfMessage(revision, "to the client", reply({ result: wrong }), "tools/list")).not.toEqual([]);
    });

    test(`${revision} takes an error for any request, with a code and a message`, () => {
      const error = { code: -32603, message: "no" };
      expect(problemsOfMessage(revision, "to the client", reply({ error }), "tools/call")).toEqual([]);
      const wrong = reply({ error: { code: "-32603", message: "no" } });
      expect(problemsOfMessage(revision, "to the client", wrong, "tools/call")).not.toEqual([]);
    });
  }
});

function reply(members: object) {
  return { jsonrpc: "2.0", id: 1, ...members };
}

describe("a message is wrong", () => {
  test("as JSON-RPC, whatever its method", () => {
    const problems = (message: object) => problemsOfMessage("2025-11-25", "to the client", message, "ping");
    expect(problems({})).toEqual(["it is no message"]);
    expect(problems({ jsonrpc: "1.0", method: "vendor/said" })).not.toEqual([]);
    expect(problems({ jsonrpc: "2.0", id: null, result: {} })).not.toEqual([]);
    expect(problems({ jsonrpc: "2.0", id: 1, result: [] })).not.toEqual([]);
    expect(problems({ jsonrpc: "2.0", method: "vendor/said", params: [] })).not.toEqual([]);
    expect(problems({ jsonrpc: "2.0", method: "vendor/said", params: { x: 1 } })).toEqual([]);
  });

  test("in the wrong revision", () => {
    const changed = { jsonrpc: "2.0", method: "notifications/roots/list_changed" };
    expect(problemsOfMessage("2025-11-25", "to the server", changed)).toEqual([]);
    expect(problemsOfMessage("2026-07-28", "to the server", changed)).toEqual([
      "2026-07-28 has no notification notifications/roots/list_changed to the server",
    ]);
    const ask = { jsonrpc: "2.0", id: 1, method: "roots/list" };
    expect(problemsOfMessage("2025-11-25", "to the client", ask)).toEqual([]);
    expect(problemsOfMessage("2026-07-28", "to the client", ask)).not.toEqual([]);
    expect(problemsOfMessage("2024-11-05", "to the client", { ...ask, method: "elicitation/create" })).not.toEqual([]);
  });

  test("in the wrong direction", () => {
    const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    expect(problemsOfMessage("2025-11-25", "to the server", list)).toEqual([]);
    expect(problemsOfMessage("2025-11-25", "to the client", list)).not.toEqual([]);
  });

  test("without what its revision demands", () => {
    const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    expect(problemsOfMessage("2026-07-28", "to the server", list)).not.toEqual([]);
    expect(problemsOfMessage("2026-07-28", "to the client", reply({ result: {} }), "vendor/do")).not.toEqual([]);
    expect(problemsOfMessage("2025-11-25", "to the client", reply({ result: {} }), "vendor/do")).toEqual([]);
  });

  test("with an error whose code wants data that is not there", () => {
    const error = { code: -32022, message: "no" };
    expect(problemsOfMessage("2026-07-28", "to the client", reply({ error }), "tools/call")).not.toEqual([]);
    const data = { supported: ["2026-07-28"], requested: "1999-01-01" };
    expect(problemsOfMessage("2026-07-28", "to the client", reply({ error: { ...error, data } }))).toEqual([]);
  });
});

test("formats count: addresses and base64", () => {
  expect(problemsOf("2025-11-25", "Root", { uri: "file:///a" })).toEqual([]);
  expect(problemsOf("2025-11-25", "Root", { uri: "a b" })).not.toEqual([]);
  const image = { type: "image", mimeType: "image/png", data: "iVBORw==" };
  expect(problemsOf("2025-11-25", "ImageContent", image)).toEqual([]);
  expect(problemsOf("2025-11-25", "ImageContent", { ...image, data: "ä" })).not.toEqual([]);
});

test("a result that asks is checked as one, and a task as a task", () => {
  const asks = reply({ result: { resultType: "input_required", inputRequests: {} } });
  expect(definitionFor("2026-07-28", "to the client", asks, "tools/call")).toBe("InputRequiredResult");
  const wrong = reply({ result: { resultType: "input_required", inputRequests: { a: { method: "ping" } } } });
  expect(problemsOfMessage("2026-07-28", "to the client", wrong, "tools/call")).not.toEqual([]);
  const task = reply({ result: { task: {} } });
  expect(problemsOfMessage("2025-11-25", "to the client", task, "tools/call")).not.toEqual([]);
});
