import { expect, test } from "vitest";
import { cpuMsOf } from "../e2e/support/processes.ts";
import { fake } from "../e2e/support/program.ts";
import { markOf, type Reply, textOf } from "../e2e/support/raw-client.ts";
import { bestOfThree } from "../e2e/support/until.ts";
import { besides, raw, serveWatched, type Watched } from "./support/watched.ts";

const badReply = { origin: "tutti", server: "one", code: "bad_reply", mayHaveRun: true };
const result = (text: string) => `{"content":[{"type":"text","text":${JSON.stringify(text)}}]}`;
const right = `{"jsonrpc":"2.0","id":$ID,"result":${result("right")}}\n`;

/** Has the server write this where a reply is expected. */
async function write(client: Watched, text: string, more: object = {}): Promise<Reply> {
  return await client.call("one__write", { text, ...more });
}

/** The line of a reply as it came. */
function lineOf(client: Watched, { id }: Reply): string {
  return client.lines.find((line) => line.includes(`"id":${JSON.stringify(id)}`) && !line.includes('"method"')) ?? "";
}

test("F1: a line of 33 MiB, one more than the bound: its call fails as too long, 50 others of that server succeed, and it is the same process", async () => {
  const client = await serveWatched({ one: fake() });
  const pid = textOf(await client.call("one__pid"));
  const siblings = Array.from({ length: 50 }, (_, at) =>
    client.ask("tools/call", { name: "one__sleep", arguments: { ms: 100 + 10 * at } }),
  );
  const long = await client.call("one__big", { bytes: 33 * 2 ** 20 });
  expect(markOf(long)).toEqual(badReply);
  expect(textOf(long)).toMatch(/^one: .*too long|^one: .*longer/);
  const replies = await Promise.all(siblings.map((id) => client.reply(id)));
  expect(replies.map(textOf)).toEqual(siblings.map((_, at) => `slept ${100 + 10 * at}`));
  expect(textOf(await client.call("one__pid"))).toBe(pid);
});

test("F2: an endless line at full speed for 10 s: memory stays bounded, its call fails, and the others are answered as before", async () => {
  const client = await serveWatched({ one: raw(), beside: raw() }, { limits: { maxMessageBytes: 2 ** 20 } });
  const usual = besides(client, "beside__echo");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = await usual();
  const base = client.peakMiB();
  const end = besides(client, "beside__echo");
  const args = { head: '{"jsonrpc":"2.0","id":$ID,"result":{"x":"', body: "x".repeat(64), ms: 10_000 };
  const endless = await client.call("one__endless", args);
  expect(markOf(endless)).toEqual(badReply);
  const during = await end();
  expect(during.wrong).toEqual([]);
  expect(client.peakMiB() - base).toBeLessThan(64);
  const middle = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  // The server works at full speed on the same machine as well.
  expect(middle(during.tookMs)).toBeLessThan(10 * middle(before.tookMs) + 20);
  expect(textOf(await client.call("one__echo", { text: "again" }))).toBe("again");
});

test("F3: a valid reply of 100 KB in writes of one byte: it is right, and costs less CPU than it costs who writes it", async () => {
  const client = await serveWatched({ one: raw() });
  const pid = Number(textOf(await client.call("one__pid")));
  const [head, tail] = ['{"content":[{"type":"text","text":"', '"}]}'];
  const args = { head: `{"jsonrpc":"2.0","id":$ID,"result":${head}`, body: "é😀x ", times: 12_500, tail: `${tail}}\n` };
  const before = [client.pid, pid].map(cpuMsOf);
  const reply = await client.call("one__trickle", args);
  const [own = 0, writers = 0] = [client.pid, pid].map((one, at) => cpuMsOf(one) - (before[at] ?? 0));
  expect(lineOf(client, reply).includes(head + args.body.repeat(args.times) + tail)).toBe(true);
  expect(own).toBeLessThan(writers);
});

