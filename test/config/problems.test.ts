import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { complaint, memoryFiles } from "./load-text.ts";

const example =
  '{ "mcpServers": { "memory": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"] } } }';

describe("the file", () => {
  test.each([
    ["", `:1: the file is empty. Write ${example}.`],
    [" \n ", `:1: the file is empty. Write ${example}.`],
    ["[]", `:1: must be an object, such as ${example}.`],
    ["null", `:1: must be an object, such as ${example}.`],
    ["{}", `: there is no "mcpServers" in it. Write ${example}.`],
    ['{ "mcpServers": [] }', ":1: mcpServers: must be an object: each server's name and its entry."],
    ['{\n"servers": null }', ":2: servers: must be an object: each server's name and its entry."],
    ['{\n\n"github": { "command": "npx" } }', ':3: github: looks like a server. Put it inside of "mcpServers".'],
    ['{ "mcpServer": {} }', ':1: mcpServer: nobody knows this key. Did you mean "mcpServers"?'],
    ['{ "servers": {}, "xyz": 1 }', ":1: xyz: nobody knows this key. Remove it; docs/config.md lists all keys."],
    ["{\0}", ":1: this is not UTF-8 text. Save it as UTF-8."],
  ])("%j is told what it lacks", async (text, message) => {
    expect(await complaint(text)).toBe(`/home/me/servers.json${message}`);
  });

  test("that is missing or cannot be read is an error that names it", async () => {
    const absent = loadConfig({ paths: ["/no.json"], env: {}, files: memoryFiles({}) });
    await expect(absent).rejects.toThrow(
      new ConfigError("/no.json: there is no such file. Check --config and TUTTI_CONFIG."),
    );
    const readText = () => {
      throw new Error("EACCES: permission denied, open '/no.json'");
    };
    const locked = loadConfig({ paths: ["/no.json"], env: {}, files: { ...memoryFiles({}), readText } });
    const reason = "EACCES: permission denied, open '/no.json'";
    await expect(locked).rejects.toThrow(
      new ConfigError(`/no.json: cannot be read (${reason}). Name a file that you may read.`),
    );
  });
});

