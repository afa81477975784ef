import { describe, expect, test } from "vitest";
import { envelope, type Identity } from "../../src/downstream/handshake.ts";
import {
  ada,
  greeting,
  lateClient,
  legacyGreeting,
  legacyResult,
  modernGreeting,
  modernResult,
  opening,
  ours,
  probe,
  refusal,
} from "../support/greeting.ts";

const legacy = { initialize: legacyResult() };

describe("a modern server", () => {
  test("may speak both eras", async () => {
    const versions = '["2025-11-25","2026-07-28","2027-05-05"]';
    const { outcome } = greeting({ "server/discover": modernResult({ versions }) });
    expect(await outcome).toEqual(modernGreeting);
  });

  const unknown: readonly (readonly [versions: string, what: string])[] = [
    ["[]", "no protocol version"],
    ['["2027-05-05"]', 'protocol version "2027-05-05"'],
    ['["2027-05-05","DRAFT-2028"]', 'protocol version "2027-05-05", "DRAFT-2028"'],
    [`["${"x".repeat(100_000)}\\n"]`, `protocol version "${"x".repeat(40)}…"`],
    ['["a\\nb"]', 'protocol version "a\\nb"'],
    [JSON.stringify(Array(10_000).fill("y")), 'protocol version "y", "y", "y", "y", "y" and more'],
  ];
  const wePrefer = "tutti speaks 2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05";
  for (const [versions, what] of unknown) {
    test(`fails with what it speaks when we speak none of it: ${versions.slice(0, 40)}`, async () => {
      const { outcome, heard } = greeting({ ...legacy, "server/discover": modernResult({ versions }) });
      await expect(outcome).rejects.toThrow(new Error(`it speaks ${what}; ${wePrefer}`));
      expect(await heard()).toEqual([probe]);
    });
  }

  test("that refuses our version is not greeted in the legacy way, and says what it speaks", async () => {
    const answer = refusal(-32022, '{"supported":["2027-05-05"],"requested":"2026-07-28"}');
    const { outcome, heard } = greeting({ ...legacy, "server/discover": answer });
    await expect(outcome).rejects.toThrow(new Error(`it speaks protocol version "2027-05-05"; ${wePrefer}`));
    expect(await heard()).toEqual([probe]);
  });

  for (const answer of [
    refusal(-32021, '{"requiredCapabilities":{"elicitation":{}}}'),
    refusal(-32022, '{"supported":["2026-07-28"]}'),
    refusal(-32020, '{"supported":["2026-07-28"]}'),
  ]) {
    test(`that does not answer nobody is asked once more in the client's name: ${answer}`, async () => {
      const { outcome, heard } = greeting({ ...legacy, "server/discover": [answer, modernResult()] });
      expect(await outcome).toEqual(modernGreeting);
      expect(await heard()).toEqual([probe, `server/discover {"_meta":{${envelope(ada, modernGreeting)}}}`]);
    });

    test(`that goes on refusing fails, and is not greeted in the legacy way: ${answer}`, async () => {
      const { outcome, heard } = greeting({ ...legacy, "server/discover": answer });
      await expect(outcome).rejects.toThrow(/^it refused server\/discover: no no \(-320\d\d\)$/);
      expect((await heard()).length).toBe(2);
    });
  }

  test("needs no more than its versions", async () => {
    const { outcome } = greeting({ "server/discover": '"result":{"supportedVersions":["2026-07-28"]}' });
    expect(await outcome).toEqual({
      ...modernGreeting,
      serverInfo: { name: "", version: "" },
      capabilities: {},
      instructions: undefined,
    });
  });

  for (const more of [
    ',"_meta":null',
    ',"_meta":{"io.modelcontextprotocol/serverInfo":7}',
    ',"_meta":{"io.modelcontextprotocol/serverInfo":{"name":7,"version":{}}}',
    ',"instructions":{},"serverInfo":[]',
  ]) {
    test(`may say odd things of itself: ${more}`, async () => {
      const result = `"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}${more}}`;
      const { outcome } = greeting({ "server/discover": result });
      expect(await outcome).toEqual({
        ...modernGreeting,
        serverInfo: { name: "", version: "" },
        instructions: undefined,
      });
    });
  }

  test("may tell its name as drafts did", async () => {
    const result = '"result":{"supportedVersions":["2026-07-28"],"serverInfo":{"name":"fake","version":"1"}}';
    const { outcome } = greeting({ "server/discover": result });
    expect((await outcome).serverInfo).toEqual({ name: "fake", version: "1" });
  });
});

