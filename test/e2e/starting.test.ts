import { expect, test } from "vitest";
import {
  configFile,
  fake,
  fixture,
  heldServer,
  type Started,
  serve,
  start,
  temporaryFolder,
} from "./support/program.ts";
import { markOf, textOf } from "./support/raw-client.ts";
import { timed, until } from "./support/until.ts";

function toolNames(client: Started): Promise<string[]> {
  return client.request("tools/list").then(({ result }) => (result?.tools ?? []).map(({ name }) => name));
}

test.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])(
  "initialize is answered in version %s",
  async (version) => {
    const client = start(["serve", "--config", configFile({ never: fixture("never-starts.mjs") })]);
    const { result } = await client.handshake(version);
    expect(result).toEqual({
      protocolVersion: version,
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
      instructions: expect.stringMatching(/Servers: never\.$/),
      serverInfo: { name: "tutti", title: "tutti", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
    });
  },
);

test.each(["2099-01-01", "", "x".repeat(10_000)])(
  "initialize for a version that nobody knows is answered in our newest",
  async (version) => {
    const client = start(["serve", "--config", configFile({})]);
    expect((await client.handshake(version)).result?.protocolVersion).toBe("2025-11-25");
  },
);

test("initialize without sense in its parameters, twice, and before anything else costs nobody anything", async () => {
  const client = start(["serve", "--config", configFile({ one: fake() })]);
  const list = client.ask("tools/list");
  const odd = [
    client.ask("initialize"),
    client.ask("initialize", { protocolVersion: 1 }),
    client.ask("initialize", []),
    client.ask("ping"),
  ];
  const replies = await Promise.all(odd.map((id) => client.reply(id)));
  expect(replies.map(({ result }) => result?.protocolVersion)).toEqual([
    "2025-11-25",
    "2025-11-25",
    "2025-11-25",
    undefined,
  ]);
  expect((await client.reply(list)).result?.tools).not.toEqual([]);
});

test("ping is answered while no server is up, and while the configuration is broken", async () => {
  for (const config of [configFile({ never: fixture("never-starts.mjs") }), "/no/such/file.json"]) {
    const client = await serve(config);
    expect(await client.request("ping")).toEqual({ jsonrpc: "2.0", id: expect.any(Number), result: {} });
  }
});

test("the list waits for a slow server and no longer than startup.waitMs, and is announced when it has changed", async () => {
  const slow = heldServer();
  const servers = { slow: slow.entry, never: fixture("never-starts.mjs"), one: fake() };
  const config = configFile(servers, { startup: { waitMs: 5000 } });
  const client = await serve(config);
  let names: string[] = [];
  const ms = await timed(async () => {
    names = await toolNames(client);
  });
  expect(new Set(names.map((name) => name.split("__")[0]))).toEqual(new Set(["one"]));
  expect(ms).toBeGreaterThan(1000);
  expect(client.notifications("notifications/tools/list_changed")).toEqual([]);
  slow.release();
  await until("the news", () => client.notifications("notifications/tools/list_changed").length === 1);
  expect(new Set((await toolNames(client)).map((name) => name.split("__")[0]))).toEqual(new Set(["slow", "one"]));
});

test("the list does not wait once every server has started or failed", async () => {
  const servers = {
    one: fake(),
    absent: { command: "/no/such/command" },
    dead: fixture("exit-at-once.mjs", 1),
    off: { ...fixture("never-starts.mjs"), disabled: true },
  };
  const client = await serve(configFile(servers, { startup: { waitMs: 600_000 } }));
  expect(await toolNames(client)).toContain("one__echo");
});

test("calls to servers that are up are not delayed by one that is slow and one that never starts", async () => {
  const slow = heldServer();
  const client = await serve(configFile({ slow: slow.entry, never: fixture("never-starts.mjs"), one: fake() }));
  const late = client.ask("tools/call", { name: "slow__echo", arguments: { text: "late" } });
  const never = client.ask("tools/call", { name: "never__echo", arguments: {} });
  for (let call = 0; call < 10; call++) {
    expect(textOf(await client.call("one__echo", { text: `${call}` }))).toBe(`${call}`);
  }
  expect(client.replies(late)).toEqual([]);
  slow.release();
  expect(textOf(await client.reply(late))).toBe("late");
  expect(client.replies(never)).toEqual([]);
});

test("a call to a server that does not start within its deadline says so, and did not run", async () => {
  const client = await serve(configFile({ never: { ...fixture("never-starts.mjs"), callTimeoutMs: 300 } }));
  const reply = await client.call("never__echo");
  expect(markOf(reply)).toEqual({ origin: "tutti", server: "never", code: "unavailable", mayHaveRun: false });
  expect(textOf(reply)).toContain("still starting after 0.3 s (callTimeoutMs)");
});

test("what clients copy from a README starts anywhere: an absolute path, two variables, and no folder of its own", async () => {
  const config = configFile({ one: { ...fake(), command: "node" } });
  const env = { HOME: temporaryFolder(), PATH: "/usr/bin:/bin" };
  const client = start(["--config", config], { wholeEnv: env, cwd: "/" });
  await client.handshake();
  expect(textOf(await client.call("one__echo", { text: "hello" }))).toBe("hello");
  expect(textOf(await client.call("one__environment", { name: "HOME" }))).toBe(env.HOME);
});

test("servers get the variables that programs need and the configuration's own, and none of the others", async () => {
  const config = configFile({ one: { ...fake(), env: { MINE: "mine" } } });
  const client = start(["--config", config], { env: { NODE_OPTIONS: "--no-deprecation", AWS_SECRET: "canary" } });
  await client.handshake();
  const names = ["MINE", "PATH", "HOME", "NODE_OPTIONS", "AWS_SECRET"];
  const values = await Promise.all(names.map((name) => client.call("one__environment", { name })));
  expect(values.map((reply) => textOf(reply) !== "")).toEqual([true, true, true, false, false]);
});
