import { describe, expect, test } from "vitest";
import { type Change, changeDocument, type Format, parseDocument, valueAt } from "../../src/setup/document.ts";

const entry = { command: "node", args: ["main.js", "--config", "servers.json"] };

function put(format: Format, text: string, place: readonly string[], value: unknown = entry): Promise<string> {
  return changeDocument("file", format, text, [{ place, value }]);
}

function take(format: Format, text: string, place: readonly string[]): Promise<string> {
  return changeDocument("file", format, text, [{ place }]);
}

describe("a JSONC document", () => {
  const place = ["mcpServers", "tutti"];

  test("gets an entry behind the others, in its own indentation, and keeps every comment", async () => {
    const text = `{
\t// what I use
\t"theme": "dark", /* not bright */
\t"mcpServers": {
\t\t"memory": { "command": "npx" } // mine
\t\t// the last word
\t}
}
`;
    expect(await put("jsonc", text, place, { command: "node" })).toBe(`{
\t// what I use
\t"theme": "dark", /* not bright */
\t"mcpServers": {
\t\t"memory": { "command": "npx" }, // mine
\t\t// the last word
\t\t"tutti": {
\t\t\t"command": "node"
\t\t}
\t}
}
`);
  });

  test("keeps a trailing comma's manner", async () => {
    const text = '{\n  "mcpServers": {\n    "a": {},\n  },\n}\n';
    const edited = await put("jsonc", text, place, {});
    expect(edited).toBe('{\n  "mcpServers": {\n    "a": {},\n    "tutti": {},\n  },\n}\n');
    expect(await take("jsonc", edited, place)).toBe(text);
  });

  test("gets the objects around an entry where there are none", async () => {
    expect(await put("jsonc", "", place, {})).toBe('{\n  "mcpServers": {\n    "tutti": {}\n  }\n}\n');
    expect(await put("jsonc", "{}", place, {})).toBe('{"mcpServers":{"tutti":{}}}');
    expect(await put("jsonc", "{\n}\n", place, {})).toBe('{\n  "mcpServers": {\n    "tutti": {}\n  }\n}\n');
    expect(await put("jsonc", '{\n  "a": 1\n}', place, {})).toBe(
      '{\n  "a": 1,\n  "mcpServers": {\n    "tutti": {}\n  }\n}',
    );
  });

  test("has an entry replaced where it stands", async () => {
    const text = '{\n  "mcpServers": {\n    "tutti": { "command": "old" }, // ours\n    "b": {}\n  }\n}\n';
    expect(await put("jsonc", text, place, { a: 1 })).toBe(
      '{\n  "mcpServers": {\n    "tutti": {\n      "a": 1\n    }, // ours\n    "b": {}\n  }\n}\n',
    );
  });

  test("loses an entry and nothing else, first, in the middle, last or alone", async () => {
    const of = (...names: string[]): string =>
      `{\n  "mcpServers": {\n${names.map((name) => `    "${name}": {"command": "${name}"}`).join(",\n")}\n  }\n}\n`;
    expect(await take("jsonc", of("tutti", "a", "b"), place)).toBe(of("a", "b"));
    expect(await take("jsonc", of("a", "tutti", "b"), place)).toBe(of("a", "b"));
    expect(await take("jsonc", of("a", "b", "tutti"), place)).toBe(of("a", "b"));
    expect(await take("jsonc", of("tutti"), place)).toBe('{\n  "mcpServers": {\n  }\n}\n');
    expect(await take("jsonc", '{"mcpServers":{"a":1,"tutti":2}}', place)).toBe('{"mcpServers":{"a":1}}');
    expect(await take("jsonc", '{"mcpServers": {"tutti": 2, "a": 1}}', place)).toBe('{"mcpServers": {"a": 1}}');
    expect(await take("jsonc", of("a"), place)).toBe(of("a"));
  });

  test("keeps a remark before what it loses, also where something stands behind that on its line", async () => {
    const text = '{\n  "mcpServers": { "a": 1, // mine\n  "tutti": 2 }\n}\n';
    expect(await take("jsonc", text, place)).toBe('{\n  "mcpServers": { "a": 1 // mine\n  }\n}\n');
  });

  test("has null replaced where servers are to stand, and names a key that stands twice", async () => {
    expect(await put("jsonc", '{ "mcpServers": null }', place, 1)).toBe('{ "mcpServers": {"tutti":1} }');
    await expect(put("jsonc", '{ "a": 1,\n"a": 2 }', place, 1)).rejects.toThrow(/^file:2: "a" stands here twice/);
  });

  test("keeps carriage returns", async () => {
    const text = '{\r\n  "mcpServers": {\r\n    "a": {}\r\n  }\r\n}\r\n';
    const edited = await put("jsonc", text, place);
    expect(edited.replaceAll("\r\n", "")).not.toContain("\n");
    expect(await take("jsonc", edited, place)).toBe(text);
  });
});

