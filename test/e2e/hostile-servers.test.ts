import { expect, test } from "vitest";
import { signal } from "./support/processes.ts";
import { configFile, fake, fixture, serveReady } from "./support/program.ts";
import { markOf, textOf } from "./support/raw-client.ts";

test("a server that answers under wrong, duplicate, foreign and never issued ids changes nothing for other servers", async () => {
  const client = await serveReady(configFile({ liar: fake(), one: fake() }));
  const waiting = [300, 301, 302].map((ms) => client.ask("tools/call", { name: "one__sleep", arguments: { ms } }));
  const lies = Array.from({ length: 9 }, () => client.ask("tools/call", { name: "liar__wrong_ids", arguments: {} }));
  const replies = await Promise.all(waiting.map((id) => client.reply(id)));
  expect(replies.map(textOf)).toEqual(["slept 300", "slept 301", "slept 302"]);
  // What a server says under the id of another of its own calls in flight is that call's answer; nobody can tell better.
  for (const id of [...waiting, ...lies]) expect(client.replies(id)).toHaveLength(1);
  expect(client.notifications("notifications/progress")).toEqual([]);
});

test("answers under ids that are not in flight change nothing for the next calls of the same server", async () => {
  const client = await serveReady(configFile({ liar: fake() }));
  for (let call = 0; call < 5; call++) {
    const id = client.ask("tools/call", { name: "liar__wrong_ids", arguments: {}, _meta: { progressToken: "mine" } });
    expect(textOf(await client.reply(id))).toBe("right");
    expect(textOf(await client.call("liar__echo", { text: "mine" }))).toBe("mine");
    expect(client.replies(id)).toHaveLength(1);
  }
  expect(client.notifications("notifications/progress")).toEqual([]);
});

test("stdout carries the protocol alone while servers write anything else to theirs", async () => {
  const config = configFile({ noisy: fixture("noisy-stdout.mjs"), one: fake() });
  const client = await serveReady(config, ["--log", "debug"]);
  expect(textOf(await client.call("noisy__echo", { text: "hello" }))).toBe("hello");
  await client.call("noisy__babble", { count: 1000, bytes: 1000 });
  await client.call("noisy__crash");
  expect(client.strayLines).toEqual([]);
  expect(client.stderr).toContain("Starting server");
  expect(client.stderr).not.toContain("\u001b");
});

test("a reply that is too long fails its own call, and the server and its other calls live on", async () => {
  const config = configFile({ one: fake() }, { limits: { maxMessageBytes: 2 ** 20 } });
  const client = await serveReady(config);
  const slow = client.ask("tools/call", { name: "one__sleep", arguments: { ms: 300 } });
  const long = await client.call("one__big", { bytes: 2 ** 22 });
  expect(markOf(long)).toEqual({ origin: "tutti", server: "one", code: "bad_reply", mayHaveRun: true });
  expect(textOf(await client.reply(slow))).toBe("slept 300");
  expect(textOf(await client.call("one__big", { bytes: 2 ** 19 }))).toHaveLength(2 ** 19);
});

test("a server that stops its process makes its own calls time out, and answers again when it goes on", async () => {
  const client = await serveReady(configFile({ one: { ...fake(), callTimeoutMs: 500 }, two: fake() }));
  const pid = Number(textOf(await client.call("one__pid")));
  signal(pid, "SIGSTOP");
  const stopped = client.ask("tools/call", { name: "one__echo", arguments: {} });
  expect(textOf(await client.call("two__echo", { text: "beside" }))).toBe("beside");
  expect(markOf(await client.reply(stopped))).toMatchObject({ code: "timed_out", mayHaveRun: true });
  signal(pid, "SIGCONT");
  expect(textOf(await client.call("one__echo", { text: "again" }))).toBe("again");
});
