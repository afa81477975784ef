import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFile, fake, fixture, run, serve, temporaryFolder } from "./support/program.ts";
import { until } from "./support/until.ts";

type Found = { readonly code: string; readonly server?: string; readonly text: string; readonly cure: string };
type Report = {
  readonly servers: readonly { readonly name: string; readonly state: string; readonly [member: string]: unknown }[];
  readonly findings: readonly Found[];
  readonly [member: string]: unknown;
};

/** What check --json prints, and its exit code. */
async function reported(config: string, env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr, left } = await run(["check", "--json", "--config", config], { env });
  expect(left).toEqual([]);
  return { code, stderr, report: JSON.parse(stdout) as Report };
}

/** A server that lists these tools. */
function offering(tools: readonly object[]) {
  const file = join(temporaryFolder(), "offered.json");
  writeFileSync(file, JSON.stringify({ tools }));
  return fixture("defined-by-file.mjs", file);
}

const readOnly = { annotations: { readOnlyHint: true } };
const object = { type: "object" };

/** What differs from run to run made the same. */
function same(text: string): string {
  return text
    .replaceAll(/\d+\.\d s/g, "0.1 s")
    .replaceAll(/\d+ (tools|more)/g, "n $1")
    .replaceAll(/~[\d,]+/g, "~n");
}

test("check says that all servers are ready, and ends with 0", async () => {
  const config = configFile({ one: fake(), sdk: fixture("sdk-server.mjs"), off: { ...fake(), disabled: true } });
  const { code, stdout, stderr, left } = await run(["check", "--config", config]);
  const unmarked = (server: string, which: string): string =>
    `! ${server}: n tools do not say what they change (${which}): Claude Code and Codex run them one at a time, and ` +
    "codex exec refuses them unless destructiveHint is false (unmarked_tools)";
  const firstEight = "echo, pid, environment, sleep, tool_error, rpc_error, hang, cancelled";
  expect(same(stdout)).toBe(
    [
      "✓ one  ready   fake-server 1, protocol 2025-11-25, n tools, ~n tokens, 0.1 s",
      "✓ sdk  ready   sdk-server 1, protocol 2025-11-25, n tools, ~n tokens, 0.1 s",
      "⊘ off  disabled",
      unmarked("one", `${firstEight}, and n more`),
      '    → where they only read, say so in its entry: "tools": { "annotations": {"echo":{"readOnlyHint":true}} }',
      unmarked("sdk", "throws, steps"),
      '    → where they only read, say so in its entry: "tools": { "annotations": {"throws":{"readOnlyHint":true}} }',
      `2 of 2 servers ready, n tools, ~n tokens (${config})`,
      "",
    ].join("\n"),
  );
  expect({ code, stderr, left }).toEqual({ code: 0, stderr: "", left: [] });
});

test("check prints a line for each server and the sum, and nothing else, where all is well", async () => {
  const config = configFile({ a: offering([{ name: "read", inputSchema: object, ...readOnly }]) });
  const { stdout } = await run(["check", "--config", config]);
  expect(same(stdout).split("\n")).toEqual([
    expect.stringMatching(/^✓ a {2}ready {3}.*, 1 tool, ~n tokens, 0\.1 s$/),
    `1 of 1 servers ready, 1 tool, ~n tokens (${config})`,
    "",
  ]);
  expect((await reported(config)).report.findings).toEqual([]);
});

test("what check prints for tools that do not say what they change is taken as it is, and then they do", async () => {
  const server = { ...fake(), tools: { include: ["pid", "echo"], annotations: { pid: { readOnlyHint: false } } } };
  const { report } = await reported(configFile({ one: server }));
  expect(report.findings).toMatchObject([{ code: "unmarked_tools", server: "one" }]);
  const [, members] = /say so in its entry: (.+)$/.exec(report.findings[0]?.cure ?? "") ?? [];
  const { tools } = JSON.parse(`{${members}}`) as { tools: { annotations: object } };
  const annotations = { ...server.tools.annotations, ...tools.annotations };
  const mended = configFile({ one: { ...server, tools: { ...server.tools, annotations } } });
  expect((await reported(mended)).report).toMatchObject({ findings: [], tools: 2 });
});

