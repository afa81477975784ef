import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { signal } from "../e2e/support/processes.ts";
import {
  configFile,
  fake,
  fixture,
  run,
  type Servers,
  type Started,
  serve,
  serveReady,
} from "../e2e/support/program.ts";
import { markOf, textOf } from "../e2e/support/raw-client.ts";
import { until } from "../e2e/support/until.ts";

const mcp = (servers: Servers, settings: object = {}): string =>
  JSON.stringify({ mcpServers: servers, callTools: { scope: "off" }, ...settings }, undefined, 2);

const readAgain = "the configuration was read again";
const readings = (client: Started): number => client.stderr.split(readAgain).length - 1;
const refusals = (client: Started): number => client.stderr.split("the configuration cannot be used").length - 1;

/** Waits until the configuration was read again so often. */
const untilRead = async (client: Started, times: number): Promise<void> => {
  await until(`reading ${times}; stderr: ${client.stderr}`, () => readings(client) >= times);
};

const pidOf = async (client: Started, server: string): Promise<string> => textOf(await client.call(`${server}__pid`));

const serversOf = async (client: Started): Promise<string[]> => {
  const { result } = await client.request("tools/list");
  return [...new Set(result?.tools?.map(({ name }) => name.split("__")[0] as string))];
};

const listChanges = (client: Started): number => client.notifications("notifications/tools/list_changed").length;

test("F41: servers are replaced while 100 calls are under way: unchanged ones keep process and calls, others drain within 5 s, nothing is lost, and the client hears one list change", async () => {
  const servers = { keep: fake(), change: fake(), gone: fake() };
  const path = configFile(servers);
  const client = await serveReady(path);
  const before = await Promise.all(Object.keys(servers).map((name) => pidOf(client, name)));
  const names = Array.from({ length: 100 }, (_, at) => ["keep", "change", "gone"][at % 3] as string);
  const ids = names.map((name, at) =>
    client.ask("tools/call", { name: `${name}__sleep`, arguments: { ms: 1500 + at } }),
  );
  const endless = client.ask("tools/call", { name: "gone__hang" });
  // Whatever was sent before has reached its server.
  await Promise.all(Object.keys(servers).map((name) => client.call(`${name}__echo`)));
  writeFileSync(path, mcp({ keep: fake(), change: { ...fake(), env: { NEW: "1" } }, added: fake() }));
  await untilRead(client, 1);
  const swappedAt = performance.now();
  expect(client.stderr).toMatch(/read again: new: added; changed: change; removed: gone; 1 as before/);
  await until("the list change", () => listChanges(client) > 0);
  expect(await serversOf(client)).toEqual(["keep", "change", "added"]);
  const after = await Promise.all(["keep", "change"].map((name) => pidOf(client, name)));
  expect([after[0], after[1] === before[1]]).toEqual([before[0], false]);
  expect(textOf(await client.call("change__environment", { name: "NEW" }))).toBe("1");
  expect(textOf(await client.call("added__echo", { text: "hello" }))).toBe("hello");
  expect(JSON.stringify(await client.call("gone__echo"))).toContain("gone__echo");
  const texts = await Promise.all(ids.map(async (id) => textOf(await client.reply(id))));
  expect(texts).toEqual(ids.map((_, at) => `slept ${1500 + at}`));
  const cut = await client.reply(endless);
  const drainedMs = performance.now() - swappedAt;
  expect(markOf(cut)).toMatchObject({ server: "gone", mayHaveRun: true });
  expect(textOf(cut)).toContain(
    "after its entry in the configuration was changed or taken away. The call may have run.",
  );
  expect([drainedMs > 3000, drainedMs < 8000]).toEqual([true, true]);
  await client.untilServers(3);
  expect([listChanges(client), client.repliedTwice]).toEqual([1, []]);
});

test("F41: a broken file changes nothing, says where it is broken, and the next good one counts", async () => {
  const path = configFile({ alpha: fake() });
  const client = await serveReady(path);
  const pid = await pidOf(client, "alpha");
  writeFileSync(path, '{\n  "mcpServers": {\n    "alpha": { "comand": "x" }\n  }\n}\n');
  await until("the refusal", () => refusals(client) === 1);
  expect(client.stderr).toContain(`${path}:3: server `);
  expect(client.stderr).toContain("Did you mean");
  writeFileSync(path, '{ "mcpServers": {');
  await until("the second refusal", () => refusals(client) === 2);
  rmSync(path);
  await until("the third refusal", () => refusals(client) === 3);
  expect([await pidOf(client, "alpha"), await serversOf(client), readings(client)]).toEqual([pid, ["alpha"], 0]);
  writeFileSync(path, mcp({ alpha: fake(), beta: fake() }));
  await untilRead(client, 1);
  expect([await pidOf(client, "alpha"), await serversOf(client)]).toEqual([pid, ["alpha", "beta"]]);
});

test("a file that everybody may write is not read, neither at the start nor again, until that is mended", async () => {
  const path = configFile({ alpha: fake() });
  chmodSync(path, 0o666);
  const client = await serve(path);
  expect((await client.request("tools/list")).error?.message).toContain(`chmod o-w ${path}`);
  chmodSync(path, 0o640);
  await until("the list change", () => listChanges(client) > 0);
  expect(await serversOf(client)).toEqual(["alpha"]);
  chmodSync(path, 0o646);
  writeFileSync(path, mcp({ evil: fake() }));
  await until("the refusal", () => refusals(client) > 0);
  expect(client.stderr).toContain("everybody may write it (mode 0646)");
  expect(await serversOf(client)).toEqual(["alpha"]);
  writeFileSync(path, mcp({ alpha: fake(), beta: fake() }));
  chmodSync(path, 0o600);
  await untilRead(client, 1);
  expect(await serversOf(client)).toEqual(["alpha", "beta"]);
});