test("F4: a reply cut between any two bytes, also within characters: it arrives intact", async () => {
  const client = await serveWatched({ one: raw() });
  const letter = result("é 😀 \u2028 漢字");
  const reply = await write(client, `{"jsonrpc":"2.0","id":$ID,"result":${letter}}\n`, { bytesAtATime: 1, everyMs: 1 });
  expect(lineOf(client, reply)).toContain(letter);
});

test("F5: bytes in a result that are no UTF-8: an error of tutti's own for that call, and the server goes on", async () => {
  const client = await serveWatched({ one: raw() });
  for (const bad of ["\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"]) {
    const line = `{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"${bad}"}]}}\n`;
    const base64 = Buffer.from(line, "latin1").toString("base64");
    expect(markOf(await client.call("one__write", { base64 }))).toEqual(badReply);
    expect(textOf(await client.call("one__echo", { text: "goes on" }))).toBe("goes on");
  }
});

test("F6: NUL, line separators and half characters in strings: their bytes are kept", async () => {
  const client = await serveWatched({ one: raw() });
  const text = String.raw`"\u0000 \u2028 \ud800 \udc00\ud83d ${"\u2028\u2029\u007f"}\/ \u00e9"`;
  const letter = `{"content":[{"type":"text","text":${text}}],"${"\u2029"}":${text}}`;
  const reply = await write(client, `{"jsonrpc":"2.0","id":$ID,"result":${letter}}\n`);
  expect(lineOf(client, reply)).toContain(letter);
});

test("F7: lists nested a million deep: an error of tutti's own, and its event loop stands still for less than 50 ms", async () => {
  const client = await serveWatched({ one: raw(), beside: raw() });
  const nested = { head: '{"jsonrpc":"2.0","id":$ID,"result":', body: "[", times: 1e6, tail: `${"]".repeat(10)}\n` };
  const objects = { ...nested, body: '{"a":', tail: "\n" };
  const stoodStillMs = await bestOfThree(50, async () => {
    await client.stoodStillMs();
    const end = besides(client, "beside__echo");
    for (const args of [nested, objects]) expect(markOf(await client.call("one__long", args))).toEqual(badReply);
    expect((await end()).wrong).toEqual([]);
    return await client.stoodStillMs();
  });
  expect(stoodStillMs).toBeLessThan(50);
});

test("F8: 10 MB of [{},{},…]: they go on byte by byte, and the event loop stands still for less than 50 ms", async () => {
  const client = await serveWatched({ one: raw(), beside: raw() });
  const [body, times] = ["{},", 3_300_000];
  const [head, tail] = ['{"content":[],"structuredContent":{"all":[', "{}]}}"];
  const args = { head: `{"jsonrpc":"2.0","id":$ID,"result":${head}`, body, times, tail: `${tail}}\n` };
  const stoodStillMs = await bestOfThree(50, async () => {
    await client.stoodStillMs();
    const end = besides(client, "beside__echo");
    const reply = await client.call("one__long", args);
    expect(lineOf(client, reply).includes(`${head}${body.repeat(times)}${tail}`)).toBe(true);
    expect((await end()).wrong).toEqual([]);
    return await client.stoodStillMs();
  });
  expect(stoodStillMs).toBeLessThan(50);
});

test("F9: members twice in the envelope: the message counts for nothing but an error of that call, and no wrong one is taken", async () => {
  const client = await serveWatched({ one: raw(), two: { ...raw(), callTimeoutMs: 500 } });
  const twice = [
    `{"jsonrpc":"2.0","id":$ID,"result":${result("first")},"result":${result("second")}}\n`,
    `{"jsonrpc":"2.0","id":$ID,"result":${result("x")},"id":$ID}\n`,
  ];
  for (const line of twice) expect(markOf(await write(client, line))).toEqual(badReply);
  // Whose it is cannot be told any more.
  const nobodys = [
    `{"jsonrpc":"2.0","id":999999,"id":$ID,"result":${result("x")}}\n`,
    `{"jsonrpc":"2.0","jsonrpc":"2.0","id":$ID,"result":${result("x")}}\n`,
  ];
  for (const text of nobodys) expect(markOf(await client.call("two__write", { text }))?.code).toBe("timed_out");
  expect(textOf(await write(client, right))).toBe("right");
});

