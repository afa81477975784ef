import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { configFile, fake, run, start, temporaryFolder } from "./support/program.ts";
import { until } from "./support/until.ts";

/** A tutti that serves, with the state folder that is its own, and how commands are run beside it. */
async function serving(config: string, args: readonly string[] = []) {
  const env = { XDG_STATE_HOME: temporaryFolder() };
  const client = start(["serve", "--config", config, ...args], { env });
  onTestFinished(() => expect(client.strayLines).toEqual([]));
  await client.handshake();
  const state = join(env.XDG_STATE_HOME, "tutti");
  return { client, state, tutti: (...words: readonly string[]) => run(words, { env }) };
}

const secret = "verysecretvalue";

test("status says which tuttis run, for whom, how their servers are and what went wrong last, without secrets", async () => {
  const config = configFile({ one: { ...fake(), env: { KEY: secret } }, gone: { command: `/no/${secret}` } });
  const { client, tutti } = await serving(config);
  await client.request("tools/list");
  await until("the record", async () => (await tutti("status")).stdout.includes("✗ gone"), 50);
  const { code, stdout } = await tutti("status");
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^tutti \\S+, process ${client.pid}, for \\d+ s, serves \\S+`, "m"));
  expect(stdout).toContain(`\n  ${config}\n`);
  expect(stdout).toMatch(/^ {2}✓ one {3}ready with \d+ tools in /m);
  expect(stdout).toMatch(/^ {2}last errors:\n {2}\d\d:\d\d:\d\d gone: did not start/m);
  expect(stdout).toMatch(/^ {2}log: .*\.log$/m);
  expect(stdout).not.toContain(secret);
  const [record] = JSON.parse((await tutti("status", "--json")).stdout) as object[];
  expect(record).toMatchObject({
    pid: client.pid,
    files: [config],
    serves: ["stdio"],
    servers: { one: { state: "ready" } },
  });
});

test("status shows the servers of the configuration that is served now, also while those before finish what runs", async () => {
  const config = configFile({ keep: fake(), gone: { ...fake(), breakerFailures: 1 }, other: fake() });
  const { client, tutti } = await serving(config);
  await client.request("tools/list");
  const servers = async (): Promise<Record<string, { readonly state: string }>> =>
    (JSON.parse((await tutti("status", "--json")).stdout) as { servers: Record<string, { state: string }> }[])[0]
      ?.servers ?? {};
  await until("the record", async () => Object.values(await servers()).every(({ state }) => state === "ready"), 50);
  const running = client.ask("tools/call", { name: "gone__sleep", arguments: { ms: 1500 } });
  await client.call("gone__echo");
  const text = { mcpServers: { keep: fake(), added: fake(), sleepy: { ...fake(), lazyStart: true } } };
  writeFileSync(config, JSON.stringify({ ...text, callTools: { scope: "off" } }));
  await until("the new record", async () => "added" in (await servers()), 50);
  // Its breaker opens as it leaves.
  client.ask("tools/call", { name: "gone__crash" });
  await client.reply(running);
  await until("what is left to end", () => client.servers().length === 2, 50);
  await until("the whole record", async () => (await servers())["added"]?.state === "ready", 50);
  const now = await servers();
  expect(Object.keys(now)).toEqual(["keep", "added", "sleepy"]);
  expect(now["sleepy"]?.state).toBe("idle");
  expect((await tutti("status")).stdout).not.toMatch(/✗ sleepy/);
});

test("status shows nothing of a tutti that has ended, or was killed", async () => {
  const config = configFile({ one: fake() });
  const { client, tutti, state } = await serving(config);
  await until("its record", () => existsSync(join(state, "instances", `${client.pid}.json`)), 50);
  writeFileSync(join(state, "instances", "999999999.json"), JSON.stringify({ format: 1, pid: 999_999_999 }));
  writeFileSync(join(state, "instances", "1.json"), "{");
  expect(JSON.parse((await tutti("status", "--json")).stdout)).toHaveLength(1);
  expect(readdirSync(join(state, "instances"))).toEqual([`${client.pid}.json`]);
  client.child.stdin.end();
  await client.exit();
  expect((await tutti("status")).stdout).toBe("No tutti is running.\n");
});

test("logs prints what a running tutti logs, of one server or of all, and follows it; without secrets", async () => {
  const config = configFile({ one: { ...fake(), env: { KEY: secret } }, two: fake() });
  const { client, tutti, state } = await serving(config);
  await client.request("tools/call", { name: "one__say", arguments: { text: `begin ${secret} end` } });
  await client.request("tools/call", { name: "two__say", arguments: { text: "other words" } });
  await until("both lines", async () => (await tutti("logs")).stdout.includes("two: other words"), 50);
  const one = await tutti("logs", "one");
  expect(one.stdout).toMatch(/^\d\d:\d\d:\d\d info {2}one: begin \S+ end /m);
  expect(one.stdout).not.toContain("other words");
  const json = (await tutti("logs", "two", "--json")).stdout.trim().split("\n");
  expect(json.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({ server: "two", msg: "other words" }),
  );
  const [log = ""] = readdirSync(join(state, "logs"));
  expect(readFileSync(join(state, "logs", log), "utf8")).not.toContain(secret);

  const following = start(["logs", "-f", "two"], { env: { XDG_STATE_HOME: join(state, "..") } });
  let seen = "";
  following.child.stdout.on("data", (text: string) => {
    seen += text;
  });
  await until("what is there", () => seen.includes("other words"), 50);
  await client.request("tools/call", { name: "two__say", arguments: { text: "new words" } });
  await until("what comes", () => seen.includes("new words"), 50);
  following.child.kill("SIGINT");
  await following.exit();
});

test("logs of a tutti that has ended can still be read; none are kept where that is said", async () => {
  const { client, tutti } = await serving(configFile({ one: fake() }));
  await client.request("tools/call", { name: "one__say", arguments: { text: "last words" } });
  client.child.stdin.end();
  await client.exit();
  expect((await tutti("logs")).stdout).toContain("one: last words");

  const quiet = await serving(configFile({ one: fake() }, { log: { file: false } }));
  await quiet.client.request("tools/list");
  expect(existsSync(join(quiet.state, "logs"))).toBe(false);
  expect(await quiet.tutti("logs")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no tutti has kept a log in"),
  });
});

test("logs prints what several tuttis log in the order in which it happened, and half a line only when it is whole", async () => {
  const env = { XDG_STATE_HOME: temporaryFolder() };
  const state = join(env.XDG_STATE_HOME, "tutti");
  const line = (second: number): string =>
    `{"level":"info","time":"2026-11-30T10:00:0${second}.000Z","server":"a","msg":"line ${second} ü"}\n`;
  const logs = [process.pid, process.ppid].map((pid) => join(state, `${pid}.log`));
  mkdirSync(join(state, "instances"), { recursive: true });
  for (const [index, pid] of [process.pid, process.ppid].entries()) {
    const record = {
      format: 1,
      pid,
      startedAt: index,
      files: [],
      serves: [],
      servers: {},
      errors: [],
      log: logs[index],
    };
    writeFileSync(join(state, "instances", `${pid}.json`), JSON.stringify(record));
  }
  const [first = "", second = ""] = logs;
  const half = Buffer.from(line(5));
  const cut = half.indexOf("ü") + 1;
  writeFileSync(first, Buffer.concat([Buffer.from(line(1) + line(4)), half.subarray(0, cut)]));
  writeFileSync(second, line(2) + line(3));
  const following = start(["logs", "-f"], { env });
  let seen = "";
  following.child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
  });
  await until("what there is", () => seen.includes("line 4"), 50);
  appendFileSync(first, half.subarray(cut));
  await until("the rest of the line", () => seen.includes("line 5 ü"), 50);
  expect([...seen.matchAll(/line (\d)/g)].map(([, number]) => number)).toEqual(["1", "2", "3", "4", "5"]);
  following.child.kill();
  await following.exit();
});
