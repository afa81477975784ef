import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { open } from "../../support/cells.ts";
import { quiet } from "../../support/turns.ts";

const config = { callTimeoutMs: 1500, callTimeoutCapMs: 4000 };
const everything = {
  tools: ["do"],
  prompts: ["do"],
  resources: ["file:///a"],
  templates: ["db://{x}"],
  capabilities: { completions: {} },
};
const methods = [
  ["tools/call", '{"name":"alpha__do"}'],
  ["prompts/get", '{"name":"alpha__do"}'],
  ["resources/read", '{"uri":"file:///a"}'],
  ["completion/complete", '{"ref":{"type":"ref/resource","uri":"db://{x}"},"argument":{"name":"x","value":""}}'],
] as const;
const cancelled = "notifications/cancelled";
const text = "alpha: no reply within 1.5 s (callTimeoutMs). The call may have run.";
const mark = { origin: "tutti", server: "alpha", code: "timed_out", mayHaveRun: true };

cells("timeout.methods", async (cell) => {
  const { client, send, servers, clock } = await open(cell, { alpha: { ...everything, config } });
  for (const [method, params] of methods) {
    const request = send(method, params);
    const asked = await servers.alpha.request(method);
    await clock.advance(1499);
    expect(client.peer.left).toEqual([]);
    await clock.advance(1);
    const { result, error } = (await request.reply()).json;
    if (method === "tools/call") {
      expect(result).toMatchObject({ isError: true, content: [{ text }], _meta: { "tutti/error": mark } });
    } else {
      expect(error).toMatchObject({ message: text, data: { "tutti/error": mark } });
      // It is ours, and cannot be taken for one of the protocol's or of a server's.
      expect(error.code < -32768 || error.code > -32000).toBe(true);
    }
    expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(asked.id));
    asked.result();
    await quiet();
    expect(client.peer.left).toEqual([]);
  }
});

describe("of a server that does not start", () => {
  someCells("timeout.methods", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { send, clock } = await open(cell, {
      alpha: { ...everything, isHeld: true, config },
      beta: { tools: ["do"] },
    });
    const requests = methods.slice(0, 2).map(([method, params]) => send(method, params));
    await clock.advance(1500);
    for (const request of requests) {
      const { result, error } = (await request.reply()).json;
      const { "tutti/error": shown } = result?._meta ?? error.data;
      expect(shown).toMatchObject({ server: "alpha", code: "unavailable", mayHaveRun: false });
    }
  });
});

cells("timeout.progress", async (cell) => {
  const { client, send, servers, clock } = await open(cell, { alpha: { ...everything, config } });
  for (const [method, params] of methods) {
    const request = send(method, params, `"progressToken":"${method}"`);
    const asked = await servers.alpha.request(method);
    for (const at of [1400, 2800]) {
      await clock.advance(1400);
      asked.progress(`,"progress":${at}`);
      await client.notification("notifications/progress");
    }
    await clock.advance(1199);
    expect(client.peer.left).toEqual([]);
    await clock.advance(1);
    const { result, error } = (await request.reply()).json;
    expect((result?._meta ?? error.data)["tutti/error"]).toMatchObject({ code: "timed_out" });
    await servers.alpha.line(cancelled);
  }
});
