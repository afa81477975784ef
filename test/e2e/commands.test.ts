import { join } from "node:path";
import { expect, test } from "vitest";
import { signal } from "./support/processes.ts";
import { configFile, fake, fixture, root, run, start, temporaryFolder } from "./support/program.ts";

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

test("check says that all servers are ready, and ends with 0", async () => {
  const config = configFile({ one: fake(), sdk: fixture("sdk-server.mjs"), off: { ...fake(), disabled: true } });
  const { code, stdout, stderr, left } = await run(["check", "--config", config]);
  const unmarked = (server: string, which: string): string =>
    `! ${server}: n tools do not say what they change (${which}): Claude Code and Codex run them one at a time. ` +
    "Where they only read, say so in its entry:";
  const firstEight = "echo, pid, environment, sleep, tool_error, rpc_error, hang, cancelled";
  expect(stdout.replaceAll(/\d\.\d s/g, "0.1 s").replaceAll(/\d+ (tools|more)/g, "n $1")).toBe(
    [
      "✓ one  ready   fake-server 1, protocol 2025-11-25, n tools, 0.1 s",
      "✓ sdk  ready   sdk-server 1, protocol 2025-11-25, n tools, 0.1 s",
      "– off  disabled",
      unmarked("one", `${firstEight}, and n more`),
      '    "tools": { "annotations": {"echo":{"readOnlyHint":true}} }',
      unmarked("sdk", "throws, steps"),
      '    "tools": { "annotations": {"throws":{"readOnlyHint":true}} }',
      `2 of 2 servers ready, n tools (${config})`,
      "",
    ].join("\n"),
  );
  expect({ code, stderr, left }).toEqual({ code: 0, stderr: "", left: [] });
});

test("what check prints for tools that do not say what they change is taken as it is, and then they do", async () => {
  const server = { ...fake(), tools: { include: ["pid", "echo"], annotations: { pid: { readOnlyHint: false } } } };
  const before = (await run(["check", "--config", configFile({ one: server })])).stdout.split("\n");
  expect(before[1]).toMatch(/^! one: 1 tool does not say what they change \(echo\): Claude Code and Codex run it one/);
  const { tools } = JSON.parse(`{${before[2]}}`) as { tools: { annotations: object } };
  const annotations = { ...server.tools.annotations, ...tools.annotations };
  const mended = configFile({ one: { ...server, tools: { ...server.tools, annotations } } });
  const { stdout } = await run(["check", "--config", mended]);
  expect(stdout.split("\n").slice(1)).toEqual([`1 of 1 servers ready, 2 tools (${mended})`, ""]);
});

test("check names every server that is not ready, with the reason and the cure, and ends with 4", async () => {
  const config = configFile({
    one: fake(),
    absent: { command: "no-such-command" },
    dead: fixture("exit-at-once.mjs", 3, "cannot open the database"),
    silent: { ...fixture("never-starts.mjs"), connectTimeoutMs: 400 },
    web: { url: "http://127.0.0.1:9/mcp" },
    lost: { ...fake(), cwd: "/no/such/folder" },
  });
  const { code, stdout, left } = await run(["check", "--config", config]);
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(/^✓ one +ready/);
  expect(lines[1]).toMatch(/^✗ absent +failed +no-such-command: not found.*install it, or write the absolute path/);
  expect(lines[2]).toMatch(/^✗ dead +failed +.*exited with code 3; its last words: cannot open the database$/);
  expect(lines[3]).toMatch(/^✗ silent +failed +no answer within 0.4 s.*connectTimeoutMs/);
  expect(lines[4]).toMatch(/^✗ web +failed +nothing listens at 127\.0\.0\.1:9 \(ECONNREFUSED\)$/);
  expect(lines[5]).toMatch(/^✗ lost +failed +\/no\/such\/folder: the folder to start in does not exist/);
  expect(lines.at(-2)).toMatch(/^1 of 6 servers ready/);
  expect({ code, left }).toEqual({ code: 4, left: [] });
});

test("check names keys that do nothing, and tools that are left out", async () => {
  const config = configFile({ one: { ...fake(), autoApprove: ["echo"] }, bad: fixture("bad-definitions.mjs") });
  const { code, stdout } = await run(["check", "--config", config]);
  expect(stdout).toMatch(/^! bad: tool "?no_schema"? is left out: it has no inputSchema$/m);
  expect(stdout).toMatch(/^! .*autoApprove.*\(server "one"\)/m);
  expect(stdout).toContain("✓ bad");
  expect(code).toBe(0);
});

test("check says which resources two servers have, and what cannot be remembered", async () => {
  const config = configFile({
    everything: fixture("legacy-server.mjs", "same"),
    serial: fixture("legacy-server.mjs", "same"),
  });
  const { code, stdout } = await run(["check", "--config", config], { env: { XDG_STATE_HOME: config } });
  expect(stdout).toContain(
    '! "everything" and "serial" both have the resource "same://text" (and 1 more): that URI is read from "everything", ' +
      'which comes first in the configuration; those of "serial" are at tutti://serial/…\n',
  );
  expect(stdout).toMatch(
    /^! what protocol each server speaks is not remembered, so each start asks again: .*eras\.json cannot be written/m,
  );
  expect(code).toBe(0);
});

test("check and the log count one tool as one", async () => {
  const starts = join(temporaryFolder(), "starts");
  const config = configFile({ one: fixture("old-manners.mjs", "leaves", starts) });
  const { stdout, stderr } = await run(["check", "--log", "info", "--config", config]);
  expect(stdout).toMatch(/^✓ one {2}ready {3}.*, 1 tool, /m);
  expect(stdout).toContain("1 of 1 servers ready, 1 tool (");
  expect(stderr).toMatch(/ready with 1 tool in /);
});

test("what servers say of themselves cannot act on the terminal", async () => {
  const config = configFile({ bad: fixture("bad-definitions.mjs"), rude: fixture("bad-definitions.mjs", "refuse") });
  for (const { stdout, stderr } of await Promise.all(["check", "list"].map((one) => run([one, "--config", config])))) {
    expect(stdout + stderr).toContain("bad");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what this test is about
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

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
  const config = configFile({ one: fake(), slow: fixture("slow-start.mjs", 20_000) });
  const startedAt = performance.now();
  expect(await run(["call", "one__echo", '{"text": "hi"}', "--config", config])).toMatchObject({
    code: 0,
    stdout: "hi\n",
    left: [],
  });
  expect(performance.now() - startedAt).toBeLessThan(8000);
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
  [["check", "--json"], "--json does not go with this command"],
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
    expect(once.ms).toBeLessThan(3000);
    // The polite way takes 1.2 s.
    expect(twice.ms).toBeLessThan(1000);
  },
);