test("F10: members of the envelope in the wrong case: they are ignored, and the right reply is taken", async () => {
  const client = await serveWatched({ one: raw() });
  const wrong = [`{"jsonrpc":"2.0","ID":$ID,"result":{}}`, `{"jsonrpc":"2.0","Id":$ID,"Result":{}}`];
  const odd = `{"jsonrpc":"2.0","id":$ID,"ID":7,"Method":"x","Error":{"code":1},"result":${result("right")}}`;
  expect(textOf(await write(client, `${[...wrong, odd].join("\n")}\n`))).toBe("right");
});

test("F11: __proto__ and constructor as members and as names of tools: nothing is polluted, they can be called, and arrive as they are", async () => {
  const client = await serveWatched({ one: raw("__proto__", "constructor", "toString") });
  const listed = (await client.request("tools/list")).result?.tools?.map(({ name }) => name) ?? [];
  for (const name of ["__proto__", "constructor", "toString"]) {
    expect(listed).toContain(`one__${name}`);
    expect(textOf(await client.call(`one__${name}`))).toBe(name);
  }
  const args = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":null}}';
  client.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"one__arguments","arguments":${args}}}`);
  expect(textOf(await client.reply(5))).toContain(args);
  const letter = `{"__proto__":{"isError":true},${result("right").slice(1)}`;
  const reply = await write(client, `{"jsonrpc":"2.0","id":$ID,"result":${letter}}\n`);
  expect(lineOf(client, reply)).toContain(letter);
});

test("F12: CRLF, blank lines, a byte order mark and lines of a log between messages: skipped, and told of in the log", async () => {
  const client = await serveWatched({ one: raw() });
  const noise = '\r\n\n   \n\uFEFF\nINFO listening on port 7\r\n{"level":30,"msg":"hello"}\n\u001b[2J\n';
  expect(textOf(await write(client, `${noise}${right.replace("\n", "\r\n")}${noise}`))).toBe("right");
  expect(textOf(await client.call("one__echo", { text: "goes on" }))).toBe("goes on");
  expect(client.stderr).toContain("INFO listening on port 7");
  expect(client.stderr).not.toContain("\u001b[2J");
});

test("F13: JSON-RPC batches, of servers and of clients: no crash, and whatever is in them ends nothing but itself", async () => {
  const client = await serveWatched({ one: { ...raw(), callTimeoutMs: 500 } });
  const batch = `[${right.trim()},{"jsonrpc":"2.0","method":"notifications/message","params":{}}]\n`;
  expect(markOf(await write(client, batch))?.code).toMatch(/bad_reply|timed_out/);
  expect(textOf(await write(client, `[]\n[[]]\n${right}`))).toBe("right");
  client.send('[{"jsonrpc":"2.0","id":70,"method":"ping"},{"jsonrpc":"2.0","id":71,"method":"tools/list"}]');
  client.send("[]");
  expect(textOf(await client.call("one__echo", { text: "goes on" }))).toBe("goes on");
  expect(client.replies(null).map(({ error }) => error?.code)).toEqual([-32600, -32600]);
});

test("F14: 64-bit integers, 1.0, -0 and 1e400: the same bytes at the client, and at the server", async () => {
  const client = await serveWatched({ one: raw() });
  const numbers = '{"a":9223372036854775807,"b":1.0,"c":-0,"d":1e400,"e":1E+2,"f":0.10,"g":-9007199254740993}';
  const letter = `{"content":[],"structuredContent":${numbers}}`;
  const reply = await write(client, `{"jsonrpc":"2.0","id":$ID,"result":${letter}}\n`);
  expect(lineOf(client, reply)).toContain(letter);
  client.send(
    `{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"one__arguments","arguments":${numbers}}}`,
  );
  expect(textOf(await client.reply(5))).toContain(numbers);
});
