import { join } from "node:path";
import { expect, test } from "vitest";
import { expectWithin } from "../support/promise.ts";
import { signal } from "./support/processes.ts";
import { configFile, fake, fixture, heldServer, root, run, start, temporaryFolder } from "./support/program.ts";

const commands = [
  "serve",
  "demo",
  "check",
  "list",
  "call",
  "import",
  "install",
  "add",
  "add-json",
  "remove",
  "enable",
  "disable",
  "get",
];

test("list prints a line a tool, and with --json the definitions as clients get them", async () => {
  const config = configFile({ sdk: { ...fixture("sdk-server.mjs"), tools: { exclude: ["steps"] } } });
  const plain = await run(["list", "--config", config]);
  expect(plain).toMatchObject({ code: 0, stdout: "sdk__sum     Adds.\nsdk__throws  Throws.\n", left: [] });
  const json = await run(["list", "--json", "--config", config]);
  const { tools, ...others } = JSON.parse(json.stdout) as { tools: { name: string }[] };
  expect(others).toEqual({ prompts: [], resources: [], resourceTemplates: [] });
  expect(tools.map(({ name }) => name)).toEqual(["sdk__sum", "sdk__throws"]);
  expect(tools[0]).toMatchObject({ outputSchema: { type: "object" }, annotations: { readOnlyHint: true } });
  expect(json.code).toBe(0);
});

test("list prints tutti's own tools too, behind those of the servers, as clients get them", async () => {
  const config = configFile({ sdk: { ...fixture("sdk-server.mjs"), tools: { include: ["sum"] } } }, { callTools: {} });
  const plain = await run(["list", "--config", config]);
  expect(plain.stdout).toBe(
    "sdk__sum    Adds.\ncall_tools  Call several tools in one request, each exactly as if called on its own.\n",
  );
  const json = await run(["list", "--json", "--config", config]);
  const { tools } = JSON.parse(json.stdout) as { tools: { name: string }[] };
  expect(tools.map(({ name }) => name)).toEqual(["sdk__sum", "call_tools"]);
});

test("list prints prompts, resources and templates below the tools, and with --json their definitions", async () => {
  const everything = join(root, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");
  const all = { command: process.execPath, args: [everything, "stdio"], tools: { include: ["echo"] } };
  const config = configFile({ all });
  const { code, stdout } = await run(["list", "--config", config]);
  const [tools = "", ...others] = stdout.split("\n\n");
  expect([code, tools]).toEqual([0, expect.stringMatching(/^all__echo {2}\S.*$/)]);
  expect(others.map((lines) => lines.split("\n").slice(0, 2))).toEqual([
    ["prompts:", expect.stringMatching(/^all__\S+ +\S/)],
    ["resources:", expect.stringMatching(/^demo:\/\/\S+ +\S/)],
    ["resource templates:", expect.stringMatching(/^demo:\/\/\S+ +\S/)],
  ]);
  const json = await run(["list", "--json", "--config", config]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    tools: [{ name: "all__echo" }],
    prompts: [{ name: expect.stringMatching(/^all__/) }, {}, {}, {}],
    resources: expect.arrayContaining([expect.objectContaining({ uri: expect.stringMatching(/^demo:/) })]),
    resourceTemplates: [{ uriTemplate: expect.stringMatching(/^demo:/) }, {}],
  });
});

test("list prints what there is and ends with 4 when a server is not ready", async () => {
  const config = configFile({ sdk: fixture("sdk-server.mjs"), dead: fixture("exit-at-once.mjs", 1) });
  const { code, stdout, stderr } = await run(["list", "--config", config]);
  expect(stdout.split("\n")).toHaveLength(4);
  expect(stderr).toContain("dead");
  expect(code).toBe(4);
});

test("call prints a result as text, and with --json all of it", async () => {
  const config = configFile({ sdk: fixture("sdk-server.mjs") });
  const call = ["call", "sdk__sum", '{"a": 19, "b": 23}', "--config", config];
  expect(await run(call)).toEqual({ code: 0, stdout: "42\n", stderr: "", left: [] });
  const json = await run([...call, "--json"]);
  expect(JSON.parse(json.stdout)).toEqual({ content: [{ type: "text", text: "42" }], structuredContent: { sum: 42 } });
  const unprefixed = await run(["call", "sum", '{"a": 1, "b": 2}', "--config", config]);
  expect(unprefixed.stdout).toBe("3\n");
});

test("call does not wait for servers that it does not need", async () => {
  const held = { ...heldServer().entry, connectTimeoutMs: 600_000 };
  const config = configFile({ one: fake(), held });
  expect(await run(["call", "one__echo", '{"text": "hi"}', "--config", config])).toMatchObject({
    code: 0,
    stdout: "hi\n",
    left: [],
  });
});