describe("a TOML document", () => {
  const place = ["mcp_servers", "tutti"];
  const text = `# mine
model = "x" # the best

[mcp_servers.a]
command = "a"
text = """
[mcp_servers.tutti]
"""

[mcp_servers.a.env]
KEY = "1"

# about the profile
[profiles.p]
model = "y"
`;

  test("gets a table at its end, and loses it again", async () => {
    const edited = await put("toml", text, place, { ...entry, env: { A: 'b"c' }, tool_timeout_sec: 300 });
    expect(edited.startsWith(text)).toBe(true);
    expect(edited.slice(text.length)).toMatch(/^\n\[mcp_servers\.tutti\]\ncommand = "node"\nargs = /);
    expect(await take("toml", edited, place)).toBe(text);
  });

  test("loses a table with those inside it, and keeps what is said of the next one", async () => {
    const edited = await take("toml", text, ["mcp_servers", "a"]);
    expect(edited).toBe(`# mine
model = "x" # the best

# about the profile
[profiles.p]
model = "y"
`);
  });

  test("loses a member that stands on one line", async () => {
    const inline = '[mcp_servers]\ntutti = { command = "x" }\n"b" = { command = "y" }\n';
    expect(await take("toml", inline, place)).toBe('[mcp_servers]\n"b" = { command = "y" }\n');
    expect(await take("toml", 'mcp_servers.tutti.command = "x"\na = 1\n', place)).toBe("a = 1\n");
  });

  test("keeps numbers that JavaScript has none for", async () => {
    const big = "n = 9007199254740993\n";
    expect((await put("toml", big, place)).startsWith(big)).toBe(true);
  });

  test("that cannot be changed without touching something else is refused", async () => {
    await expect(put("toml", 'mcp_servers = { a = { command = "a" } }\n', place)).rejects.toThrow(
      /^file: "mcp_servers.tutti" is written there in a way that cannot be changed/,
    );
  });
});

describe("a YAML document", () => {
  const place = ["extensions", "tutti"];
  const text = `# goose
extensions:
  developer: # built in
    enabled: true
    args:
    - 'a'   # odd
  # below
GOOSE_MODEL:   x
`;

  test("gets a map behind the last one, and loses it again", async () => {
    const edited = await put("yaml", text, place);
    expect(edited).toContain("    - 'a'   # odd\n  tutti:\n    command: node\n    args:\n      - main.js\n");
    expect(edited).toContain("  # below\nGOOSE_MODEL:   x\n");
    expect(await take("yaml", edited, place)).toBe(text);
  });

  test("gets the map around it where there is none or an empty one", async () => {
    expect(await put("yaml", "", place, { a: 1 })).toBe("extensions:\n  tutti:\n    a: 1\n");
    expect(await put("yaml", "b: 1", place, { a: 1 })).toBe("b: 1\nextensions:\n  tutti:\n    a: 1\n");
    expect(await put("yaml", "extensions: {}\nb: 1\n", place, { a: 1 })).toBe(
      "extensions:\n  tutti:\n    a: 1\nb: 1\n",
    );
    expect(await put("yaml", "extensions: { c: 1 }\n", place, { a: 1 })).toBe(
      'extensions: { c: 1 , "tutti": {"a":1}}\n',
    );
  });

  test("gets a map where nothing or an empty one stands before a remark, and loses it again", async () => {
    for (const nothing of [
      "extensions: # mine\nb: 1\n",
      "extensions: {} # mine\nb: 1\n",
      "extensions: null # mine\nb: 1\n",
    ]) {
      const edited = await put("yaml", nothing, place, { a: 1 });
      expect(edited).toBe("extensions: # mine\n  tutti:\n    a: 1\nb: 1\n");
      expect(await take("yaml", edited, place)).toBe("extensions: {} # mine\nb: 1\n");
    }
  });

  test("loses an entry that is written on one line with others", async () => {
    const flow = "extensions: { a: {x: 1}, tutti: {y: [1, 2]}, b: 2 } # mine\n";
    expect(await take("yaml", flow, place)).toBe("extensions: { a: {x: 1}, b: 2 } # mine\n");
    expect(await take("yaml", "extensions: {tutti: 1, b: 2}\n", place)).toBe("extensions: {b: 2}\n");
    expect(await take("yaml", "extensions: {a: 1, tutti: 2}\n", place)).toBe("extensions: {a: 1}\n");
    expect(await take("yaml", "extensions: {tutti: 2}\n", place)).toBe("extensions: {}\n");
  });

  test("keeps an empty map where it loses the only entry", async () => {
    expect(await take("yaml", "extensions:\n  tutti:\n    a: 1\nb: 1\n", place)).toBe("extensions: {}\nb: 1\n");
  });
});

describe("any document", () => {
  test("that does not parse is named with its line, and not changed", async () => {
    const broken: readonly (readonly [Format, string, RegExp])[] = [
      ["jsonc", '{\n  "a": 1\n  "b": 2\n}', /^file:3: a comma is missing/],
      ["toml", "a = 1\nb = \n", /^file:2: /],
      ["yaml", "a: 1\nb: [1\nc: 2\n", /^file:[23]: /],
    ];
    for (const [format, text, message] of broken) {
      await expect(put(format, text, ["a", "b"])).rejects.toThrow(message);
    }
  });

  test("keeps the mark with which editors of Windows begin it", async () => {
    for (const [format, text] of [
      ["jsonc", '{"s":{}}'],
      ["toml", "a = 1\n"],
      ["yaml", "a: 1\n"],
    ] as const) {
      const edited = await put(format, `\uFEFF${text}`, ["s", "t"]);
      expect(edited).toBe(`\uFEFF${await put(format, text, ["s", "t"])}`);
      expect(valueAt(await parseDocument("file", format, edited), ["s", "t"])).toEqual(entry);
    }
  });

  test("takes several changes at once", async () => {
    const changes: readonly Change[] = [{ place: ["s", "a"] }, { place: ["s", "b"] }, { place: ["s", "t"], value: {} }];
    const edited = await changeDocument(
      "file",
      "jsonc",
      '{\n  "s": {\n    "a": 1,\n    "b": 2,\n    "c": 3\n  }\n}',
      changes,
    );
    expect(edited).toBe('{\n  "s": {\n    "c": 3,\n    "t": {}\n  }\n}');
    expect(valueAt(await parseDocument("file", "jsonc", edited), ["s", "c"])).toBe(3);
  });
});
