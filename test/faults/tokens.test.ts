import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Started, start } from "../e2e/support/program.ts";
import { markOf, textOf } from "../e2e/support/raw-client.ts";
import { until } from "../e2e/support/until.ts";
import { type Scene, scene, untilLetIn } from "../support/auth/signing-in.ts";
import { canMount, onFullDisk } from "./support/full-disk.ts";

/** Calls one after the other; all must be answered. */
async function calls(client: Started, count: number, pauseMs = 0): Promise<void> {
  for (let call = 0; call < count; call++) {
    expect(textOf(await client.call("it__echo", { text: `${call}` }))).toBe(`${call}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

test.each([0, -1, -1e12, 1e12, 1e308, "3600", "soon", null, undefined, 0.5])(
  "F57: tokens that are said to end in %j s: calls are answered, and they are not renewed again and again",
  async (expiresIn) => {
    const world = await scene({
      faults: {
        tokenReply: ({ expires_in: _usual, ...reply }) => ({
          ...reply,
          ...(expiresIn !== undefined && { expires_in: expiresIn }),
        }),
      },
    });
    const login = await world.tutti("login", "it");
    expect([login.code, login.stderr]).toEqual([0, ""]);
    const client = await world.serve();
    await calls(client, 20);
    expect(world.authorization.counts.refreshes).toBeLessThanOrEqual(1);
    expect(world.authorization.counts.prompts).toBe(1);
  },
);

test("F57: a server whose clock is ahead ends tokens long before their time: each is renewed once, and no call fails", async () => {
  const world = await scene();
  expect((await world.tutti("login", "it")).code).toBe(0);
  const client = await world.serve();
  for (let round = 1; round <= 3; round++) {
    await calls(client, 3);
    world.authorization.grants.expireAccess();
    await calls(client, 3);
    expect(world.authorization.counts.refreshes).toBe(round);
  }
});

test("F57: a server whose clock is behind takes tokens beyond their time: they are renewed when they should be, and once", async () => {
  const world = await scene();
  world.authorization.lifeSeconds = 60;
  expect((await world.tutti("login", "it")).code).toBe(0);
  // The file says when they were got: two minutes ago.
  const [path = ""] = tokenFiles(world);
  const text = readFileSync(path, "utf8").replace(
    /"(obtainedAt|expiresAt)": (\d+)/g,
    (_, name, at) => `"${name}": ${at - 120_000}`,
  );
  writeFileSync(path, text, { mode: 0o600 });
  const client = await world.serve();
  await calls(client, 10);
  expect(world.authorization.counts).toMatchObject({ refreshes: 1, prompts: 1 });
  // That of the sign-in.
  expect(world.server.counts.refused).toBe(1);
});

test.each([
  [401, "modern"],
  [401, "legacy"],
  [403, "modern"],
  [403, "legacy"],
] as const)(
  "F53: a server that answers every token with %i (%s): two attempts a call, then an error that says what to do",
  async (status, era) => {
    const world = await scene({ era });
    expect((await world.tutti("login", "it")).code).toBe(0);
    const client = await world.serve();
    await calls(client, 1);
    world.server.faults.refusesAll = status;
    for (let call = 0; call < 5; call++) {
      world.server.requests.length = 0;
      const reply = await client.call("it__echo", { text: "x" });
      expect(markOf(reply)).toMatchObject({ origin: "tutti", code: "login_required", mayHaveRun: false });
      expect(textOf(reply)).toContain("tutti login it");
      expect(world.server.requests.filter(({ rpc }) => rpc === "tools/call").length).toBeLessThanOrEqual(2);
    }
    expect(world.authorization.counts.refreshes).toBeLessThanOrEqual(1);
    expect(world.authorization.counts.prompts).toBe(1);
    world.server.faults.refusesAll = undefined;
  },
);

test("F53: a tool that needs more rights: the error names them, the next sign-in asks for all of them, and then it works", async () => {
  const world = await scene();
  expect((await world.tutti("login", "it")).code).toBe(0);
  const client = await world.serve();
  const refused = await client.call("it__admin", { text: "x" });
  expect(markOf(refused)).toMatchObject({ code: "login_required" });
  expect(textOf(refused)).toMatch(/write.*tutti login it/);
  await calls(client, 1);
  expect((await world.tutti("login", "it")).code).toBe(0);
  const scopes = world.authorization.requests.flatMap(({ path, query }) =>
    path === "/authorize" ? [(query.get("scope") ?? "").split(" ").sort()] : [],
  );
  expect(scopes).toEqual([
    ["offline_access", "read"],
    ["offline_access", "read", "write"],
  ]);
  await untilLetIn(client);
  expect(textOf(await client.call("it__admin", { text: "y" }))).toBe("y");
});

const spoilt: Readonly<Record<string, (path: string) => void>> = {
  "others may read": (path) => chmodSync(path, 0o644),
  "others may write": (path) => chmodSync(path, 0o620),
  "is a link": (path) => {
    renameSync(path, `${path}.real`);
    symlinkSync(`${path}.real`, path);
  },
  "is cut": (path) => writeFileSync(path, readFileSync(path, "utf8").slice(0, -20)),
  "is something else": (path) => writeFileSync(path, '{"format": 1, "grants": [{"issuer": 1}]}'),
  "is empty": (path) => writeFileSync(path, ""),
  "is a folder": (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};

test.each(Object.entries(spoilt))(
  "F75: a file of tokens that %s is refused with its path and the cure, and nothing is sent with what it holds",
  async (_, spoil) => {
    const world = await scene();
    expect((await world.tutti("login", "it")).code).toBe(0);
    const [path = ""] = tokenFiles(world);
    spoil(path);
    world.server.requests.length = 0;
    const client = world.begin("serve");
    await client.handshake();
    const reply = await client.call("it__echo", { text: "x" });
    const said = JSON.stringify(reply);
    expect(said).toContain(path);
    expect(said).toMatch(/chmod 600|put the file itself there|remove it|it is not a file/);
    expect(world.server.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    expect(world.authorization.counts.refreshes).toBe(0);
  },
);

test("F75: a folder of tokens that others may look into is refused", async () => {
  const world = await scene();
  expect((await world.tutti("login", "it")).code).toBe(0);
  chmodSync(join(world.state, "tutti", "auth"), 0o755);
  const { code, stderr } = await world.tutti("call", "it__echo", "{}");
  expect([code, stderr]).toEqual([6, expect.stringMatching(/auth.*chmod 700/)]);
});

test.runIf(canMount())(
  "F75: tokens that cannot be written (disk full) are held and used, and it is said that they are lost with the process",
  async () => {
    const world = await scene();
    expect((await world.tutti("login", "it")).code).toBe(0);
    const through = [...onFullDisk, process.execPath] as const;
    const client = start(["serve", "--config", world.config], { ...world.at, through });
    await client.handshake();
    await calls(client, 1);
    world.authorization.grants.expireAccess();
    await calls(client, 3);
    await until("a word about it", () => /cannot be kept.*ENOSPC/.test(client.stderr));
    // The refresh token that is held is the one that counts.
    world.authorization.grants.expireAccess();
    await calls(client, 3);
    expect(world.authorization.counts).toMatchObject({ refreshes: 2, prompts: 1 });
    expect(world.authorization.grants.reused).toBe(0);
    expect(client.stderr).not.toContain("defect");
  },
);

test("F75: files of tokens are for the user alone, and so is their folder", async () => {
  const world = await scene();
  expect((await world.tutti("login", "it")).code).toBe(0);
  const folder = join(world.state, "tutti", "auth");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777])).toEqual([
    [expect.stringMatching(/^[0-9a-f]{32}\.json$/), 0o600],
  ]);
});

test("F60: tokens, codes, verifiers and states are in nothing that tutti says or logs, also where the server says them", async () => {
  const world = await scene();
  const login = await world.tutti("login", "it", "--log", "debug");
  const client = start(["serve", "--log", "debug", "--config", world.config], world.at);
  await client.handshake();
  await client.request("tools/list");
  await calls(client, 1);
  world.authorization.grants.expireAccess();
  await calls(client, 1);
  // A server that says back what it was sent.
  world.server.faults.intercept = (request, response) => {
    response.writeHead(500).end(`no ${request.headers.authorization}`);
    return true;
  };
  const reply = JSON.stringify(await client.call("it__echo", { text: "x" }));
  const { requests, grants } = world.authorization;
  const forms = requests.flatMap(({ form }) =>
    ["code", "code_verifier", "refresh_token"].flatMap((one) => form.get(one) ?? []),
  );
  const sent = world.server.requests.flatMap(({ authorization }) => authorization?.slice("Bearer ".length) ?? []);
  const secrets = new Set([...grants.alive, ...forms, ...sent]);
  expect(secrets.size).toBeGreaterThanOrEqual(6);
  client.child.stdin.end();
  await client.exit();
  const logs = filesIn(join(world.state, "tutti")).filter((path) => !path.includes("/auth/"));
  const said = [
    login.stdout,
    login.stderr,
    client.stderr,
    reply,
    ...client.lines,
    ...logs.map((path) => readFileSync(path, "utf8")),
  ];
  for (const secret of secrets) expect(said.filter((text) => text.includes(secret))).toEqual([]);
});

function tokenFiles({ state }: Scene): readonly string[] {
  return filesIn(join(state, "tutti", "auth")).filter((path) => path.endsWith(".json"));
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
