import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { clientEra, open, serverEra } from "../../support/cells.ts";
import { odd } from "./odd.ts";

const both = { alpha: { tools: ["do"], prompts: ["do"] }, beta: { tools: ["do"], prompts: ["do"] } };

cells("tools.call", async (cell) => {
  const { begin, servers } = await open(cell, both);
  const call = begin("beta__do", { n: 1 });
  const running = await servers.beta.call();
  expect(running.params).toMatchObject({ name: "do", arguments: { n: 1 } });
  const letter = `"content":[{"type":"text","text":"\\u0041",${odd}}],"structuredContent":{${odd}}`;
  running.result(`{${letter}}`);
  expect((await call.reply()).text).toContain(letter);
  expect(servers.alpha.calls).toEqual([]);
});

cells("tools.call.original-name", async (cell) => {
  const { begin, servers } = await open(cell, { alpha: { tools: ["do", "only"] }, beta: { tools: ["do"] } });
  const call = begin("only");
  (await servers.alpha.call("only")).result('{"content":[{"type":"text","text":"here"}]}');
  expect((await call.result()).content[0].text).toBe("here");
  expect((await begin("do").result()).isError).toBe(true);
});

cells("tools.call.error-result", async (cell) => {
  const { begin, servers } = await open(cell, both);
  const call = begin("alpha__do");
  const letter = `"content":[{"type":"text","text":"no",${odd}}],"isError":true`;
  (await servers.alpha.call()).result(`{${letter}}`);
  expect((await call.reply()).text).toContain(letter);
});

cells("prompts.get", async (cell) => {
  const { send, servers } = await open(cell, both);
  const prompt = send("prompts/get", `{"name":"beta__do","arguments":{"a":"b"},${odd}}`);
  const asked = await servers.beta.request("prompts/get");
  expect(asked.params).toMatchObject({ name: "do", arguments: { a: "b" } });
  expect(asked.line.text).toContain(odd);
  const letter = `"description":"\\u0041","messages":[{"role":"user","content":{"type":"text","text":"x",${odd}}}]`;
  asked.result(`{${letter}}`);
  expect((await prompt.reply()).text).toContain(letter);
  expect(servers.alpha.count("prompts/get")).toBe(0);
});

