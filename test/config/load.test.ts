// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { cpuTimer } from "../support/cpu.ts";
import { complaint, loadText, memoryFiles } from "./load-text.ts";

const noTools = { include: [], exclude: [], rename: new Map(), annotations: [] };

describe("one file", () => {
  test("gets every default filled in", async () => {
    expect(await loadText({ mcpServers: { files: { command: "files-server" } } })).toEqual({
      files: ["/home/me/servers.json"],
      servers: [
        {
          name: "files",
          disabled: false,
          launch: { kind: "stdio", command: "files-server", args: [], env: {}, cwd: "/home/me" },
          maxConcurrentCalls: 0,
          maxQueuedCalls: 256,
          maxQueuedBytes: 16_777_216,
          prefix: true,
          shared: undefined,
          callTimeoutMs: 300_000,
          callTimeoutCapMs: 3_600_000,
          askTimeoutMs: 300_000,
          connectTimeoutMs: 30_000,
          restartMinMs: 500,
          restartMaxMs: 30_000,
          breakerFailures: 5,
          breakerPauseMs: 5_000,
          idleStopMs: 0,
          lazyStart: false,
          pins: undefined,
          tools: noTools,
        },
      ],
      startup: { mode: "cached", waitMs: 8_000 },
      errors: "result",
      callTools: { scope: "non-destructive", deadlineMs: 50_000, maxTokens: 20_000 },
      results: { maxTokens: 0 },
      http: { hosts: [], origins: [], idleMs: 1_800_000, maxClients: 256, maxSets: 16 },
      caFiles: [],
      instructions: "digest",
      limits: { maxMessageBytes: 33_554_432, maxDepth: 512, maxOpenRequests: 1024, maxHeldBytes: 268_435_456 },
      log: { level: "info", file: true },
      pins: "warn",
      hygiene: "flag",
      secrets: [],
      notices: [],
      exposed: [],
    });
  });

  test("says everything it says", async () => {
    const config = await loadText({
      $schema: "./servers.schema.json",
      startup: { mode: "cached", waitMs: 0 },
      errors: "protocol",
      instructions: "servers",
      limits: { maxMessageBytes: 4096, maxDepth: 32 },
      log: { level: "debug" },
      servers: {
        a: {
          command: "a",
          args: ["-x", ""],
          env: { PORT: 3000, DEBUG: true, NAME: "n" },
          cwd: "sub/folder",
          disabled: true,
          maxConcurrentCalls: 1,
          maxQueuedCalls: 0,
          callTimeoutMs: 1_000,
          callTimeoutCapMs: 0,
          askTimeoutMs: 0,
          connectTimeoutMs: 1,
          restartMinMs: 1,
          restartMaxMs: 0,
          breakerFailures: 0,
          breakerPauseMs: 1,
          idleStopMs: 60_000,
          lazyStart: true,
          tools: {
            include: ["get_*"],
            exclude: ["get_secret"],
            rename: { get_long_name: "name" },
            annotations: { "*": { readOnlyHint: true, vendor: { deep: [1] } }, "get_?": { title: "Get" } },
          },
        },
      },
    });
    expect(config).toMatchObject({
      startup: { mode: "cached", waitMs: 0 },
      errors: "protocol",
      instructions: "servers",
      log: { level: "debug" },
    });
    expect(config.limits).toMatchObject({ maxMessageBytes: 4096, maxDepth: 32 });
    expect(config.servers).toEqual([
      {
        name: "a",
        disabled: true,
        launch: {
          kind: "stdio",
          command: "a",
          args: ["-x", ""],
          env: { PORT: "3000", DEBUG: "true", NAME: "n" },
          cwd: "/home/me/sub/folder",
        },
        maxConcurrentCalls: 1,
        maxQueuedCalls: 0,
        maxQueuedBytes: 16_777_216,
        prefix: true,
        shared: undefined,
        callTimeoutMs: 1_000,
        callTimeoutCapMs: 0,
        askTimeoutMs: 0,
        connectTimeoutMs: 1,
        restartMinMs: 1,
        restartMaxMs: 0,
        breakerFailures: 0,
        breakerPauseMs: 1,
        idleStopMs: 60_000,
        lazyStart: true,
        tools: {
          include: ["get_*"],
          exclude: ["get_secret"],
          rename: new Map([["get_long_name", "name"]]),
          annotations: [
            ["*", { readOnlyHint: true, vendor: { deep: [1] } }],
            ["get_?", { title: "Get" }],
          ],
        },
      },
    ]);
  });

  test("may hold comments, trailing commas, a byte-order mark and Windows line ends", async () => {
    const text =
      '\uFEFF// servers\r\n{ "mcpServers": { /* one */ "a": { "command": "a", "args": ["x",], }, },\r\n}\r\n';
    expect((await loadText(text)).servers.map(({ name }) => name)).toEqual(["a"]);
  });

  test("may have both top keys, and no server at all", async () => {
    const both = await loadText({ servers: { b: { command: "b" } }, mcpServers: { a: { command: "a" } } });
    expect(both.servers.map(({ name }) => name)).toEqual(["b", "a"]);
    expect((await loadText({ servers: {} })).servers).toEqual([]);
  });

  test("may name servers with anything readable, also like a member of every object", async () => {
    const names = ["constructor", "toString", "hasOwnProperty", "日本語 🎵", "a.b/c", "x".repeat(128)];
    const servers = Object.fromEntries(names.map((name) => [name, { command: "a" }]));
    expect((await loadText({ servers })).servers.map(({ name }) => name)).toEqual(names);
  });

  test.each([
    [undefined, 3_600_000],
    [7_200_000, 7_200_000],
    [0, 0],
  ])("caps calls with callTimeoutMs %s at %i ms when it names no cap", async (callTimeoutMs, callTimeoutCapMs) => {
    const config = await loadText({ servers: { a: { command: "a", callTimeoutMs } } });
    expect(config.servers[0]).toMatchObject({ callTimeoutCapMs });
  });

  test("starts a server where cwd says: absolute, from home, or from the file's folder", async () => {
    const at = async (cwd: string) =>
      (await loadText({ servers: { a: { command: "a", cwd } } }, { HOME: "/users/ada" })).servers[0]?.launch;
    expect(await at("/srv")).toMatchObject({ cwd: "/srv" });
    expect(await at("~/x")).toMatchObject({ cwd: "/users/ada/x" });
    expect(await at("..")).toMatchObject({ cwd: "/home" });
    expect(await at("")).toMatchObject({ cwd: "/home/me" });
  });
});

