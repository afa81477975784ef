import { describe, expect, test } from "vitest";
import { buildCatalog, expose } from "../../../src/catalog/catalog.ts";
import { aboutSize, aboutTools } from "../../../src/cli/check/about-tools.ts";
import { offerOf } from "../../catalog/offered.ts";
import { loadText } from "../../config/load-text.ts";

/** What is found of a server "s" with this entry that lists these tools; each says that it only reads. */
async function found(tools: readonly object[], entry: object = {}) {
  const config = await loadText(JSON.stringify({ mcpServers: { s: { command: "x", ...entry } } }));
  const [server] = config.servers;
  if (server === undefined) throw new Error("there is one");
  const definitions = tools.map((tool) => {
    const whole = { name: "t", inputSchema: { type: "object" }, annotations: { readOnlyHint: true }, ...tool };
    return { key: whole.name, bytes: Buffer.from(JSON.stringify(whole)) };
  });
  const offer = offerOf({});
  const offered = { ...offer, tools: { ...offer.tools, definitions } };
  const { exposed } = expose("s", "s", server.tools, offered, server.prefix);
  return aboutTools(server, buildCatalog([exposed]).tools);
}

const codes = (findings: readonly { readonly code: string }[]) => findings.map(({ code }) => code);

describe("of tools", () => {
  test("nothing is found where nothing is wrong", async () => {
    expect(await found([{ description: "d".repeat(2048) }, { name: "n".repeat(47) }])).toEqual([]);
    expect(await found([])).toEqual([]);
  });

  test.each(["oneOf", "anyOf", "allOf"])("a schema that is %s at its top is found, and not one deeper", async (key) => {
    const findings = await found([{ inputSchema: { type: "object", [key]: [] } }]);
    expect(codes(findings)).toEqual(["schema_top_level_union"]);
    expect(findings[0]?.cure).toContain('"tools": { "exclude": ["t"] }');
    expect(await found([{ inputSchema: { type: "object", properties: { a: { [key]: [] } } } }])).toEqual([]);
  });

  test("a reference is found at any depth, in input schemas alone", async () => {
    const deep = { type: "object", properties: { a: { type: "array", items: { $ref: "#" } } } };
    expect(codes(await found([{ inputSchema: deep }]))).toEqual(["schema_reference"]);
    expect(await found([{ outputSchema: deep, description: "$ref" }])).toEqual([]);
  });

  test("a long description is found", async () => {
    expect(codes(await found([{ description: "d".repeat(2049) }]))).toEqual(["long_description"]);
  });

  test("a name that was cut is found with what it became, and not one that has other characters or was given", async () => {
    const long = "n".repeat(60);
    const [finding] = await found([{ name: long }, { name: "a.b/ü😀" }]);
    expect(finding).toMatchObject({
      code: "name_cut",
      text: expect.stringMatching(/^1 name is .*\(n{60} is s__n+-\w{6}\)$/),
    });
    expect(await found([{ name: long }], { tools: { rename: { [long]: "short" } } })).toEqual([]);
    expect(codes(await found([{ name: "n".repeat(64) }], { prefix: false }))).toEqual([]);
    expect(codes(await found([{ name: "n".repeat(65) }], { prefix: false }))).toEqual(["name_cut"]);
  });

  test("those that do not say what they change are found", async () => {
    expect(codes(await found([{ annotations: {} }]))).toEqual(["unmarked_tools"]);
  });
});

describe("of the size", () => {
  test.each([
    [40, []],
    [41, ["note"]],
    [100, ["note"]],
    [101, ["note"]],
    [128, ["note"]],
    [129, ["warning"]],
  ])("%i tools give %j", (tools, severities) => {
    expect(aboutSize(tools, 0, 0).map(({ severity }) => severity)).toEqual(severities);
  });

  test("more than 10,000 tokens are too many, with what --lazy costs instead", () => {
    expect(aboutSize(1, 10_000, 600)).toEqual([]);
    const [finding] = aboutSize(1, 12_345, 600);
    expect(finding).toMatchObject({ code: "many_tokens", text: expect.stringContaining("12,345 tokens") });
    expect(finding?.cure).toMatch(/--lazy .* 600 tokens/);
  });
});