test("call ends with 5 when the tool says no, when the server does, and when there is none of that name", async () => {
  const config = configFile({ one: fake() });
  const call = (...words: string[]) => run(["call", ...words, "--config", config]);
  const [toolError, rpcError, unknown, crash] = await Promise.all(
    ["one__tool_error", "one__rpc_error", "one__ecko", "one__crash"].map((tool) => call(tool)),
  );
  expect(toolError).toMatchObject({ code: 5, stdout: "the tool says no\n", left: [] });
  expect(rpcError).toMatchObject({ code: 5, stdout: "the server says no\n", left: [] });
  expect(unknown).toMatchObject({ code: 5, left: [] });
  expect(unknown?.stdout).toMatch(/^There is no tool "one__ecko"\. Nearest: one__echo/);
  expect(crash).toMatchObject({ code: 5, left: [] });
  expect(crash?.stdout).toContain("one: the connection was lost");
});

test.each(["{text}", "[1]", "null", "3", ""])(
  "call refuses the arguments %s before any server is started",
  async (text) => {
    const { code, stdout, stderr } = await run(["call", "one__echo", text, "--config", configFile({ one: fake() })]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("The arguments of a call are a JSON object");
  },
);

test("every command has its help, and it needs no configuration", async () => {
  const cwd = temporaryFolder();
  const helps = commands.map(async (command) => {
    const [before, after] = await Promise.all([run([command, "--help"], { cwd }), run(["-h", command], { cwd })]);
    expect(before).toMatchObject({ code: 0, stderr: "" });
    expect(before.stdout).toMatch(new RegExp(`^tutti \\[?${command}`));
    expect(before.stdout).toContain("--config FILE");
    expect(after).toEqual(before);
  });
  await Promise.all(helps);
  const { stdout } = await run(["--help"], { cwd });
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
});

test("--version prints the version alone", async () => {
  for (const flag of ["--version", "-V"]) {
    expect(await run([flag])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  }
});

test.each([
  [["chek"], 'There is no command "chek". Did you mean "check"?'],
  [["lst"], 'Did you mean "list"?'],
  [["check", "--confg", "x"], 'There is no option "--confg". Did you mean "--config"?'],
  [["--jsn"], 'There is no option "--jsn". Did you mean "--json"?'],
  [["-x"], 'There is no option "-x".'],
  [["check", "--config"], "--config"],
  [["check", "extra"], '"extra" is one word too many'],
  [["call"], "A word is missing. Usage: tutti call TOOL"],
  [["list", "--svg", "x"], "--svg does not go with this command"],
  [["call", "one__echo", "--plan", "x"], '"one__echo" is one word too many'],
  [["check", "--plan", "x"], "--plan does not go with this command"],
  [["list", "--lazy"], "--lazy does not go with this command"],
  [["check", "--http", "1"], "--http does not go with this command"],
  [["call", "x", "--token-file", "x"], "--token-file does not go with this command"],
  [["demo", "--stdio"], "--stdio does not go with this command"],
  [["--log", "loud"], "--log takes one of silent, error, warn, info, debug"],
])("%j is refused in one line on stderr, with what was probably meant", async (args, text) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(text);
  expect(stderr).toMatch(/^tutti: [^\n]+[.?] See tutti --help\.\n$/);
});

test("with --json the reason why nothing comes of a command is a line of JSON on stderr", async () => {
  const missing = ["--config", "/no/such/servers.json"];
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    return (JSON.parse(stderr) as { error: { code: string; message: string } }).error;
  };
  const [usage, unknown, unusable] = await Promise.all([
    said("demo", "--json"),
    said("check", "--json", "--jsn"),
    said("list", "--json", ...missing),
  ]);
  expect([usage, unknown, unusable].map(({ code }) => code)).toEqual(["usage", "usage", "unusable"]);
  expect(usage.message).toContain("--json does not go with this command");
  expect(unknown.message).toContain('Did you mean "--json"?');
  expect(unusable.message).toContain("/no/such/servers.json: there is no such file");
});

test.each(["check", "list", "call"])(
  "nothing is left after Ctrl-C of tutti %s, and a second one ends it at once",
  async (command) => {
    const config = configFile({ stubborn: fixture("stubborn-server.mjs"), never: fixture("never-starts.mjs") });
    const press = async (...signals: NodeJS.Signals[]) => {
      const args = command === "call" ? ["stubborn__hang"] : [];
      const client = start([command, ...args, "--config", config]);
      await client.untilServers(2);
      const startedAt = performance.now();
      for (const name of signals) signal(client.pid, name);
      const { code, at } = await client.exit();
      await client.untilServers(0);
      return { code, ms: at - startedAt };
    };
    const [once, twice] = await Promise.all([press("SIGINT"), press("SIGINT", "SIGTERM")]);
    expect([once.code, twice.code]).toEqual([1, 1]);
    expect(twice.ms).toBeLessThan(once.ms);
    await expectWithin(2000, once.ms);
  },
);
