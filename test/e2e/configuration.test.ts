// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people write
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signal } from "./support/processes.ts";
import { configFile, fake, fixturePath, run, type Started, serve, start, temporaryFolder } from "./support/program.ts";
import { textOf } from "./support/raw-client.ts";
import { until } from "./support/until.ts";

/** No variable that could lead to a configuration of the person who runs the tests. */
const bareEnv = (home: string) => ({ HOME: home, PATH: process.env["PATH"] ?? "" });

function write(path: string, value: unknown): string {
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value, undefined, 2));
  return path;
}

test("without a configuration a command names the places where one may be, and ends with 1", async () => {
  const home = temporaryFolder();
  const cwd = temporaryFolder();
  const { code, stdout, stderr } = await run(["check"], { cwd, wholeEnv: bareEnv(home) });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(`No configuration at ${cwd}/servers.json, ${home}/.config/tutti/servers.json.`);
  expect(stderr).toMatch(/--config FILE or TUTTI_CONFIG/);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("a named file that is not there is an error that names it", async () => {
  const { code, stderr } = await run(["check", "--config", "/no/such/servers.json"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tutti: \/no\/such\/servers\.json: there is no such file/);
});

test.each([
  ["no file", "/no/such/servers.json", "there is no such file"],
  ["no JSON", '{ "mcpServers": { "one" } }', ":1:"],
  ["an unknown key", { mcpServers: { one: { command: "x", comand: "y" } } }, 'server "one", comand'],
  [
    "an unset variable",
    { mcpServers: { one: { command: "x", env: { T: "${NO_SUCH_VARIABLE}" } } } },
    "variable NO_SUCH_VARIABLE is not set",
  ],
])(
  "with a broken configuration (%s) every request is answered with the reason, and stderr says it once",
  async (_, text, reason) => {
    const path = text === "/no/such/servers.json" ? text : write(join(temporaryFolder(), "servers.json"), text);
    const client = await serve(path);
    const ids = ["tools/list", "tools/call", "resources/list"].map((method) => client.ask(method, { name: "x" }));
    for (const id of ids) {
      const { error } = await client.reply(id);
      expect(error).toMatchObject({ code: -32603, message: expect.stringContaining(reason) });
      expect(error?.message).toContain(path);
    }
    expect(client.stderr.split(reason)).toHaveLength(2);
    client.child.stdin.end();
    expect((await client.exit()).code).toBe(1);
  },
);

const listChanges = (client: Started): number => client.notifications("notifications/tools/list_changed").length;

test.each([
  ["is broken", '{ "mcpServers": { "one" } }'],
  ["is not there", undefined],
])(
  "a configuration that %s at the start is served as soon as it can be used, and the client hears that there are tools",
  async (_, text) => {
    const path = join(temporaryFolder(), "servers.json");
    if (text !== undefined) write(path, text);
    const client = await serve(path);
    expect((await client.request("tools/list")).error?.message).toContain(path);
    write(path, { mcpServers: { one: { command: "x", comand: "y" } } });
    await until("another problem", () => client.stderr.includes("comand"));
    expect((await client.request("tools/call", { name: "one__echo" })).error?.message).toContain("comand");
    write(path, { mcpServers: { one: fake() }, callTools: { scope: "off" }, log: { level: "debug" } });
    await until("the list change", () => listChanges(client) > 0);
    const { result } = await client.request("tools/list");
    expect(result?.tools?.map(({ name }) => name)).toContain("one__echo");
    expect(textOf(await client.call("one__echo", { text: "mended" }))).toBe("mended");
    // Settings beside the servers count, as at any start, and from then on it is reloaded as ever.
    expect(client.stderr).toContain('"level":"debug"');
    write(path, { mcpServers: { two: fake() }, callTools: { scope: "off" }, log: { level: "debug" } });
    await until("the reload", () => client.stderr.includes("the configuration was read again: new: two; removed: one"));
    expect(textOf(await client.call("two__echo", { text: "reloaded" }))).toBe("reloaded");
    await until("the second list change", () => listChanges(client) > 1);
    client.child.stdin.end();
    expect((await client.exit()).code).toBe(0);
  },
);

test("without any configuration one that is written where it is looked for is served, and SIGHUP has it looked for", async () => {
  const [home, cwd] = [temporaryFolder(), temporaryFolder()];
  const client = start([], { cwd, wholeEnv: bareEnv(home) });
  await client.handshake();
  expect((await client.request("tools/list")).error?.message).toContain("No configuration at");
  mkdirSync(join(home, ".config", "tutti"), { recursive: true });
  write(join(home, ".config", "tutti", "servers.json"), { mcpServers: { mine: fake() } });
  await until(
    "the list change",
    () => {
      signal(client.pid, "SIGHUP");
      return listChanges(client) > 0;
    },
    200,
  );
  expect(textOf(await client.call("mine__echo", { text: "found" }))).toBe("found");
});

test("several --config are one configuration, in their order", async () => {
  const first = configFile({ one: fake() });
  const second = configFile({ two: fake() }, { startup: { waitMs: 5000 } });
  const { stdout, code } = await run(["list", "--config", first, "--config", second]);
  expect(new Set(stdout.split("\n").map((line) => line.split("__")[0]))).toEqual(new Set(["one", "two", ""]));
  expect(stdout.indexOf("one__")).toBeLessThan(stdout.indexOf("two__"));
  expect(code).toBe(0);
});

test("two files that name the same server are refused with both places", async () => {
  const [first, second] = [configFile({ one: fake() }), configFile({ one: fake() })];
  const { stderr, code } = await run(["list", "--config", first, "--config", second]);
  expect(stderr).toContain(first);
  expect(stderr).toContain(second);
  expect(code).toBe(1);
});

test("TUTTI_CONFIG names the configuration, --config is stronger, and servers.json in the folder is next", async () => {
  const cwd = temporaryFolder();
  write(join(cwd, "servers.json"), { mcpServers: { here: fake() } });
  const TUTTI_CONFIG = configFile({ variable: fake() });
  const flag = configFile({ flag: fake() });
  const firstOf = async (args: string[], env = {}) => {
    const { stdout } = await run(["list", ...args], { cwd, wholeEnv: { ...bareEnv(cwd), ...env } });
    return stdout.split("__")[0];
  };
  const firsts = [firstOf([]), firstOf([], { TUTTI_CONFIG }), firstOf(["--config", flag], { TUTTI_CONFIG })];
  expect(await Promise.all(firsts)).toEqual(["here", "variable", "flag"]);
});

test("the configuration folder of the user is found from any folder", async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, ".config", "tutti"), { recursive: true });
  write(join(home, ".config", "tutti", "servers.json"), { mcpServers: { mine: fake() } });
  const client = start([], { cwd: "/", wholeEnv: bareEnv(home) });
  await client.handshake();
  expect(textOf(await client.call("mine__echo", { text: "found" }))).toBe("found");
});