test("check names every server that is not ready, with the reason and the cure, and ends with 4", async () => {
  const config = configFile({
    one: fake(),
    absent: { command: "no-such-command" },
    dead: fixture("exit-at-once.mjs", 3, "Traceback (most recent call last):", "ImportError: no sqlite", "bye"),
    silent: { ...fixture("never-starts.mjs"), connectTimeoutMs: 400 },
    web: { url: "http://127.0.0.1:9/mcp" },
    lost: { ...fake(), cwd: "/no/such/folder" },
  });
  const { code, stdout, stderr, left } = await run(["check", "--config", config]);
  const lines = stdout.split("\n").filter((line) => /^[✓✗]/.test(line));
  expect(lines[0]).toMatch(/^✓ one +ready/);
  expect(lines[1]).toMatch(/^✗ absent +failed +no-such-command: not found.*install it, or write the absolute path/);
  expect(lines[2]).toMatch(/^✗ dead +failed .*with code 3; its last words: ImportError: no sqlite$/);
  expect(lines[3]).toMatch(/^✗ silent +failed +no answer within 0.4 s.*connectTimeoutMs/);
  expect(lines[4]).toMatch(/^✗ web +failed +nothing listens at 127\.0\.0\.1:9 \(ECONNREFUSED\)$/);
  expect(lines[5]).toMatch(/^✗ lost +failed +\/no\/such\/folder: the folder to start in does not exist/);
  expect(stdout).toContain(
    "    → tutti get dead shows its entry, tutti check --log debug all that it writes (not_started)",
  );
  expect(stdout.split("\n").at(-2)).toMatch(/^1 of 6 servers ready/);
  expect(stderr).toBe("tutti: 5 of 6 servers not ready: absent, dead, silent, web, lost\n");
  expect({ code, left }).toEqual({ code: 4, left: [] });
});

test("check --json is one object with all that is known, and a failure is a line of JSON on stderr", async () => {
  const config = configFile({
    one: fake(),
    dead: { command: process.execPath, args: ["-e", "process.exit(1)"] },
    off: { ...fake(), disabled: true },
  });
  const { code, stderr, report } = await reported(config);
  expect(report).toMatchObject({
    tutti: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    node: process.versions.node,
    files: [config],
    servers: [
      { name: "one", state: "ready", title: "fake-server 1", protocol: "2025-11-25", counts: { prompts: 0 } },
      { name: "dead", state: "failed", reason: expect.stringContaining("exited with code 1") },
      { name: "off", state: "disabled" },
    ],
    findings: [
      { code: "unmarked_tools", server: "one", severity: "warning" },
      { code: "not_started", server: "dead", severity: "error" },
    ],
  });
  const [one] = report.servers;
  expect([one?.["startMs"], one?.["tokens"]]).toEqual([expect.any(Number), report["tokens"]]);
  for (const { text, cure } of report.findings) expect(`${text}${cure}`).toMatch(/^[^\n]+$/);
  const error = { code: "unreachable", message: "1 of 2 servers not ready: dead" };
  expect([code, stderr]).toEqual([4, `${JSON.stringify({ error })}\n`]);
});

test("check finds what programs cannot take: schemas, names, too many tools, and tokens", async () => {
  const long = "a-name-that-is-much-longer-than-all-the-programs-can-take";
  const many = Array.from({ length: 130 }, (_, index) => ({
    name: `tool-${index}`,
    description: "x".repeat(400),
    inputSchema: object,
    ...readOnly,
  }));
  const { code, report } = await reported(
    configFile({
      odd: offering([
        { name: "either", inputSchema: { type: "object", oneOf: [{ required: ["a"] }] }, ...readOnly },
        { name: "refers", inputSchema: { type: "object", properties: { a: { $ref: "#/$defs/a" } } }, ...readOnly },
        { name: long, description: "y".repeat(2049), inputSchema: object, ...readOnly },
      ]),
      many: offering(many),
    }),
  );
  expect(report.findings.map(({ code: found, server }) => [found, server])).toEqual([
    ["schema_top_level_union", "odd"],
    ["schema_reference", "odd"],
    ["long_description", "odd"],
    ["name_cut", "odd"],
    ["many_tools", undefined],
    ["many_tokens", undefined],
  ]);
  const text = (found: string) => report.findings.find((one) => one.code === found)?.text;
  expect(text("schema_top_level_union")).toContain("(either)");
  expect(text("name_cut")).toMatch(new RegExp(`${long} is odd__a-name-[a-z-]+-[0-9a-f]{6}`));
  expect([code, report["tools"]]).toEqual([0, 133]);
  expect(report["tokens"]).toBeGreaterThan(10_000);
});