describe("resources/read", () => {
  cells("resources.read", async (cell) => {
    const { send, servers } = await open(cell, {
      alpha: { resources: ["file:///a"] },
      beta: { resources: ["file:///b", "ui://x/y?z=1"] },
    });
    for (const uri of ["file:///b", "ui://x/y?z=1"]) {
      const reading = send("resources/read", `{"uri":"${uri}",${odd}}`);
      const asked = await servers.beta.request("resources/read");
      expect(asked.params.uri).toBe(uri);
      expect(asked.line.text).toContain(odd);
      const letter = `"contents":[{"uri":"${uri}","text":"\\u0041",${odd}}]`;
      asked.result(`{${letter}}`);
      expect((await reading.reply()).text).toContain(letter);
    }
    expect(servers.alpha.count("resources/read")).toBe(0);
  });

  cells("resources.template", async (cell) => {
    const { send, servers } = await open(cell, {
      alpha: { templates: ["file:///docs/{name}"], resources: ["db://t/1"] },
      beta: { templates: ["db://{table}/{row}"] },
    });
    const reading = send("resources/read", '{"uri":"db://users/7"}');
    const asked = await servers.beta.request("resources/read");
    expect(asked.params.uri).toBe("db://users/7");
    asked.result('{"contents":[]}');
    await reading.result();
    // What a server lists is that server's, whatever template of another it matches.
    const listed = send("resources/read", '{"uri":"db://t/1"}');
    (await servers.alpha.request("resources/read")).result('{"contents":[]}');
    await listed.result();
  });

  cells("resources.same-uri", async (cell) => {
    const { client, send, servers, published } = await open(cell, {
      first: { resources: ["file:///same", "file:///mine"] },
      second: { resources: ["file:///same"] },
    });
    const { resources } = (await client.ask("resources/list")).json.result;
    const [, , own] = resources.map(({ uri }: { uri: string }) => uri);
    expect(resources.map(({ uri }: { uri: string }) => uri)).toEqual(["file:///same", "file:///mine", own]);
    expect(own).toBe(`tutti://second/${encodeURIComponent("file:///same")}`);
    for (const [uri, server] of [
      ["file:///same", servers.first],
      [own, servers.second],
    ] as const) {
      const reading = send("resources/read", JSON.stringify({ uri }));
      const asked = await server.request("resources/read");
      expect(asked.params.uri).toBe("file:///same");
      asked.result('{"contents":[{"uri":"file:///same","text":"it"}]}');
      expect((await reading.result()).contents).toEqual([{ uri: "file:///same", text: "it" }]);
    }
    const said = published.oddities.filter((text) => text.includes("file:///same"));
    expect(said.length).toBe(1);
    for (const part of ["file:///same", "first", "second", "tutti://second/"]) expect(said[0]).toContain(part);
  });

  cells("resources.uris", async (cell) => {
    const { begin, send, servers } = await open(cell, {
      alpha: { tools: ["do"], resources: ["file:///same"], prompts: ["do"] },
      beta: { tools: ["do"], resources: ["file:///same"], prompts: ["do"] },
    });
    const blocks = [
      '{"type":"resource_link","uri":"file:///same","name":"x"}',
      '{"type":"resource","resource":{"uri":"file:///same","text":"y"}}',
    ];
    const call = begin("beta__do");
    (await servers.beta.call()).result(`{"content":[${blocks}]}`);
    expect((await call.reply()).text).toContain(`[${blocks}]`);
    const prompt = send("prompts/get", '{"name":"beta__do"}');
    const messages = `[{"role":"user","content":${blocks[1]}}]`;
    (await servers.beta.request("prompts/get")).result(`{"messages":${messages}}`);
    expect((await prompt.reply()).text).toContain(messages);
  });

  cells("resources.read-hints", async (cell) => {
    const { send, servers } = await open(cell, { alpha: { resources: ["file:///a"] } });
    const reading = send("resources/read", '{"uri":"file:///a"}');
    const asked = await servers.alpha.request("resources/read");
    const isKnown = serverEra(cell) === "modern";
    asked.result(isKnown ? '{"resultType":"complete","contents":[],"ttlMs":7,"cacheScope":"public"}' : undefined);
    const { ttlMs, cacheScope } = await reading.result();
    const hints = isKnown ? { ttlMs: 7, cacheScope: "public" } : { ttlMs: 0, cacheScope: "private" };
    expect({ ttlMs, cacheScope }).toEqual(clientEra(cell) === "modern" ? hints : {});
  });
});

describe("completion/complete", () => {
  cells("completion.prompt", async (cell) => {
    const completions = { capabilities: { completions: {} } };
    const { send, servers } = await open(cell, {
      alpha: { ...both.alpha, ...completions },
      beta: { ...both.beta, ...completions },
    });
    const ref = '{"type":"ref/prompt","x":1.0,"name":"beta__do"}';
    const more = `"argument":{"name":"a","value":"\\u0041"},"context":{"arguments":{"b":"c"}},${odd}`;
    const completing = send("completion/complete", `{"ref":${ref},${more}}`);
    const asked = await servers.beta.request("completion/complete");
    expect(asked.line.text).toContain('"ref":{"type":"ref/prompt","x":1.0,"name":"do"}');
    expect(asked.line.text).toContain(more);
    const letter = `"completion":{"values":["A\\u0041"],"total":1,"hasMore":false,${odd}}`;
    asked.result(`{${letter}}`);
    expect((await completing.reply()).text).toContain(letter);
  });

  cells("completion.resource", async (cell) => {
    const completions = { capabilities: { completions: {} } };
    const { send, servers } = await open(cell, {
      alpha: { templates: ["file:///{path}"], ...completions },
      beta: { templates: ["db://{table}/{row}"], ...completions },
    });
    const ref = '"ref":{"type":"ref/resource","uri":"db://{table}/{row}"}';
    const completing = send("completion/complete", `{${ref},"argument":{"name":"row","value":"7"}}`);
    const asked = await servers.beta.request("completion/complete");
    expect(asked.line.text).toContain(ref);
    asked.result('{"completion":{"values":["70"]}}');
    expect((await completing.result()).completion).toEqual({ values: ["70"] });
  });
});

