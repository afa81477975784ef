import { expect, test } from "vitest";
import { serveHttpReady } from "../e2e/support/http-program.ts";
import { rawSession } from "../e2e/support/http-raw-client.ts";
import { fake, fixture } from "../e2e/support/program.ts";
import { markOf, textOf } from "../e2e/support/raw-client.ts";
import { patient, until } from "../e2e/support/until.ts";
import { raw, serveWatched } from "./support/watched.ts";

const result = (text: string) => `{"content":[{"type":"text","text":${JSON.stringify(text)}}]}`;
const replyTo = (id: string, text = "not for you") => `{"jsonrpc":"2.0","id":${id},"result":${result(text)}}\n`;
const right = replyTo("$ID", "right");
const cancelling = '"method":"notifications/cancelled"';
/** Those that tutti gives to its first calls on a connection, and many beside them. */
const likelyIds = Array.from({ length: 20 }, (_, round) => round * 65_536).flatMap((first) =>
  Array.from({ length: 30 }, (_, at) => first + at),
);

test("F15: replies under ids that nobody waits for: they are dropped and told of, and the right one is delivered", async () => {
  const client = await serveWatched({ one: raw() });
  const ids = ["999", "-1", "0", "9007199254740993", '"x"', "1e3", "[1]", "{}", "true"];
  for (let round = 0; round < 3; round++) {
    const text = ids.map((id) => replyTo(id)).join("") + right;
    expect(textOf(await client.call("one__write", { text }))).toBe("right");
  }
  expect(client.stderr).toContain("dropped a reply with the id 999");
  expect(client.lines.filter((line) => line.includes("not for you"))).toEqual([]);
});

test("F16: the same reply twice and three times: the first is delivered, once, and the others are told of", async () => {
  const client = await serveWatched({ one: raw() });
  for (let round = 0; round < 3; round++) {
    const id = client.ask("tools/call", { name: "one__write", arguments: { text: right + replyTo("$ID").repeat(2) } });
    expect(textOf(await client.reply(id))).toBe("right");
    expect(textOf(await client.call("one__echo", { text: "next" }))).toBe("next");
    expect(client.replies(id)).toHaveLength(1);
  }
  expect(client.stderr).toContain("dropped a reply");
});

test("F17: the id comes back as text, with a fraction, as null or not at all: not taken, and the right reply is delivered", async () => {
  const client = await serveWatched({ one: raw() });
  for (const id of ['"$ID"', "$ID.0", "$IDe0", "null", "+$ID", "0$ID", '"0x$ID"']) {
    const text = `${replyTo(id)}{"jsonrpc":"2.0","result":${result("no id")}}\n${right}`;
    expect([id, textOf(await client.call("one__write", { text }))]).toEqual([id, "right"]);
  }
});

test("F18: the reply to a call that was taken back: it reaches nobody, and the next call has its own", async () => {
  const client = await serveWatched({ one: raw() });
  const id = client.ask("tools/call", { name: "one__sleep", arguments: { ms: 300 } });
  client.notify("notifications/cancelled", { requestId: id });
  expect(textOf(await client.call("one__sleep", { ms: 600 }))).toBe("slept 600");
  expect(client.replies(id)).toEqual([]);
  expect(textOf(await client.call("one__heard", { saying: cancelling }))).toMatch(/requestId/);
});

test("F19: a reply that comes after the deadline: its call has failed, the reply is dropped, and the next call has its own", async () => {
  const client = await serveWatched({ late: { ...fake(), callTimeoutMs: 200 } });
  const late = client.ask("tools/call", { name: "late__sleep", arguments: { ms: 400 } });
  expect(markOf(await client.reply(late))).toMatchObject({ code: "timed_out", mayHaveRun: true });
  for (let call = 0; call < 4; call++) {
    expect(textOf(await client.call("late__sleep", { ms: 100 }))).toBe("slept 100");
  }
  expect(client.replies(late)).toHaveLength(1);
});