describe("a server", () => {
  /** The complaint about an entry that begins on line 2, a field a line, without the part that is always the same. */
  const about = async (...fields: string[]) => {
    const message = await complaint(`{ "mcpServers": {\n"s": {\n${fields.join(",\n")}\n} } }`);
    return message.replaceAll("/home/me/servers.json:", "").replaceAll('server "s"', "s");
  };
  const command = '"command": "c"';
  const url = '"url": "https://x"';

  test.each([
    [[], '2: s: has neither "command" (a program to start) nor "url" (an address). Write one of them.'],
    [
      ['"disabled": true'],
      '2: s: has neither "command" (a program to start) nor "url" (an address). Write one of them.',
    ],
    [[command, url], '2: s: has both "command" and "url". Keep one of them.'],
    [[url, '"httpUrl": "https://x"'], '2: s: has both "url" and "httpUrl". Keep one of them.'],
    [[url, '"type": "stdio"'], '4: s, type: is "stdio", which goes with "command", not "url". Remove it.'],
    [[command, '"type": "sse"'], '4: s, type: is "sse", which goes with "url", not "command". Remove it.'],
    [
      [command, '"type": "std"'],
      '4: s, type: must be one of "stdio", "local", "http", "streamable-http", "streamableHttp", "sse", not "std". Did you mean "stdio"?',
    ],
    [['"url": "x.example/mcp"'], "3: s, url: is no address. Write one that starts with http:// or https://."],
    [['"url": "ws://x.example"'], "3: s, url: is no address. Write one that starts with http:// or https://."],
    [['"url": "http://"'], "3: s, url: is no address. Write one that starts with http:// or https://."],
    [[command, '"askTimeoutMs": -1'], "4: s, askTimeoutMs: must be at least 0, not -1."],
    [['"command": ""'], "3: s, command: must not be empty. Fill it in, or remove the key."],
    [['"command": ["npx", "-y"]'], "3: s, command: must be text, not a list."],
    [['"command": null'], "3: s, command: must be text, not null. Remove the key."],
    [['"command": "a\\u0000"'], "3: s, command: contains a NUL character. Remove it."],
    [[command, '"args": "-y"'], "4: s, args: must be a list, not text. Put it in brackets: [ ]."],
    [[command, '"args": ["-p",\n80]'], "5: s, args[1]: must be text, not a number. Write it in quotes."],
    [[command, '"env": []'], "4: s, env: must be an object, not a list."],
    [[command, '"env": { "A": [] }'], "4: s, env.A: must be text or a number or true or false, not a list."],
    [[command, '"env": { "A": 1.10 }'], "4: s, env.A: is a number that may lose digits. Write it in quotes."],
    [[command, '"env": { "A=B": "" }'], '4: s, env["A=B"]: is no name for a variable. Use letters, digits and _.'],
    [[url, '"headers": { "A B": "" }'], '4: s, headers["A B"]: is no name for a header.'],
    [
      [url, '"headers": { "A": "x\\n" }'],
      "4: s, headers.A: holds a character that no header may, perhaps a line break at its end. Remove it.",
    ],
    [[command, '"disabled": "true"'], "4: s, disabled: must be true or false, not text. Write it without quotes."],
    [[command, '"maxConcurrentCalls": -1'], "4: s, maxConcurrentCalls: must be at least 0, not -1."],
    [[command, '"maxConcurrentCalls": 1e9'], "4: s, maxConcurrentCalls: must be at most 100000, not 1000000000."],
    [[command, '"maxQueuedCalls": 1e30'], "4: s, maxQueuedCalls: must be at most 100000, not 1e+30."],
    [[command, '"callTimeoutMs": 0.5'], "4: s, callTimeoutMs: must be a whole number, not a fraction."],
    [
      [command, '"callTimeoutMs": "60000"'],
      "4: s, callTimeoutMs: must be a number, not text. Write it without quotes.",
    ],
    [[command, '"connectTimeoutMs": 0'], "4: s, connectTimeoutMs: must be at least 1, not 0."],
    [[command, '"callTimeoutMs": 3000000000'], "4: s, callTimeoutMs: must be at most 2147483647, not 3000000000."],
    [
      [command, '"callTimeoutMs": 5', '"callTimeoutCapMs": 4'],
      "5: s, callTimeoutCapMs: must be at least callTimeoutMs (5), or 0 for no cap.",
    ],
    [[command, '"tool_timeout_sec": 0'], "4: s, tool_timeout_sec: must be more than 0, not 0."],
    [[command, '"tools": 3'], "4: s, tools: must be an object or a list, not a number."],
    [
      [command, '"tools": {\n"include": "a" }'],
      "5: s, tools.include: must be a list, not text. Put it in brackets: [ ].",
    ],
    [[command, '"tools": {\n"includ": [] }'], '5: s, tools.includ: nobody knows this key. Did you mean "include"?'],
    [
      [command, '"tools": { "exclude": [""] }'],
      "4: s, tools.exclude[0]: must not be empty. Fill it in, or remove the key.",
    ],
    [
      [command, '"tools": { "rename": { "a*": "b" } }'],
      "4: s, tools.rename.a*: patterns cannot be renamed. Name one tool.",
    ],
    [
      [command, '"tools": { "rename": { "a": "x", "b": "x" } }'],
      "4: s, tools.rename: gives two tools one name. Give each its own.",
    ],
    [
      [command, '"tools": { "annotations": {\n"a": { "readOnlyHint": "yes" } } }'],
      "5: s, tools.annotations.a.readOnlyHint: must be true or false, not text.",
    ],
    [[command, '"calltimeoutMS": 5'], '4: s, calltimeoutMS: nobody knows this key. Did you mean "callTimeoutMs"?'],
    [
      [command, '"constructor": 5'],
      "4: s, constructor: nobody knows this key. Remove it; docs/config.md lists all keys.",
    ],
    [
      [command, '"a\\u2028\\n": 5'],
      '4: s, ["a \\n"]: nobody knows this key. Remove it; docs/config.md lists all keys.',
    ],
  ])("with %j is told what is wrong with it", async (fields, message) => {
    expect(await about(...fields)).toBe(message);
  });

  test.each([
    ['""', '""'],
    [`"${"x".repeat(129)}"`, `"${"x".repeat(80)}…"`],
    ['"a\\nb"', '"a\\nb"'],
    ['"a\\ud800"', '"a\\ud800"'],
  ])("named %s must be renamed", async (name, shown) => {
    expect(await complaint(`{ "servers": {\n ${name}: { "command": "c" } } }`)).toBe(
      `/home/me/servers.json:2: server ${shown}: a name has 1 to 128 characters and no control characters. Rename it.`,
    );
  });

  test("may not stand under both top keys", async () => {
    expect(
      await complaint('{ "mcpServers": { "a": { "command": "a" } },\n"servers": { "a": { "command": "a" } } }'),
    ).toBe('/home/me/servers.json:2: server "a": is also in "mcpServers". Rename or remove one.');
  });

  test("that is no object is told so", async () => {
    expect(await complaint('{ "servers": { "a": "npx" } }')).toBe(
      '/home/me/servers.json:1: server "a": must be an object, not text.',
    );
  });
});

describe("settings", () => {
  test.each([
    ['"startup": { "waitMs": -1 }', "startup.waitMs: must be at least 0, not -1."],
    ['"startup": { "wait": 1 }', 'startup.wait: nobody knows this key. Did you mean "waitMs"?'],
    ['"startup": 5', "startup: must be an object, not a number."],
    ['"errors": "results"', 'errors: must be one of "result", "protocol", not "results". Did you mean "result"?'],
    ['"errors": false', 'errors: must be one of "result", "protocol", not false.'],
    ['"errors": { "toString": 0 }', 'errors: must be one of "result", "protocol", not an object.'],
    [
      '"instructions": "server"',
      'instructions: must be one of "digest", "servers", not "server". Did you mean "servers"?',
    ],
    ['"limits": { "maxDepth": 1 }', "limits.maxDepth: must be at least 16, not 1."],
    ['"limits": { "maxMessageBytes": 1e12 }', "limits.maxMessageBytes: must be at most 536870912, not 1000000000000."],
    ['"limits": { "maxdepth": 100 }', 'limits.maxdepth: nobody knows this key. Did you mean "maxDepth"?'],
    [
      '"log": { "level": "verbose" }',
      'log.level: must be one of "silent", "error", "warn", "info", "debug", not "verbose".',
    ],
  ])("with %s are told what is wrong", async (setting, message) => {
    expect(await complaint(`{ "servers": {},\n${setting} }`)).toBe(`/home/me/servers.json:2: ${message}`);
  });
});

test("all problems are told at once, in the order of the file, at most twenty", async () => {
  const bad = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, {}]));
  const message = await complaint({ errors: 1, servers: bad(30), log: 1 });
  expect(message.split("\n")).toHaveLength(21);
  expect(message).toMatch(/^\/home\/me\/servers\.json:2: errors: .*\n.*:4: server "s0": /);
  expect(message).toMatch(/\n… and 12 more\.$/);
});