describe("several files", () => {
  const load = (texts: Record<string, unknown>) => {
    const written = Object.entries(texts).map(([path, value]) => [path, JSON.stringify(value, null, 1)]);
    return loadConfig({ paths: Object.keys(texts), env: {}, files: memoryFiles(Object.fromEntries(written)) });
  };

  test("give their servers in order, each with its own folder", async () => {
    const config = await load({
      "/b/two.json": { servers: { z: { command: "z" }, y: { command: "y" } } },
      "/a/one.json": { mcpServers: { x: { command: "x" } } },
    });
    expect(config.files).toEqual(["/b/two.json", "/a/one.json"]);
    expect(config.servers.map(({ name, launch }) => [name, launch.kind === "stdio" && launch.cwd])).toEqual([
      ["z", "/b"],
      ["y", "/b"],
      ["x", "/a"],
    ]);
  });

  test("overrule each other setting by setting, the later one first", async () => {
    const config = await load({
      "/1.json": { servers: {}, errors: "protocol", limits: { maxDepth: 20, maxMessageBytes: 2048 } },
      "/2.json": { limits: { maxDepth: 30 }, log: { level: "warn" } },
    });
    expect(config).toMatchObject({ errors: "protocol", log: { level: "warn" }, startup: { waitMs: 8_000 } });
    expect(config.limits).toMatchObject({ maxDepth: 30, maxMessageBytes: 2048 });
  });

  test("may not give one name twice", async () => {
    const loading = load({
      "/1.json": { servers: { a: { command: "a" } } },
      "/2.json": { servers: { b: { command: "b" }, a: { command: "c" } } },
    });
    const message = '/2.json:6: server "a": is also in /1.json. Rename or remove one.';
    await expect(loading).rejects.toThrow(new ConfigError(message));
  });

  test("tell the problems of all of them", async () => {
    const loading = load({ "/1.json": { servers: { a: {} } }, "/2.json": { errors: "no" } });
    await expect(loading).rejects.toThrow(
      /^\/1\.json:3: server "a": has neither .*\n\/2\.json:2: errors: must be one of /,
    );
  });

  test("count once when one is named twice", async () => {
    const files = memoryFiles({ "/1.json": '{"servers":{"a":{"command":"a"}}}' });
    expect((await loadConfig({ paths: ["/1.json", "/1.json"], env: {}, files })).files).toEqual(["/1.json"]);
  });
});

