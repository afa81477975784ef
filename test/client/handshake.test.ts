import { specTypeSchemas } from "@modelcontextprotocol/client";
import { describe, expect, test } from "vitest";
import { answersTo, connect, enveloped, request } from "./connect.ts";

const all = { tools: { listChanged: true }, prompts: { listChanged: true } };
const capabilities = { ...all, resources: { subscribe: true, listChanged: true }, logging: {}, completions: {} };
const serverInfo = { name: "tutti", title: "tutti", version: "1.2.3" };

/** What comes back for one request, parsed; there must be one answer. */
async function answerTo(method: string, params?: string): Promise<{ id: unknown; result?: unknown; error?: unknown }> {
  const answers = await answersTo(request(7, method, params));
  expect(answers.length).toBe(1);
  const { jsonrpc, ...answer } = JSON.parse(answers[0] as string);
  expect(jsonrpc).toBe("2.0");
  return answer;
}

describe("initialize", () => {
  for (const revision of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
    test(`is answered with ${revision} where that is asked for, with nobody there to answer anything else`, async () => {
      const params = `{"protocolVersion":"${revision}","capabilities":{},"clientInfo":{"name":"c","version":"0"}}`;
      expect(await answerTo("initialize", params)).toEqual({
        id: 7,
        result: { protocolVersion: revision, capabilities, serverInfo },
      });
    });
  }

  for (const params of [
    '{"protocolVersion":"1999-01-01"}',
    '{"protocolVersion":"2099-01-01"}',
    '{"protocolVersion":"2026-07-28"}',
    '{"protocolVersion":20251125}',
    '{"protocolVersion":null}',
    "{}",
    "[]",
    "null",
    '"2024-11-05"',
  ]) {
    test(`is answered with our newest revision of its era when its params are ${params}`, async () => {
      expect(await answerTo("initialize", params)).toMatchObject({ result: { protocolVersion: "2025-11-25" } });
    });
  }

  test("is answered when it has no params at all", async () => {
    const [answer] = await answersTo('{"jsonrpc":"2.0","id":1,"method":"initialize"}');
    expect(JSON.parse(answer as string).result.protocolVersion).toBe("2025-11-25");
  });

  test("takes a revision that is written with escapes for what it is, and the last of two", async () => {
    expect(await answerTo("initialize", '{"protocolVersion":"2025\\u002d06-18"}')).toMatchObject({
      result: { protocolVersion: "2025-06-18" },
    });
    const twice = '{"protocolVersion":"2025-11-25","protocolVersion":"2024-11-05"}';
    expect(await answerTo("initialize", twice)).toMatchObject({ result: { protocolVersion: "2024-11-05" } });
  });

  test("gives an answer that the official schema takes", async () => {
    const { result } = await answerTo("initialize", '{"protocolVersion":"2025-11-25"}');
    const checked = await specTypeSchemas.InitializeResult["~standard"].validate(result);
    expect(checked.issues).toBeUndefined();
  });

  test("with an envelope that does not hold opens a session all the same", async () => {
    for (const params of [
      enveloped({ version: '"2025-11-25"' }),
      enveloped({ version: undefined }),
      enveloped({ capabilities: "7" }),
    ]) {
      expect(await answerTo("initialize", params)).toMatchObject({ result: { protocolVersion: "2025-11-25" } });
    }
  });
});

describe("server/discover", () => {
  test("is answered with nobody there to answer anything else", async () => {
    expect(await answerTo("server/discover", enveloped())).toEqual({
      id: 7,
      result: {
        resultType: "complete",
        supportedVersions: ["2026-07-28"],
        capabilities,
        ttlMs: 0,
        cacheScope: "private",
        _meta: { "io.modelcontextprotocol/serverInfo": serverInfo },
      },
    });
  });

  test("gives an answer that the official schema takes", async () => {
    const { result } = await answerTo("server/discover", enveloped());
    const checked = await specTypeSchemas.DiscoverResult["~standard"].validate(result);
    expect(checked.issues).toBeUndefined();
  });

  test("without an envelope is malformed", async () => {
    for (const params of ["{}", '{"_meta":{}}', '{"_meta":null}', "[]"]) {
      expect(await answerTo("server/discover", params)).toEqual({
        id: 7,
        error: { code: -32602, message: 'params._meta lacks "io.modelcontextprotocol/protocolVersion"' },
      });
    }
  });
});