// Nobody else can give a file to a group that is not theirs.
test.runIf(process.geteuid?.() === 0)("a file that a group may write is read, and that is said", async () => {
  const path = configFile({ alpha: fake() });
  const client = await serveReady(path);
  chmodSync(path, 0o660);
  chownSync(path, 0, 4242);
  await untilRead(client, 1);
  expect(client.stderr).toContain(
    `its group may write it (mode 0660), and what stands in it is run as you: chmod g-w ${path}`,
  );
  const { stdout, code } = await run(["check", "--config", path]);
  expect(stdout).toMatch(/! .*its group may write it.*\(writable_config\)\n {4}→ let you and root alone write it/);
  expect(code).toBe(0);
});

test("F41: a file that is touched, or written as it is, is not read again", async () => {
  const path = configFile({ alpha: fake() });
  const client = await serveReady(path);
  utimesSync(path, new Date(), new Date());
  writeFileSync(path, readFileSync(path));
  writeFileSync(path, mcp({ alpha: fake(), beta: fake() }));
  await untilRead(client, 1);
  expect(client.stderr).toContain(`${readAgain}: new: beta; 1 as before`);
  expect([readings(client), refusals(client)]).toEqual([1, 0]);
});

test("F41: a file that another one replaces is seen, again and again", async () => {
  const path = configFile({ alpha: fake() });
  const client = await serveReady(path);
  for (let round = 1; round <= 3; round++) {
    writeFileSync(`${path}.new`, mcp({ alpha: fake(), [`beta${round}`]: fake() }));
    renameSync(`${path}.new`, path);
    await untilRead(client, round);
    expect(await serversOf(client)).toEqual(["alpha", `beta${round}`]);
  }
});

test("F41: behind links a change of the file is seen, and one of a link", async () => {
  const path = configFile({ alpha: fake() });
  const folder = dirname(path);
  const [link, current] = [join(folder, "links", "servers.json"), join(folder, "current")];
  mkdirSync(join(folder, "links"));
  for (const [name, server] of [
    ["one", "beta"],
    ["two", "gamma"],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "servers.json"), mcp({ alpha: fake(), [server]: fake() }));
  }
  symlinkSync("one", current);
  symlinkSync(join("..", "current", "servers.json"), link);
  const client = await serveReady(link);
  expect(await serversOf(client)).toEqual(["alpha", "beta"]);
  writeFileSync(join(folder, "one", "servers.json"), mcp({ alpha: fake() }));
  await untilRead(client, 1);
  expect(await serversOf(client)).toEqual(["alpha"]);
  symlinkSync("two", `${current}.new`);
  renameSync(`${current}.new`, current);
  await untilRead(client, 2);
  expect(await serversOf(client)).toEqual(["alpha", "gamma"]);
});

test("F41: of two files each is watched, and together they are checked", async () => {
  const [first, second] = [configFile({ alpha: fake() }), configFile({ beta: fake() })];
  const client = await serveReady([first, second]);
  writeFileSync(second, mcp({ alpha: fake() }));
  await until("the refusal", () => refusals(client) === 1);
  expect(client.stderr).toContain(`is also in ${first}`);
  writeFileSync(first, mcp({ gamma: fake() }));
  await untilRead(client, 1);
  expect(await serversOf(client)).toEqual(["gamma", "alpha"]);
});

test("F41, F43: SIGHUP has the configuration read where stdin is no terminal", async () => {
  const path = configFile({ alpha: fake() });
  const client = await serveReady(path);
  const pid = await pidOf(client, "alpha");
  signal(client.pid, "SIGHUP");
  await untilRead(client, 1);
  expect(client.stderr).toContain(`${readAgain}: its servers are as they were`);
  expect([await pidOf(client, "alpha"), listChanges(client)]).toEqual([pid, 0]);
});

test("F41: a new secret is in no line of the log from the first on", async () => {
  const path = configFile({ alpha: fake() });
  const client = await serveReady(path);
  const secret = "brandnewsecretvalue";
  const words = { ...fixture("says-and-serves.mjs", "SECRET_KEY"), env: { SECRET_KEY: secret } };
  writeFileSync(path, mcp({ alpha: fake(), words }));
  await untilRead(client, 1);
  await client.call("words__say", { text: `in a call: ${secret}` });
  // Those that were there before may say it too.
  await client.call("alpha__say", { text: `of another: ${secret}` });
  await until("its words", () => client.stderr.includes("of another"));
  expect(client.stderr).toContain("at my start: [redacted]");
  expect(client.stderr).not.toContain(secret);
});

test("F41: a configuration that changes while servers start counts, and what it takes away ends", async () => {
  const slow = fixture("slow-start.mjs", 60_000);
  const path = configFile({ alpha: fake(), slow }, { startup: { waitMs: 600_000 } });
  const client = await serve(path);
  await client.untilServers(2);
  const listing = client.ask("tools/list");
  writeFileSync(path, mcp({ alpha: fake(), beta: fake() }, { startup: { waitMs: 600_000 } }));
  await untilRead(client, 1);
  const names = (await client.reply(listing)).result?.tools?.map(({ name }) => name.split("__")[0]);
  expect([...new Set(names)]).toEqual(["alpha", "beta"]);
  await client.untilServers(2);
});

test("F41: what is set beside the servers is said to need a restart", async () => {
  const path = configFile({ alpha: fake() });
  const client = await serveReady(path);
  writeFileSync(path, mcp({ alpha: fake() }, { errors: "protocol", limits: { maxDepth: 100 } }));
  await untilRead(client, 1);
  expect(client.stderr).toContain("what was changed beside the servers needs a restart of tutti: errors, limits");
});