describe("whatever the text", () => {
  const fields = ["command", "url", "env", "args", "tools", "timeout", "type", "headers", "disabled", "__proto__", "x"];
  const leaf = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("${A}", "${", "${input:x}", "~", "\0", "https://x", "stdio", ["*"], { include: [] }, -1, 1e99),
  );
  const entry = fc.dictionary(fc.constantFrom(...fields), leaf, { noNullPrototype: true });
  const file = fc.record(
    {
      mcpServers: fc.dictionary(fc.string(), fc.oneof(entry, leaf)),
      servers: leaf,
      startup: leaf,
      limits: leaf,
      errors: leaf,
    },
    { requiredKeys: [] },
  );
  const brackets = fc.array(fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "//", "/*", "\n", "a", "\\", "1"));
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    brackets.map((parts) => parts.join("")),
    file.map((value) => JSON.stringify(value)),
    fc.tuple(file, fc.nat(), fc.string()).map(([value, at, more]) => {
      const whole = JSON.stringify(value, null, 1);
      return whole.slice(0, at % whole.length) + more + whole.slice(at % whole.length);
    }),
  );

  test("nothing but a ConfigError is thrown, each line of it with its place", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        try {
          await loadText(content, { A: "value of a", HOME: "/home/me" });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          for (const line of (error as ConfigError).message.split("\n")) {
            expect(line).toMatch(/^(\/home\/me\/servers\.json:(\d+:|.*there is no "mcpServers")|… and \d+ more\.$)/);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["[", '{"servers":', '[{"a":'])("100,000 times %s ends with a ConfigError", async (part) => {
    expect(await complaint(part.repeat(100_000))).toMatch(/nested deeper|is missing/);
  });

  test("a value nested too deeply is said with its place, also where the parser could read it", async () => {
    // Far from where the parser's stack ends, which lies elsewhere in each run.
    const deep = `${"[".repeat(500)}${"]".repeat(500)}`;
    expect(await complaint(`{ "servers": {\n "a": { "command": "a", "autoApprove": ${deep} } } }`)).toBe(
      '/home/me/servers.json:2: server "a", autoApprove: nested deeper than 100. A configuration needs four levels.',
    );
  });

  test("a long text of quotes or braces in a value takes no long time", async () => {
    const spentMs = cpuTimer();
    for (const args of [
      ["${".repeat(200_000)],
      ["{".repeat(400_000)],
      [`\${${"a".repeat(1_000_000)}`],
      ['\\"'.repeat(400_000)],
    ]) {
      await loadText({ servers: { a: { command: "a", args, disabled: true } } });
    }
    expect(spentMs()).toBeLessThan(5_000);
  });
});