describe("instructions", () => {
  const text = 'Servers: a, "b",\n — é.';
  const discover = request(1, "server/discover", enveloped());
  const instructionsIn = (answers: readonly string[]) =>
    answers.map((answer) => JSON.parse(answer).result.instructions);

  test("are the first ones until somebody answers, and then theirs, in both handshakes", async () => {
    const { say, serve } = connect(undefined, text);
    expect(instructionsIn(await say(request(1, "initialize"), discover))).toEqual([text, text]);
    serve("late");
    expect(instructionsIn(await say(request(1, "initialize"), discover))).toEqual(["late", "late"]);
    serve("");
    for (const answer of await say(request(1, "initialize"), discover)) expect(answer).not.toContain("instructions");
  });
});

describe("both handshakes on one pipe", () => {
  const discover = request('"d"', "server/discover", enveloped({ info: '{"name":"new","version":"2"}' }));
  const initialize = request(
    0,
    "initialize",
    '{"protocolVersion":"2025-06-18","clientInfo":{"name":"old","version":"1"}}',
  );
  const idsOf = (answers: readonly string[]) => answers.map((answer) => JSON.parse(answer).id);

  test("are answered in any order and any number, and leave each other alone", async () => {
    const { say, serve, handed } = connect();
    expect(idsOf(await say(discover, initialize, discover, initialize, initialize, discover))).toEqual([
      "d",
      0,
      "d",
      0,
      0,
      "d",
    ]);
    serve();
    const own = enveloped({ info: '{"name":"new","version":"2"}' });
    await say(request(1, "tools/list"), request(2, "tools/list", own), discover, request(3, "tools/list"));
    const origins = handed.map(({ origin: { era, identity } }) => [era, JSON.parse(identity.info).name]);
    expect(origins).toEqual([
      ["legacy", "old"],
      ["modern", "new"],
      ["legacy", "old"],
    ]);
  });
});