describe("a legacy server", () => {
  for (const revision of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
    test(`may speak ${revision}`, async () => {
      const { outcome } = greeting({ initialize: legacyResult({ revision }) }, { known: "legacy" });
      expect(await outcome).toEqual({ ...legacyGreeting, protocolVersion: revision });
    });
  }

  const failures: readonly (readonly [answer: string, reason: string])[] = [
    [
      legacyResult({ revision: "1999-01-01" }),
      'it speaks protocol version "1999-01-01"; tutti speaks 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05',
    ],
    ['"result":{"protocolVersion":7,"capabilities":{}}', "its answer to initialize is not one of the protocol"],
    ['"result":{}', "its answer to initialize is not one of the protocol"],
    ['"result":null', "its answer to initialize is not one of the protocol"],
    ['"result":[]', "its answer to initialize is not one of the protocol"],
    [
      '"result":{"protocolVersion":"2025-11-25","capabilities":[]}',
      "its answer to initialize is not one of the protocol",
    ],
    [
      legacyResult({ more: `,"filling":"${"x".repeat(1024 * 1024)}"` }),
      "its answer to initialize is not one of the protocol",
    ],
    ['"error":{"code":-32000,"message":"no licence"}', "it refused to initialize: no licence (-32000)"],
    ['"error":{"code":1,"message":"one\\ntwo\\r\\nthree"}', "it refused to initialize: one two three (1)"],
    ['"result":{oops}', "its answer to initialize cannot be read (not_json)"],
  ];
  for (const [answer, reason] of failures) {
    test(`fails with ${answer.slice(0, 80)}, and is not told that it is greeted`, async () => {
      const { outcome, heard } = greeting({ initialize: answer, "server/discover": refusal(-32601) });
      await expect(outcome).rejects.toThrow(new Error(reason));
      expect(await heard()).toEqual([probe, opening]);
    });
  }

  for (const said of ["", ',"serverInfo":{}', ',"serverInfo":{"name":7,"version":null}', ',"serverInfo":null']) {
    test(`need tell no more than its revision: ${said || "no serverInfo"}`, async () => {
      const { outcome } = greeting(
        { initialize: `"result":{"protocolVersion":"2025-11-25"${said}}` },
        { known: "legacy" },
      );
      expect(await outcome).toEqual({
        ...legacyGreeting,
        serverInfo: { name: "", version: "" },
        capabilities: {},
        instructions: undefined,
      });
    });
  }

  test("is told what the client can do and tutti can carry, as it stands, and who the client is", async () => {
    const carried =
      '"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"roots":{"listChanged":true},' +
      '"experimental":{"x":12345678901234567890},"extensions":{"a/b":{}},"tasks":{"list":{}}';
    const who = async () => ({
      capabilities: `{ ${carried}}`,
      info: '{"name":"\u00c3\u00bc","version":"1", "icons":[]}',
    });
    const { outcome, heard } = greeting(legacy, { who, known: "legacy" });
    await outcome;
    const info = '{"name":"ü","version":"1", "icons":[]}';
    expect((await heard())[0]).toBe(
      `initialize {"protocolVersion":"2025-11-25","capabilities":{ ${carried}},"clientInfo":${info}}`,
    );
  });

  test("is not told of what else the client can do", async () => {
    const capabilities = '{"future":{},"sampling":{"\u00c3\u00bc":1},"__proto__":{"roots":{}}}';
    const { outcome, heard } = greeting(legacy, { who: async () => ({ ...ada, capabilities }), known: "legacy" });
    await outcome;
    expect((await heard())[0]).toContain('"capabilities":{"sampling":{"ü":1}},');
  });

  for (const info of ["{}", '{"name":"a"}', '{"name":7,"version":"1"}', "null", "[]"]) {
    test(`is told who we are when the client does not properly say who it is: ${info}`, async () => {
      const { outcome, heard } = greeting(legacy, { who: async () => ({ ...ada, info }), known: "legacy" });
      await outcome;
      expect((await heard())[0]).toContain(`"clientInfo":${ours}`);
    });
  }

  test("is asked which era it is of before the client is known, and greeted after", async () => {
    const { who, arrive } = lateClient();
    const { outcome, heard, clock } = greeting({ ...legacy, "server/discover": refusal(-32601) }, { who });
    await clock.advance(100_000);
    expect(await heard()).toEqual([probe]);
    arrive();
    expect(await outcome).toEqual(legacyGreeting);
  });
});

describe("the members of a modern server's requests", () => {
  const identity: Identity = { capabilities: '{ "roots":{} }', info: '{"name":"a","version":"1"}' };

  test("are the version, what the client can do and who it is, as they stand", () => {
    expect(envelope(identity, modernGreeting)).toBe(
      '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{ "roots":{} },' +
        '"io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"}',
    );
  });

  test("hold the log level where there is one", () => {
    expect(envelope(identity, modernGreeting, '"debug"')).toBe(
      `${envelope(identity, modernGreeting)},"io.modelcontextprotocol/logLevel":"debug"`,
    );
  });

  test("are none for a legacy server", () => {
    expect(envelope(identity, legacyGreeting, '"debug"')).toBe("");
  });

  const tasks: readonly (readonly [has: string, gets: string])[] = [
    ['{"tasks":{},"roots":{}}', '{"roots":{}}'],
    ['{"extensions":{"io.modelcontextprotocol/tasks":{},"a/b":{}},"roots":{}}', '{"extensions":{"a/b":{}},"roots":{}}'],
    ['{"experimental":{"tasks":{}},"extensions":7}', '{"experimental":{"tasks":{}},"extensions":7}'],
    ['{"tasks":{},"experimental":{"\u00c3\u00bc":1}}', '{"experimental":{"\u00c3\u00bc":1}}'],
  ];
  for (const [has, gets] of tasks) {
    test(`offer no tasks, which each era has its own of: ${has}`, () => {
      const members = JSON.parse(`{${envelope({ ...identity, capabilities: has }, modernGreeting)}}`);
      expect(members["io.modelcontextprotocol/clientCapabilities"]).toEqual(JSON.parse(gets));
    });
  }
});