test("F20: a server answers under every id that another one was given: its own calls alone see it, the other's reply is delivered", async () => {
  const client = await serveWatched({ honest: raw(), liar: raw() });
  const waiting = Array.from({ length: 10 }, (_, at) =>
    client.ask("tools/call", { name: "honest__sleep", arguments: { ms: 400 + at } }),
  );
  const all = likelyIds.map((id) => replyTo(String(id))).join("");
  await client.call("liar__write", { text: all + right });
  const given = JSON.parse(textOf(await client.call("honest__heard", { saying: '"name":"sleep"' })));
  const idsGiven = given.map((line: string) => JSON.parse(line).id);
  expect(idsGiven.filter((id: number) => !likelyIds.includes(id))).toEqual([]);
  const replies = await Promise.all(waiting.map((id) => client.reply(id)));
  expect(replies.map(textOf)).toEqual(waiting.map((_, at) => `slept ${400 + at}`));
});

test("F21: a result and an error in one reply, and neither: invalid, an error of tutti's own", async () => {
  const client = await serveWatched({ one: { ...raw(), callTimeoutMs: 1000 } });
  const error = '"error":{"code":1,"message":"x"}';
  for (const both of [`${error},"result":${result("x")}`, `"result":${result("x")},${error}`]) {
    const reply = await client.call("one__write", { text: `{"jsonrpc":"2.0","id":$ID,${both}}\n` });
    expect(markOf(reply)).toMatchObject({ origin: "tutti", code: "bad_reply" });
  }
  const neither = await client.call("one__write", { text: '{"jsonrpc":"2.0","id":$ID}\n' });
  expect(markOf(neither)).toMatchObject({ origin: "tutti" });
  expect(textOf(await client.call("one__write", { text: right }))).toBe("right");
});

test("F22: a client uses an id again while it is in flight, over stdio: each call gets its own answer", async () => {
  const ids = [7, "seven", 0, ""];
  const client = await serveWatched({ one: fake(), two: fake() }, {}, { mayRepeat: ids });
  for (const id of ids) {
    const ask = (name: string, args: object) =>
      client.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } });
    ask("one__sleep", { ms: 400 });
    ask("two__echo", { text: "second" });
    ask("one__sleep", { ms: 100 });
    await until("three replies", () => client.replies(id).length === 3);
    expect(client.replies(id).map(textOf)).toEqual(["second", "slept 100", "slept 400"]);
  }
});

test("F22: a client uses an id again while it is in flight, over HTTP: each answer comes to its own request", async () => {
  const served = await serveHttpReady({ one: raw() });
  const session = await rawSession(served);
  const ms = [300, 100, 200, 250, 50];
  const all = await Promise.all(
    ms.map((one) => session.request("tools/call", { name: "one__sleep", arguments: { ms: one } }, 7)),
  );
  expect(all.map((reply) => [reply.id, textOf(reply)])).toEqual(ms.map((one) => [7, `slept ${one}`]));
});