describe("a request with an envelope", () => {
  const version = "io.modelcontextprotocol/protocolVersion";
  const able = "io.modelcontextprotocol/clientCapabilities";
  const level = "io.modelcontextprotocol/logLevel";
  const levels = "debug, info, notice, warning, error, critical, alert, emergency";
  const cases: readonly (readonly [string, string, string])[] = [
    ["without a version", enveloped({ version: undefined }), `params._meta lacks "${version}"`],
    ["that only says its log level", `{"_meta":{"${level}":"info"}}`, `params._meta lacks "${version}"`],
    [
      "that only says its name",
      '{"_meta":{"io.modelcontextprotocol/clientInfo":{}}}',
      `params._meta lacks "${version}"`,
    ],
    ["whose version is a number", enveloped({ version: "20260728" }), `params._meta["${version}"] must be a string`],
    ["whose version is null", enveloped({ version: "null" }), `params._meta["${version}"] must be a string`],
    ["without capabilities", enveloped({ capabilities: undefined }), `params._meta lacks "${able}"`],
    ["whose capabilities are null", enveloped({ capabilities: "null" }), `params._meta["${able}"] must be an object`],
    ["whose capabilities are a list", enveloped({ capabilities: "[]" }), `params._meta["${able}"] must be an object`],
    [
      "whose name is a string",
      enveloped({ info: '"me"' }),
      'params._meta["io.modelcontextprotocol/clientInfo"] must be an object',
    ],
    ["of an unknown log level", enveloped({ logLevel: '"loud"' }), `params._meta["${level}"] must be one of ${levels}`],
    ["of an empty log level", enveloped({ logLevel: '""' }), `params._meta["${level}"] must be one of ${levels}`],
    ["whose log level is a number", enveloped({ logLevel: "3" }), `params._meta["${level}"] must be one of ${levels}`],
    [
      "of another version and without capabilities",
      enveloped({ version: '"1900-01-01"', capabilities: undefined }),
      `params._meta lacks "${able}"`,
    ],
  ];
  for (const [what, params, message] of cases) {
    test(`${what} is refused before anybody sees it, whatever its method`, async () => {
      const { say, serve, heard } = connect();
      serve();
      for (const method of ["tools/call", "server/discover", "ping", "subscriptions/listen", "no/such"]) {
        const [answer] = await say(request('"x"', method, params));
        expect(JSON.parse(answer as string)).toEqual({ jsonrpc: "2.0", id: "x", error: { code: -32602, message } });
      }
      expect(heard).toEqual([]);
    });
  }

  for (const requested of ["1900-01-01", "2025-11-25", "2027-01-01", "", "2026-07-28 ", '\u00e9\n"', "DRAFT-2026-v1"]) {
    test(`of version ${JSON.stringify(requested)} is told which there is`, async () => {
      for (const method of ["tools/call", "server/discover"]) {
        expect(await answerTo(method, enveloped({ version: JSON.stringify(requested) }))).toEqual({
          id: 7,
          error: {
            code: -32022,
            message: "Unsupported protocol version",
            data: { supported: ["2026-07-28"], requested },
          },
        });
      }
    });
  }

  test("of a version as long as a book is not sent the whole book back", async () => {
    const [answer = ""] = await answersTo(request(1, "a", enveloped({ version: `"${"😀".repeat(800)}"` })));
    expect(answer.length).toBeLessThan(1000);
    expect(JSON.parse(answer).error.code).toBe(-32022);
  });

  for (const method of [
    "ping",
    "initialize",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
    "tasks/list",
    "tasks/result",
  ]) {
    test(`has no ${method}, which its era has no more`, async () => {
      const { say, serve, heard } = connect();
      serve();
      const [answer] = await say(request(1, method, enveloped()));
      expect(JSON.parse(answer as string).error.code).toBe(-32601);
      expect(heard).toEqual([]);
    });
  }

  test("is taken for one however its keys are written", async () => {
    const { say, serve, handed } = connect();
    serve();
    const escaped = enveloped().replaceAll("protocolVersion", "protocol\\u0056ersion").replace("/client", "\\/client");
    await say(request(1, "tools/list", escaped));
    expect(handed.map(({ origin }) => origin.era)).toEqual(["modern"]);
  });

  test("is none where the keys stand elsewhere", async () => {
    const { say, serve, handed } = connect();
    serve();
    const meta = enveloped().slice(1, -1);
    await say(
      request(1, "tools/call", `{"arguments":{${meta}}}`),
      request(2, "tools/call", `{"_meta":{${meta}}}`),
      `{"jsonrpc":"2.0","id":3,"method":"tools/call",${meta}}`,
      request(4, "tools/call", `[{${meta}}]`),
    );
    expect(handed.map(({ origin }) => origin.era)).toEqual(["legacy", "legacy", "legacy", "legacy"]);
  });

  test("with a key of it twice is refused, as two readers would see two requests", async () => {
    const twice = enveloped().replace("{", '{"_meta":{},');
    for (const params of [twice, enveloped().replace('{"io', '{"io.modelcontextprotocol/protocolVersion":"x","io')]) {
      const { error } = JSON.parse((await answersTo(request(1, "tools/call", params)))[0] as string);
      expect(error.code).toBe(-32600);
    }
  });
});

describe("a request without an envelope", () => {
  test("for subscriptions, which only requests with one may open, is malformed", async () => {
    expect(await answerTo("subscriptions/listen")).toMatchObject({ error: { code: -32602 } });
  });

  test("is its session's, and before that nobody's", async () => {
    const { say, serve, handed, ours } = connect();
    serve();
    expect(ours.session).toBeUndefined();
    await say(request(1, "a"));
    await say(request(0, "initialize", '{"capabilities":{"roots":{}}}'), request(2, "b"), request(3, "c"));
    const [before, first, second] = handed.map(({ origin }) => origin);
    expect(before?.identity.canAsk("roots/list", {})).toBe(false);
    expect(first).toBe(ours.session);
    expect(second).toBe(ours.session);
    expect(first?.identity.canAsk("roots/list", {})).toBe(true);
  });

  test("with other keys in its _meta stays without one", async () => {
    const { say, serve, handed } = connect();
    serve();
    await say(
      request(1, "a", '{"_meta":{"progressToken":1,"io.modelcontextprotocol/related-task":{},"traceparent":"x"}}'),
      request(2, "a", '{"_meta":{"IO.modelcontextprotocol/protocolVersion":"2026-07-28"}}'),
    );
    expect(handed.map(({ origin }) => origin.era)).toEqual(["legacy", "legacy"]);
  });
});
