import { expect, test } from "vitest";
import { bytesWrittenBy, memoryOf } from "./support/processes.ts";
import { configFile, fake, type Started, serveReady, start } from "./support/program.ts";
import { textOf } from "./support/raw-client.ts";
import { until, untilSteady } from "./support/until.ts";

/** What tutti may hold for a client or server that does not read, in MiB: far below what these tests send. */
const mostMoreMiB = 80;

async function pidOf(client: Started, server: string): Promise<number> {
  return Number(textOf(await client.call(`${server}__pid`)));
}

test("memory stays bounded while a client does not read what a server floods it with, and then the newest of it comes", async () => {
  const client = await serveReady(configFile({ flooder: fake(), one: fake() }));
  const flooder = await pidOf(client, "flooder");
  const before = memoryOf(client.pid);
  client.child.stdout.pause();
  const params = { name: "flooder__flood", arguments: { count: 2000, bytes: 65_536 }, _meta: { progressToken: "t" } };
  const flood = client.ask("tools/call", params);
  await until("the whole flood", () => bytesWrittenBy(flooder) > params.arguments.count * params.arguments.bytes);
  const echo = client.ask("tools/call", { name: "one__echo", arguments: { text: "beside" } });
  expect(memoryOf(client.pid) - before).toBeLessThan(mostMoreMiB);

  client.child.stdout.resume();
  expect(textOf(await client.reply(echo))).toBe("beside");
  expect(textOf(await client.reply(flood))).toBe("flooded");
  const told = client.notifications("notifications/progress") as { params: { progress: number } }[];
  expect(told.length).toBeLessThan(200);
  expect(told.at(-1)?.params.progress).toBe(params.arguments.count);
});

test("memory stays bounded while a client does not read a flood of short messages", async () => {
  const client = await serveReady(configFile({ flooder: fake() }));
  const flooder = await pidOf(client, "flooder");
  const before = memoryOf(client.pid);
  client.child.stdout.pause();
  const args = { count: 200_000, bytes: 100 };
  client.ask("tools/call", { name: "flooder__flood", arguments: args, _meta: { progressToken: "t" } });
  await until("the whole flood", () => bytesWrittenBy(flooder) > args.count * args.bytes);
  expect(memoryOf(client.pid) - before).toBeLessThan(mostMoreMiB);
});

test("memory stays bounded while a client does not read long results, and then each comes", async () => {
  const client = await serveReady(configFile({ big: fake(), one: fake() }));
  const server = await pidOf(client, "big");
  const before = memoryOf(client.pid);
  client.child.stdout.pause();
  const args = { bytes: 4 * 2 ** 20 };
  const long = Array.from({ length: 30 }, () => client.ask("tools/call", { name: "big__big", arguments: args }));
  await until("the results to begin", () => bytesWrittenBy(server) > 2 ** 20);
  await untilSteady("the results", 500, () => bytesWrittenBy(server));
  expect(memoryOf(client.pid) - before).toBeLessThan(mostMoreMiB);

  const echo = client.ask("tools/call", { name: "one__echo", arguments: { text: "beside" } });
  client.child.stdout.resume();
  expect(textOf(await client.reply(echo))).toBe("beside");
  expect(long.filter((id) => client.replies(id).length === 0).length).toBeGreaterThan(0);
  for (const id of long) expect(textOf(await client.reply(id))).toHaveLength(args.bytes);
});

test("memory stays bounded, and calls are answered, when a server babbles and nobody reads the log", async () => {
  const client = await serveReady(configFile({ babbler: fake(), one: fake() }));
  client.child.stderr.pause();
  const before = memoryOf(client.pid);
  expect(textOf(await client.call("babbler__babble", { count: 200_000, bytes: 300 }))).toBe("babbled");
  expect(textOf(await client.call("one__echo", { text: "beside" }))).toBe("beside");
  expect(memoryOf(client.pid) - before).toBeLessThan(mostMoreMiB);
});

test("calls are answered after the client has closed tutti's stderr", async () => {
  const client = await serveReady(configFile({ one: fake() }));
  client.child.stderr.destroy();
  for (let call = 0; call < 3; call++) {
    expect(textOf(await client.call("one__say", { text: "who hears this" }))).toBe("said");
  }
  client.child.stdin.end();
  expect((await client.exit()).code).toBe(0);
});

test.each([["list"], ["check"], ["--help"]])(
  "tutti %s ends quietly, and nothing is left, when its reader has gone",
  async (command) => {
    const client = start([command, "--config", configFile({ one: fake() })]);
    client.child.stdout.destroy();
    await client.exit();
    expect(client.stderr).not.toMatch(/EPIPE|^ +at /m);
    expect(client.servers()).toEqual([]);
  },
);

test("a message that is too deep, too long or no JSON costs itself alone", async () => {
  const client = await serveReady(configFile({ one: fake() }));
  const slow = client.ask("tools/call", { name: "one__sleep", arguments: { ms: 300 } });
  client.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${"[".repeat(5e6)}${"]".repeat(5e6)}}`);
  client.send(
    `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"one__echo","x":"${"x".repeat(33 * 2 ** 20)}"}}`,
  );
  client.send("what?");
  client.send("");
  client.send("[]");
  client.send('{"jsonrpc":"2.0","id":3,"method":"no/such"}');
  expect((await client.reply(1)).error?.code).toBe(-32600);
  expect((await client.reply(2)).error?.code).toBe(-32600);
  expect((await client.reply(3)).error?.code).toBe(-32601);
  expect(client.replies(null).map(({ error }) => error?.code)).toEqual([-32700, -32600]);
  expect(textOf(await client.reply(slow))).toBe("slept 300");
});
