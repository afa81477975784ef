import { describe, expect, test } from "vitest";
import { type Headers, headerProblem, paramProblem, sessionVersionProblem } from "../../src/client/http-checks.ts";
import type { ParamHeader } from "../../src/wire/header-value.ts";
import type { Message } from "../../src/wire/message.ts";
import { readWhole } from "../../src/wire/whole.ts";
import { enveloped } from "./connect.ts";

function messageOf(body: string): Message {
  return readWhole([Buffer.from(body)], { maxMessageBytes: 1 << 20, maxDepth: 64 }) as Message;
}

function headersOf(headers: Readonly<Record<string, string | undefined>>): Headers {
  return (name) => headers[name];
}

function problem(method: string, more: string, headers: Readonly<Record<string, string | undefined>>) {
  const all = { "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...headers };
  const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${enveloped({}, more)}}`;
  return headerProblem(headersOf(all), messageOf(body));
}

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString("base64")}?=`;

describe("the headers of a request that speaks for itself", () => {
  const cases: readonly [what: string, string, string, Record<string, string | undefined>, string | undefined][] = [
    ["may say what the body says", "tools/list", "", {}, undefined],
    [
      "must name its version",
      "tools/list",
      "",
      { "mcp-protocol-version": undefined },
      'MCP-Protocol-Version is missing; the body says "2026-07-28"',
    ],
    [
      "must name the same version",
      "tools/list",
      "",
      { "mcp-protocol-version": "2025-11-25" },
      'MCP-Protocol-Version says "2025-11-25", the body "2026-07-28"',
    ],
    [
      "must name its method",
      "tools/list",
      "",
      { "mcp-method": undefined },
      'Mcp-Method is missing; the body says "tools/list"',
    ],
    [
      "must name the same method, case and all",
      "tools/list",
      "",
      { "mcp-method": "Tools/list" },
      'Mcp-Method says "Tools/list", the body "tools/list"',
    ],
    ["must name the tool", "tools/call", ',"name":"a"', {}, 'Mcp-Name is missing; the body says "a"'],
    ["may name the tool", "tools/call", ',"name":"a"', { "mcp-name": "a" }, undefined],
    ["must name the same tool", "tools/call", ',"name":"a"', { "mcp-name": "b" }, 'Mcp-Name says "b", the body "a"'],
    ["may name what is no ASCII in base64", "prompts/get", ',"name":"ä"', { "mcp-name": base64("ä") }, undefined],
    [
      "must keep to base64 where they are marked so",
      "prompts/get",
      ',"name":"a"',
      { "mcp-name": "=?base64?a?=" },
      "Mcp-Name is marked as base64 and is none of UTF-8",
    ],
    ["must name the resource", "resources/read", ',"uri":"x:1"', { "mcp-name": "x:1" }, undefined],
    [
      "must name the same resource",
      "resources/read",
      ',"uri":"x:1"',
      { "mcp-name": "x:2" },
      'Mcp-Name says "x:2", the body "x:1"',
    ],
    ["are not asked for a name that the body does not say", "tools/call", ',"name":1', {}, undefined],
    ["may leave the name out elsewhere", "completion/complete", ',"name":"a"', {}, undefined],
  ];
  for (const [what, method, more, headers, expected] of cases) {
    test(what, () => expect(problem(method, more, headers)).toBe(expected));
  }

  test("of a notification need not be there, and must not say anything else", () => {
    const body = messageOf(`{"jsonrpc":"2.0","method":"x/y","params":${enveloped()}}`);
    expect(headerProblem(headersOf({}), body)).toBeUndefined();
    expect(headerProblem(headersOf({ "mcp-method": "x/z" }), body)).toBe('Mcp-Method says "x/z", the body "x/y"');
  });
});

describe("headers for arguments", () => {
  const params: readonly ParamHeader[] = [{ name: "Region", path: ["where", "region"] }];
  const check = (region: string, header: string | undefined) => {
    const more = `,"name":"t","arguments":{"where":{"region":${region}}}`;
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${enveloped({}, more)}}`;
    return paramProblem(headersOf({ "mcp-param-region": header }), messageOf(body), params);
  };
  const right: readonly [value: string, header: string | undefined][] = [
    ['"eu"', "eu"],
    ['"a\\u0062"', "ab"],
    ['"ü"', base64("ü")],
    ['" eu "', base64(" eu ")],
    ['"=?base64?x?="', base64("=?base64?x?=")],
    ["42", "42"],
    ["42", "42.0"],
    ["42.0", "42"],
    ["1e2", "100"],
    ["true", "true"],
    ["null", undefined],
    ["null", "anything"],
    ["{}", undefined],
    ["12345678901234567890", undefined],
    ["12345678901234567890", "12345678901234567890"],
  ];
  for (const [value, header] of right) {
    test(`${header ?? "none"} is right for ${value}`, () => expect(check(value, header)).toBeUndefined());
  }
  const wrong: readonly [value: string, header: string | undefined][] = [
    ['"eu"', undefined],
    ['"eu"', "EU"],
    ['"eu"', ""],
    ['"42"', "42.0"],
    ["42", "43"],
    ["42", "0x2a"],
    ["12345678901234567890", "12345678901234567891"],
    ["true", "True"],
    ["false", undefined],
    ['"ü"', "=?base64?/w==?="],
  ];
  for (const [value, header] of wrong) {
    test(`${header ?? "none"} is wrong for ${value}`, () => expect(check(value, header)).toMatch(/^Mcp-Param-Region /));
  }

  test("are not looked for where there are no arguments", () => {
    const body = (more: string) =>
      messageOf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${enveloped({}, more)}}`);
    for (const more of ["", ',"arguments":1', ',"arguments":[]', ',"arguments":{"where":"x"}']) {
      expect(paramProblem(headersOf({}), body(more), params)).toBeUndefined();
    }
  });
});

test("within a session the version may be left out, and be one that has sessions", () => {
  const check = (version?: string) => sessionVersionProblem(headersOf({ "mcp-protocol-version": version }));
  expect([check(), check("2025-11-25"), check("2024-11-05")]).toEqual([undefined, undefined, undefined]);
  expect(check("1900-01-01")).toMatch(/^MCP-Protocol-Version "1900-01-01" is not known; there are 2026-07-28, /);
  expect(check("2026-07-28")).toMatch(/begins no session/);
});