test("check names keys that do nothing, tools that are left out, and lines that are no messages", async () => {
  const config = configFile({
    one: { ...fixture("noisy-stdout.mjs"), autoApprove: ["echo"] },
    bad: fixture("bad-definitions.mjs"),
  });
  const { code, stdout } = await run(["check", "--config", config]);
  expect(stdout).toMatch(/^! bad: tool "?no_schema"? is left out: it has no inputSchema \(left_out\)$/m);
  expect(stdout).toMatch(/^· .*autoApprove.*\(server "one"\)\. \(ignored_key\)$/m);
  expect(stdout).toMatch(/^· one: writes .*no message.* to its stdout.*: .+ \(stray_output\)$/m);
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
    '· "everything" and "serial" both have the resource "same://text" (and 1 more): that URI is read from "everything", ' +
      'which comes first in the configuration; those of "serial" are at tutti://serial/… (name_conflict)\n',
  );
  expect(stdout).toMatch(
    /^! what protocol each server speaks is not remembered, so each start asks again: .*eras\.json cannot be written.* \(not_kept\)$/m,
  );
  expect(stdout).toContain(`    → make ${config}/tutti one that you may write to, or name another in XDG_STATE_HOME\n`);
  expect(code).toBe(0);
});

test("check says of which server nothing is remembered, because what it offers has a value of its entry in it", async () => {
  const one = { ...fake(), env: { MOOD: "fake-server" } };
  const { stdout, code } = await run(["check", "--config", configFile({ one, other: fixture("sdk-server.mjs") })]);
  expect(stdout.match(/^· .*\(not_remembered\)$/gm)).toEqual([
    "· one: what it offers is not remembered, so each start waits for it: a configured value, which may be secret, stands in it (not_remembered)",
  ]);
  expect(code).toBe(0);
});

test("check and the log count one tool as one", async () => {
  const starts = join(temporaryFolder(), "starts");
  const config = configFile({ one: fixture("old-manners.mjs", "leaves", starts) });
  const { stdout, stderr } = await run(["check", "--log", "info", "--config", config]);
  expect(stdout).toMatch(/^✓ one {2}ready {3}.*, 1 tool, /m);
  expect(stdout).toContain("1 of 1 servers ready, 1 tool, ~");
  expect(stderr).toMatch(/ready with 1 tool in /);
});

test("check says where a command is found, and that a program with a window would not find it", async () => {
  const folder = temporaryFolder();
  symlinkSync(process.execPath, join(folder, "my-node"));
  const { args } = fake();
  const config = configFile({ one: { command: "my-node", args, tools: { include: ["none"] } } });
  const { report, code } = await reported(config, { PATH: `${folder}:${process.env["PATH"]}` });
  const command = join(folder, "my-node");
  expect(report).toMatchObject({
    servers: [{ name: "one", state: "ready", command }],
    findings: [{ code: "found_elsewhere", server: "one", severity: "warning" }],
  });
  expect(report.findings[0]?.cure).toContain(`"command": ${JSON.stringify(command)}`);
  expect(code).toBe(0);
});

test("check marks a server that is ready but for a list, and says which", async () => {
  const script = `
    const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
    const greeting = { protocolVersion: "2025-11-25", capabilities: { tools: {}, prompts: {} }, serverInfo: { name: "half", version: "1" } };
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method } = JSON.parse(line);
      if (method === "initialize") send({ id, result: greeting });
      else if (method === "tools/list") send({ id, result: { tools: [] } });
      else if (id !== undefined) send({ id, error: { code: -32603, message: "no prompts today" } });
    });`;
  const config = configFile({ half: { command: process.execPath, args: ["-e", script] } });
  const { code, stdout } = await run(["check", "--config", config]);
  expect(stdout).toMatch(
    /^! half {2}ready {3}half 1, .*\n! half: its prompts could not be listed: .*no prompts today.* \(not_listed\)\n {4}→ /,
  );
  expect((await reported(config)).report.servers).toMatchObject([{ name: "half", state: "incomplete" }]);
  expect(code).toBe(0);
});

test("serve says in its log what many definitions cost, and what --lazy shows instead; with it there is nothing to say", async () => {
  const told = join(temporaryFolder(), "told.json");
  const tools = Array.from({ length: 60 }, (_, index) => ({
    name: `tool_${index}`,
    description: "x".repeat(900),
    inputSchema: { type: "object" },
  }));
  writeFileSync(told, JSON.stringify({ tools }));
  const config = configFile({ one: fixture("as-told.mjs", told) });
  const words = /the definitions of all tools cost a model about [\d,]+ tokens.*--lazy shows it four tools of about/;
  const client = await serve(config);
  await client.request("tools/list");
  await until("the advice", () => words.test(client.stderr), 50);
  const lazy = await serve(config, ["--lazy"]);
  await lazy.request("tools/call", { name: "call_tool", arguments: { name: "one__tool_0", arguments: {} } });
  expect(lazy.stderr).not.toMatch(words);
});
