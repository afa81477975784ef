import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { clientEra, connected, open, serverEra } from "../../support/cells.ts";
import { envelopeMembers, metaName } from "../../support/envelope.ts";
import { quiet } from "../../support/turns.ts";
import { odd } from "./odd.ts";

const capabilities = {
  roots: { listChanged: true },
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  experimental: { "x/y": { z: 1 } },
};
const everything = {
  tools: ["do"],
  prompts: ["do"],
  resources: ["file:///a"],
  templates: ["db://{x}"],
  capabilities: { completions: {} },
};
/** One request of each kind that goes to one server. */
const requests = [
  ["tools/call", `{"name":"alpha__do","arguments":{${odd}}}`],
  ["prompts/get", '{"name":"alpha__do"}'],
  ["resources/read", '{"uri":"file:///a"}'],
  ["completion/complete", '{"ref":{"type":"ref/resource","uri":"db://{x}"},"argument":{"name":"x","value":""}}'],
] as const;

describe("what a server learns of the client", () => {
  cells("envelope.capabilities", async (cell) => {
    const { begin, servers } = await open(cell, { alpha: everything }, { client: { capabilities, name: "Cli" } });
    const call = begin("alpha__do");
    const { params, result } = await servers.alpha.call();
    const { sampling, elicitation } = capabilities;
    const known = { roots: {}, sampling, elicitation };
    if (serverEra(cell) === "legacy") {
      const { json } = await servers.alpha.line('"method":"initialize"');
      expect(json.params.capabilities).toMatchObject(known);
      expect(json.params.clientInfo).toMatchObject({ name: expect.any(String), version: expect.any(String) });
    } else expect(params._meta[metaName.capabilities]).toMatchObject(known);
    result();
    await call.result();
  });

  describe("that can do nothing", () => {
    someCells("envelope.capabilities", ["LL", "LM", "ML", "MM"], async (cell) => {
      const { begin, servers } = await open(cell, { alpha: everything });
      const call = begin("alpha__do");
      const { params, result } = await servers.alpha.call();
      const { json } =
        serverEra(cell) === "legacy" ? await servers.alpha.line('"method":"initialize"') : { json: undefined };
      const told = json?.params.capabilities ?? params._meta[metaName.capabilities];
      for (const name of ["elicitation", "sampling", "roots"]) expect(told[name]).toBeUndefined();
      result();
      await call.result();
    });
  });

  cells("envelope.late", async (cell) => {
    const { client, servers, clock } = await connected({
      servers: { alpha: everything },
      isReady: false,
    });
    await clock.advance(5000);
    expect(servers.alpha.count("initialize")).toBe(0);
    const about = envelopeMembers({ capabilities: "{}", info: '{"name":"x","version":"1"}' });
    // It says only what its maker could do in this era, not who will use it.
    client.send(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{${about}}}}`);
    await client.reply(1);
    await quiet();
    expect(servers.alpha.count("initialize")).toBe(0);
    await client.greet({ era: clientEra(cell), capabilities: { sampling: { tools: {} } } });
    expect(await client.tools(2)).toEqual(["alpha__do"]);
    const { json } = await servers.alpha.line('"method":"initialize"');
    expect(json.params.capabilities).toMatchObject({ sampling: { tools: {} } });
    expect(servers.alpha.count("initialize")).toBe(1);
  });
});

describe("_meta of a request", () => {
  cells("envelope.added", async (cell) => {
    const { send, servers } = await open(cell, { alpha: everything }, { client: { capabilities, name: "Cli" } });
    for (const meta of ["", `"own/key":{"n":1.0},"progressToken":7,${odd}`]) {
      for (const [method, params] of requests) {
        const request = send(method, params, meta);
        const { line, params: got, result, id } = await servers.alpha.request(method);
        expect(got._meta[metaName.version]).toBe("2026-07-28");
        expect(got._meta[metaName.capabilities]).toMatchObject({ sampling: { tools: {} } });
        expect(got._meta[metaName.clientInfo]).toMatchObject({ version: expect.any(String) });
        expect(got._meta[metaName.logLevel]).toBeUndefined();
        expect(line.text).toContain(meta.replace('"progressToken":7', `"progressToken":${id}`));
        result();
        await request.result();
      }
    }
  });

  cells("envelope.removed", async (cell) => {
    const { send, servers } = await open(cell, { alpha: everything }, { client: { capabilities } });
    for (const meta of ["", `"own/key":{"n":1.0},"progressToken":7,${odd}`]) {
      for (const [method, params] of requests) {
        const request = send(method, params, meta);
        const { line, params: got, result, id } = await servers.alpha.request(method);
        expect(line.text).toContain(meta.replace('"progressToken":7', `"progressToken":${id}`));
        expect(Object.keys(got._meta ?? {}).filter((name) => name.startsWith("io.modelcontextprotocol/"))).toEqual([]);
        result();
        await request.result();
      }
    }
  });

  cells("envelope.passed", async (cell) => {
    const { send, servers } = await open(cell, { alpha: everything }, { client: { capabilities, logLevel: "info" } });
    const info = JSON.stringify({ name: "fake client", version: "0.1" });
    const own = envelopeMembers({ capabilities: JSON.stringify(capabilities), info, logLevel: "info" });
    for (const [method, params] of requests) {
      const request = send(method, params, odd);
      const { line, result } = await servers.alpha.request(method);
      expect(line.text).toContain(`"_meta":{${own},${odd}}`);
      result();
      await request.result();
    }
  });
});

describe("members of a result", () => {
  cells("results.type", async (cell) => {
    const { send, servers } = await open(cell, { alpha: everything });
    for (const [method, params] of requests) {
      const request = send(method, params);
      const hints = method === "resources/read" ? ',"ttlMs":0,"cacheScope":"private"' : "";
      const result = serverEra(cell) === "modern" ? `{${odd},"resultType":"complete"${hints}}` : `{${odd}}`;
      (await servers.alpha.request(method)).result(result);
      const { text, json } = await request.reply();
      expect(json.result.resultType).toBe(clientEra(cell) === "modern" ? "complete" : undefined);
      expect(text).toContain(clientEra(cell) === serverEra(cell) ? `"result":${result}` : odd);
    }
  });

  cells("results.unknown-type", async (cell) => {
    const { begin, servers } = await open(cell, { alpha: everything });
    const call = begin("alpha__do");
    const result = `{"resultType":"com.example/later","x":1.0,${odd}}`;
    (await servers.alpha.call()).result(result);
    const { text, json } = await call.reply();
    if (cell === "MM") expect(text).toContain(`"result":${result}`);
    else {
      expect(json.result.isError).toBe(true);
      expect(json.result.content[0].text).toContain("com.example/later");
    }
  });

  cells("results.server-info", async (cell) => {
    const { send, servers } = await open(cell, { alpha: everything });
    const own = `"${metaName.serverInfo}":{"name":"its own","version":"7"}`;
    for (const [method, params] of requests) {
      const request = send(method, params);
      const meta = serverEra(cell) === "modern" ? `${own},"x/y":1.0` : '"x/y":1.0';
      (await servers.alpha.request(method)).result(`{"x":1,"_meta":{${meta}}}`);
      const { text, json } = await request.reply();
      expect(text).toContain('"x/y":1.0');
      const { name } = json.result._meta[metaName.serverInfo] ?? {};
      expect(name).toEqual({ LL: undefined, LM: undefined, ML: expect.any(String), MM: "its own" }[cell]);
    }
  });

  cells("requests.verbatim", async (cell) => {
    const { send, servers } = await open(cell, { alpha: everything });
    for (const [method, params] of requests) {
      const request = send(method, `${params.slice(0, -1)},"unknown":{${odd}},"__proto__":-0}`, `"v.x/y":{${odd}}`);
      const { line, result } = await servers.alpha.request(method);
      expect(line.text).toContain(`"unknown":{${odd}},"__proto__":-0`);
      expect(line.text).toContain(`"v.x/y":{${odd}}`);
      result(`{"unknown":{${odd}},"_meta":{"v.x/y":{${odd}}}}`);
      const { text } = await request.reply();
      expect(text).toContain(`"unknown":{${odd}}`);
      expect(text).toContain(`"v.x/y":{${odd}}`);
    }
  });
});
