import { describe, expect, test } from "vitest";
import { someCells } from "../../requirements.ts";
import { clientEra, open, serverEra } from "../../support/cells.ts";
import { envelopeMembers, metaName } from "../../support/envelope.ts";
import { odd } from "./odd.ts";

const alpha = {
  tools: ["do"],
  prompts: ["do"],
  resources: ["file:///a"],
  capabilities: { experimental: { "com.example/x": {} } },
};
const own = envelopeMembers({ capabilities: '{"roots":{}}', info: '{"name":"x","version":"1"}' });

/** Ways to write the params of a request; `E` stands for the members that the era's `_meta` needs, with a comma. */
const ways: readonly string[] = [
  '{"_meta":{E"a":1.0},"name":"alpha__do"}',
  '{"name":"alpha__do","_meta":{"a":1.0,E"b":2}}',
  ' { "name" : "alpha__do" , "_meta" : { E "a" : 1.0 } } ',
  '{\t"arguments":{"_meta":{"x":1},"requestState":"mine","name":"no"},"_meta":{E"a":{"_meta":{}}},"name":"alpha__do"\r}',
  '{"\\u005fmeta":{E"a":1},"n\\u0061me":"alpha__do"}',
  '{"name":"\\u0061lpha__do","_meta":{E"progressToken":"\\u0041"}}',
];

describe("however a request is written", () => {
  for (const way of ways) {
    describe(way, () => {
      someCells("requests.verbatim", ["LL", "LM", "ML", "MM"], async (cell) => {
        const { client, servers } = await open(cell, { alpha });
        const params = way.replace("E", clientEra(cell) === "modern" ? `${own},` : "");
        client.send(`{"params":${params},"method":"tools/call","x":1.0,"id":"\\u0069","jsonrpc":"2.0"}`);
        const { params: got, line, id, result } = await servers.alpha.call("do");
        expect(line.text).toContain('"x":1.0');
        const sent = JSON.parse(params);
        const { _meta: meta, ...letter } = got;
        expect(letter).toEqual({ ...sent, name: "do", _meta: undefined });
        const kept = Object.entries(sent._meta).filter(([name]) => !name.startsWith("io.modelcontextprotocol/"));
        for (const [name, value] of kept) {
          expect(meta[name]).toEqual(name === "progressToken" ? Number(id) : value);
        }
        if (cell === "MM") expect(meta[metaName.capabilities]).toEqual({ roots: {} });
        result();
        expect((await client.reply('"i"')).json.id).toBe("i");
      });
    });
  }
});

describe("a request without params, or with other ones than an object,", () => {
  for (const params of ["", ',"params":{}', ',"params": { } ', ',"params":{"_meta":{}}', ',"params":{"_meta": { }}']) {
    test(`has an envelope all the same where one is due: ${params}`, async () => {
      const { client, servers } = await open("LM", { alpha });
      client.send(`{"jsonrpc":"2.0","id":1,"method":"com.example/x/run"${params}}`);
      const { params: got, result } = await servers.alpha.request("com.example/x/run");
      expect(got._meta[metaName.version]).toBe("2026-07-28");
      result();
      await client.reply(1);
    });
  }

  for (const params of ["", ',"params":{}', ',"params":null', ',"params":[]', ',"params":7', ',"params":{"_meta":7}']) {
    for (const cell of ["LL", "LM"] as const) {
      test(`gets one reply, whatever it asks for, ${cell}: ${params}`, async () => {
        const { client, defects } = await open(cell, { alpha });
        const methods = ["tools/call", "prompts/get", "resources/read", "completion/complete", "resources/subscribe"];
        for (const method of [...methods, "subscriptions/listen", "logging/setLevel", "tools/list", "tasks/get"]) {
          client.send(`{"jsonrpc":"2.0","id":"${method}","method":"${method}"${params}}`);
          const { json } = await client.reply(`"${method}"`);
          expect(json.error === undefined).toBe(method === "tools/list");
        }
        expect(defects).toEqual([]);
      });
    }
  }

  for (const cell of ["LM", "ML"] as const) {
    test(`answers that nobody asked for reach no server of another era, ${cell}`, async () => {
      const { client, servers } = await open(cell, { alpha });
      for (const meta of ["", '"a":1.0']) {
        const id = client.newId();
        client.call(id, "alpha__do", '{"inputResponses":{}}', ',"inputResponses":{"a":{"action":"accept"}}', meta);
        const { params, result } = await servers.alpha.call();
        expect(params.arguments).toEqual({ inputResponses: {} });
        expect(params.inputResponses).toBeUndefined();
        result();
        await client.reply(id);
      }
    });

    test(`a state of who knows whom reaches no server of another era, ${cell}`, async () => {
      const { client, servers } = await open(cell, { alpha });
      for (const meta of ["", '"a":1.0']) {
        const id = client.newId();
        client.call(id, "alpha__do", "{}", ',"requestState":"s"', meta);
        expect((await client.reply(id)).json.error.code).toBe(-32602);
      }
      expect(servers.alpha.calls).toEqual([]);
    });
  }
});

describe("a message of more than 1 MB, which comes in many pieces,", () => {
  const long = `"long":"${"\\u0041é😀x".repeat(80_000)}","many":[${"{},".repeat(50_000)}1.0]`;

  someCells("requests.verbatim", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { send, servers } = await open(cell, { alpha });
    for (const [method, params] of [
      ["tools/call", `{"name":"alpha__do","arguments":{${long},${odd}},"x":-0}`],
      ["prompts/get", `{"x":-0,"arguments":{${long}},"name":"alpha__do"}`],
      ["resources/read", `{${long},"uri":"file:///a"}`],
    ] as const) {
      const request = send(method, params, `"own":{${long}}`);
      const { line, result } = await servers.alpha.request(method);
      expect(line.text.includes(long) && line.text.includes(`"own":{${long}}`)).toBe(true);
      const letter = `"contents":[],"_meta":{"own":{${long}}},${long}`;
      const hints = method === "resources/read" ? ',"ttlMs":0,"cacheScope":"private"' : "";
      result(serverEra(cell) === "modern" ? `{${letter},"resultType":"complete"${hints}}` : `{${letter}}`);
      const { text, json } = await request.reply();
      expect(text.includes(long) && text.includes(`"own":{${long}}`)).toBe(true);
      expect(json.result.resultType).toBe(clientEra(cell) === "modern" ? "complete" : undefined);
    }
  });
});

describe("an update of a resource whose name another's begins with", () => {
  someCells("subscriptions.updated", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { client, join, servers, clock } = await open(cell, { alpha: { resources: ["file:///a", "file:///ab"] } });
    const other = await join();
    for (const [one, uri] of [
      [client, "file:///a"],
      [other, "file:///ab"],
    ] as const) {
      if (one.era === "legacy") await one.ask("resources/subscribe", `{"uri":"${uri}"}`);
      else await one.listen(1, { resourceSubscriptions: [uri] });
    }
    await clock.advance(1000);
    const method = "notifications/resources/updated";
    servers.alpha.tell(method, '{"uri":"file:///ab"}');
    await other.notification(method);
    await client.ping();
    expect(client.count(method)).toBe(0);
    // What is told of may be a part of what was asked about.
    servers.alpha.tell(method, '{"uri":"file:///a/part"}');
    expect((await client.notification(method)).json.params.uri).toBe("file:///a/part");
    expect(other.count(method)).toBe(1);
  });
});