cells("errors.unknown", async (cell) => {
  const { client, servers } = await open(cell, {
    alpha: { ...both.alpha, resources: ["file:///a"], templates: ["db://{x}"], capabilities: { completions: {} } },
    beta: { resources: ["file:///b"] },
  });
  const heard = servers.alpha.heard.length;
  const code = async (method: string, params: string) => (await client.ask(method, params)).json.error.code;
  expect(await code("prompts/get", '{"name":"alpha__none"}')).toBe(-32602);
  const notFound = await code("resources/read", '{"uri":"file:///none"}');
  expect(notFound).toBe(clientEra(cell) === "modern" ? -32602 : -32002);
  const argument = '"argument":{"name":"a","value":""}';
  for (const ref of ['{"type":"ref/prompt","name":"none"}', '{"type":"ref/resource","uri":"no://{y}"}']) {
    expect(await code("completion/complete", `{"ref":${ref},${argument}}`)).toBe(-32602);
  }
  for (const [method, params] of [
    ["prompts/get", "{}"],
    ["prompts/get", '{"name":7}'],
    ["resources/read", '{"uri":null}'],
    ["completion/complete", `{"ref":"x",${argument}}`],
  ] as const) {
    expect(await code(method, params)).toBe(-32602);
  }
  expect(servers.alpha.heard.length).toBe(heard);
});

describe("errors of a server", () => {
  const data = `{${odd},"n":1.0}`;
  const error = `"error":{"code":-5,"message":"b\\u006fom é","data":${data}}`;

  cells("errors.passed", async (cell) => {
    const { send, servers } = await open(
      cell,
      { alpha: { prompts: ["do"], resources: ["file:///a"], tools: ["do"] } },
      {
        errors: "protocol",
      },
    );
    const requests = [
      ["prompts/get", '{"name":"alpha__do"}'],
      ["resources/read", '{"uri":"file:///a"}'],
      ["tools/call", '{"name":"alpha__do"}'],
    ] as const;
    for (const [method, params] of requests) {
      const request = send(method, params);
      (await servers.alpha.request(method)).error(error.slice('"error":'.length));
      expect((await request.reply()).text).toContain(error);
    }
  });

  describe("of a call, made into results by default,", () => {
    someCells("errors.passed", ["LL", "LM", "ML", "MM"], async (cell) => {
      const { begin, servers } = await open(cell, both);
      const call = begin("alpha__do");
      (await servers.alpha.call()).error(error.slice('"error":'.length));
      const { text, json } = await call.reply();
      expect(json.result.isError).toBe(true);
      expect(text).toContain(`"tutti/error":{"origin":"server","server":"alpha","code":-5,`);
      expect(text).toContain(`"data":${data}`);
    });
  });

  cells("errors.not-found", async (cell) => {
    const { send, servers } = await open(cell, { alpha: { resources: ["file:///a"] } });
    const isTranslated = clientEra(cell) === "modern" && serverEra(cell) === "legacy";
    for (const code of [...(serverEra(cell) === "legacy" ? [-32002] : []), -32602, -32001, -32003, -32603, -1, 7]) {
      const reading = send("resources/read", '{"uri":"file:///a"}');
      const rest = `"message":"no","data":{"uri":"file:///a",${odd}}}`;
      (await servers.alpha.request("resources/read")).error(`{"code":${code},${rest}`);
      const shown = code === -32002 && isTranslated ? -32602 : code;
      expect((await reading.reply()).text).toContain(`"error":{"code":${shown},${rest}`);
    }
  });
});