test("F23: ids 0, an empty text, beyond 2^53, and a text of 64 KiB: echoed exactly; ids that are none are refused", async () => {
  const client = await serveWatched({ one: raw() });
  const good = ["0", '""', "9007199254740993", "-1", `"${"x".repeat(65_536)}"`, '"\\u0041"', '"1"', "1"];
  for (const [at, id] of good.entries()) {
    const params = `{"name":"one__echo","arguments":{"text":"number ${at}"}}`;
    client.send(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`);
    const line = await until(`the reply to ${id}`, () => client.lines.find((one) => one.includes(`number ${at}`)));
    expect(line).toContain(`"id":${id}`);
  }
  for (const id of ["[1]", "{}", "true", "null"]) {
    const before = client.replies(null).length;
    client.send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    await until(`the refusal of ${id}`, () => client.replies(null).length > before);
    expect(client.replies(null).at(-1)?.error?.code).toBe(-32600);
  }
});

test("F24: cancels of calls unknown and over, and under ids that are none: ignored, and calls in flight are answered", async () => {
  const client = await serveWatched({ one: raw() });
  const slow = client.ask("tools/call", { name: "one__sleep", arguments: { ms: 400 } });
  const done = client.ask("tools/call", { name: "one__echo", arguments: { text: "done" } });
  await client.reply(done);
  for (const requestId of [done, -1, 0, "x", String(slow), null, { slow }, 2 ** 53]) {
    client.notify("notifications/cancelled", { requestId });
  }
  client.notify("notifications/cancelled");
  expect(textOf(await client.reply(slow))).toBe("slept 400");
  expect(textOf(await client.call("one__heard", { saying: cancelling }))).toBe("[]");
});

test("F24: a cancel under the id that another client's call has: ignored, and that call is answered", async () => {
  const served = await serveHttpReady({ one: raw() });
  const [one, other] = [await rawSession(served), await rawSession(served)];
  const slow = one.request("tools/call", { name: "one__sleep", arguments: { ms: 800 } }, 7);
  await other.request("ping", {}, 1);
  expect(await other.notify("notifications/cancelled", { requestId: 7 })).toBe(202);
  expect(textOf(await slow)).toBe("slept 800");
});

test("F26: a server says that calls of the client are cancelled: ignored, and each is answered", async () => {
  const client = await serveWatched({ one: raw() });
  const cancels = [...likelyIds, '"x"', "null"]
    .map((id) => `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}\n`)
    .join("");
  const slow = client.ask("tools/call", { name: "one__sleep", arguments: { ms: 300 } });
  expect(textOf(await client.call("one__write", { text: cancels + right }))).toBe("right");
  expect(textOf(await client.reply(slow))).toBe("slept 300");
  expect(client.notifications("notifications/cancelled")).toEqual([]);
});

test("F28: a hundred calls at once to ten servers of which one hangs: ninety are answered, without waiting for the others", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
  const servers = Object.fromEntries(names.map((name) => [name, { ...fake(), callTimeoutMs: 3000 }]));
  const client = await serveWatched(servers);
  const calls = names.flatMap((name) =>
    Array.from({ length: 10 }, (_, index) => {
      const call =
        name === "s3"
          ? { name: "s3__hang", arguments: {} }
          : { name: `${name}__echo`, arguments: { text: `${index}` } };
      return { name, text: `${index}`, id: client.ask("tools/call", call) };
    }),
  );
  const healthy = calls.filter(({ name }) => name !== "s3");
  const replies = await Promise.all(healthy.map(({ id }) => client.reply(id)));
  expect(replies.map(textOf)).toEqual(healthy.map(({ text }) => text));
  const hanging = calls.filter(({ name }) => name === "s3");
  expect(hanging.flatMap(({ id }) => client.replies(id))).toEqual([]);
  const late = await Promise.all(hanging.map(({ id }) => client.reply(id)));
  expect(late.map((reply) => markOf(reply)?.code)).toEqual(hanging.map(() => "timed_out"));
});

test("F29: replies in reverse order, in pieces: each call gets its own", async () => {
  const client = await serveWatched({ one: raw(), two: raw() });
  const calls = Array.from({ length: 100 }, (_, at) => {
    const name = `${at % 2 === 0 ? "one" : "two"}__reversed`;
    const text = `${at} é ${"x".repeat(at * 7)}`;
    return { text, id: client.ask("tools/call", { name, arguments: { of: 50, text } }) };
  });
  const replies = await Promise.all(calls.map(({ id }) => client.reply(id)));
  expect(replies.map(textOf)).toEqual(calls.map(({ text }) => text));
});

const swarm = (era: string) => ({ ...fixture("swarm-server.mjs", era, "it"), shared: true });

test("F27: a shared server asks something in and after a call: refused, and it reaches no client, whatever that could answer", async () => {
  const served = await serveHttpReady({ it: swarm("legacy") });
  const clients = [await rawSession(served), await rawSession(served), await rawSession(served, { elicitation: {} })];
  const results = clients.map((client, at) => client.call("it__work", { nonce: `n${at}`, asks: 2, late: 1, ms: 30 }));
  for (const [at, { result }] of (await Promise.all(results)).entries()) {
    expect(JSON.parse(result.content[0].text)).toMatchObject({ nonce: `n${at}`, said: ["refused", "refused"] });
  }
  for (const { heard } of clients) expect(heard.filter(({ id }) => id !== undefined)).toEqual([]);
});

test("F27: questions that the client cannot answer, under ids of calls in flight: refused one by one, and the calls are answered", async () => {
  const client = await serveWatched({ one: raw() });
  const methods = ["sampling/createMessage", "elicitation/create", "roots/list"];
  const asks = methods.map((method) => `{"jsonrpc":"2.0","id":$ID,"method":"${method}","params":{}}\n`).join("");
  expect(textOf(await client.call("one__write", { text: asks + right }))).toBe("right");
  const answers = async () => JSON.parse(textOf(await client.call("one__heard", { saying: '"error":{' })));
  await expect.poll(answers, patient).toHaveLength(3);
  expect(methods.flatMap((method) => client.notifications(method))).toEqual([]);
});