test("paths in the file are seen from its folder, whatever folder tutti is started in", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "inner"));
  write(join(folder, "server.mjs"), `import ${JSON.stringify(fixturePath("fake-server.mjs"))};`);
  write(join(folder, "inner", "server.mjs"), `import ${JSON.stringify(fixturePath("fake-server.mjs"))};`);
  write(join(folder, "servers.json"), {
    mcpServers: {
      beside: { command: process.execPath, args: ["server.mjs"] },
      inner: { command: process.execPath, args: ["server.mjs"], cwd: "inner" },
      folder: { command: process.execPath, args: ["${workspaceFolder}/inner/server.mjs"] },
    },
  });
  const { stdout, code } = await run(["check", "--config", join("..", folder, "servers.json")], { cwd: "/tmp" });
  expect(stdout).toContain("3 of 3 servers ready");
  expect(code).toBe(0);
});

test("a configuration named by an absolute path is found though the folder tutti was started in is gone", async () => {
  const config = configFile({ one: fake() });
  const cwd = temporaryFolder();
  const client = start(["--config", config], { cwd });
  rmSync(cwd, { recursive: true });
  await client.handshake();
  expect(textOf(await client.call("one__echo", { text: "found" }))).toBe("found");
});

test("entries as clients write them work as they are, with comments, under either key", async () => {
  const text = `// copied
  {
    "servers": { // VS Code
      "vscode": { "type": "stdio", "command": ${JSON.stringify(process.execPath)}, "args": ["${fixturePath("fake-server.mjs")}"], "gallery": true },
    },
    "mcpServers": {
      "claude": { "command": "node", "args": ["${fixturePath("fake-server.mjs")}"], "env": {}, "autoApprove": ["echo"], "disabled": false },
    },
    "inputs": [],
  }`;
  const client = await serve(write(join(temporaryFolder(), "servers.json"), text));
  expect(textOf(await client.call("vscode__echo", { text: "a" }))).toBe("a");
  expect(textOf(await client.call("claude__echo", { text: "b" }))).toBe("b");
  expect(client.stderr).toContain("autoApprove");
});
