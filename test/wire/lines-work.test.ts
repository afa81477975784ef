import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { Lines } from "../../src/wire/lines.ts";
import { slot } from "../../src/wire/members.ts";
import { defaultLimits, type Heard, hear, plain } from "./drive.ts";

const mebibyte = 1024 * 1024;
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** `before`, then `bytes` of `filling`, then `after`, in chunks of 64 KiB as a pipe gives them. */
function* longLine(before: string, filling: string, bytes: number, after: string): Generator<Buffer> {
  yield Buffer.from(before);
  const chunk = Buffer.alloc(64 * 1024, filling);
  for (let sent = 0; sent < bytes; sent += chunk.length) yield Buffer.from(chunk);
  yield Buffer.from(after);
}

function start(): { lines: Lines; heard: Heard[] } {
  const heard: Heard[] = [];
  const hear = (one: Heard) => void heard.push(one);
  return { lines: new Lines(defaultLimits, hear, hear), heard };
}

/** How many of `chunks` something still holds, or a part of them: the first and the last, short ones, stand in memory of Node's. */
async function held(chunks: readonly WeakRef<ArrayBufferLike>[]): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await setImmediate();
  collect();
  return chunks.filter((chunk) => chunk.deref() !== undefined).length;
}

describe("a line of 33 MiB", () => {
  const expected = { problem: "too_long", isObject: true, hasMethod: false };

  test("fails alone, with its id, when the id came first", () => {
    const stream = longLine(`${ping}\n{"jsonrpc":"2.0","id":7,"result":"`, "x", 33 * mebibyte, `"}\n${ping}\n`);
    expect(plain(hear(stream))).toEqual([ping, expect.objectContaining({ ...expected, id: "7" }), ping]);
  });

  test("fails alone, with its id, when the id comes last", () => {
    const stream = longLine(`${ping}\n{"result":"`, "x", 33 * mebibyte, `","jsonrpc":"2.0","id":7}\n${ping}\n`);
    expect(plain(hear(stream))).toEqual([ping, expect.objectContaining({ ...expected, id: "7" }), ping]);
  });

  test("fails alone when it came in one chunk", () => {
    const line = `{"jsonrpc":"2.0","id":7,"result":"${"x".repeat(33 * mebibyte)}"}`;
    const stream = Buffer.from(`${ping}\n${line}\n${ping}\n`);
    expect(plain(hear([stream]))).toEqual([ping, expect.objectContaining({ ...expected, id: "7" }), ping]);
  });
});

describe("a reply of 3 MiB", () => {
  const asked: string[] = [];
  const hearOf = (before: string, after: string, isAwaited: boolean): unknown[] => {
    const heard: Heard[] = [];
    const keep = (one: Heard) => void heard.push(one);
    asked.length = 0;
    const lines = new Lines(defaultLimits, keep, keep, (id) => {
      asked.push(id);
      return isAwaited;
    });
    for (const chunk of longLine(before, "x", 3 * mebibyte, `${after}\n${ping}\n`)) {
      lines.push(chunk);
      if (lines.heldBytes > 1.1 * mebibyte) asked.push("held");
    }
    return plain(heard).map((one) => (typeof one === "string" ? one.length : one));
  };
  const whole = expect.any(Number);

  test("is skipped as soon as it is long, where nobody waits for its id, and the next line is read", () => {
    const heard = hearOf('{"jsonrpc":"2.0","id":7,"result":"', '"}', false);
    expect(heard).toEqual([
      expect.objectContaining({ problem: "unasked", id: "7", hasMethod: false, isObject: true }),
      ping.length,
    ]);
    expect(asked).toEqual(["7"]);
    const unasked = expect.objectContaining({ problem: "unasked", id: '"a"' });
    expect(hearOf('{"id":"a","error":"', '"}', false)).toEqual([unasked, ping.length]);
  });

  test("is read whole where somebody waits, which is asked once", () => {
    expect(hearOf('{"jsonrpc":"2.0","id":7,"result":"', '"}', true)).toEqual([whole, ping.length]);
    expect(asked.filter((one) => one !== "held")).toEqual(["7"]);
  });

  test("is asked for once more than 1 MiB of it has come, and not before, and so is the next", () => {
    const ids: string[] = [];
    const lines = new Lines(
      defaultLimits,
      () => undefined,
      () => expect.fail(),
      (id) => ids.push(id) > 0,
    );
    const begin = (id: number) => `{"jsonrpc":"2.0","id":${id},"result":"`.padEnd(mebibyte, "x");
    const asked = [begin(7), "x", `"}\n${begin(8)}`, "x"].map((text) => {
      lines.push(Buffer.from(text));
      return ids.join();
    });
    expect(asked).toEqual(["", "7", "7", "7,8"]);
  });

  test.each([
    ["its id comes last", '{"jsonrpc":"2.0","result":"', '","id":7}'],
    ["it may be a request yet", '{"jsonrpc":"2.0","id":7,"params":{"a":"', '"},"method":"m"}'],
  ])("is read whole where %s", (_what, before, after) => {
    expect(hearOf(before, after, false)).toEqual([whole, ping.length]);
    expect(asked).not.toContain("7");
  });
});

test("how many bytes belong to lines that failed is counted, in whatever chunks they come, and no others are", () => {
  const bad = `{"jsonrpc":"2.0","id":1,"result":]${"x".repeat(100)}`;
  for (const size of [1, 7, 1000]) {
    const { lines } = start();
    const bytes = Buffer.from(`${ping}\n${bad}\n\n${ping}\nno JSON\n`);
    for (let at = 0; at < bytes.length; at += size) lines.push(Buffer.from(bytes.subarray(at, at + size)));
    expect(lines.wastedBytes).toBe(bad.length + "no JSON".length);
  }
});

describe("memory", () => {
  test.each([
    ["too long", '{"jsonrpc":"2.0","id":7,"result":"', 34],
    ["no JSON", "{]", 1],
  ])("holds nothing of a line that is %s while the rest of it is skipped", async (_what, before, mebibytes) => {
    const { lines, heard } = start();
    const chunks: WeakRef<ArrayBufferLike>[] = [];
    for (const chunk of longLine(before, "x", (mebibytes + 4) * mebibyte, "x")) {
      chunks.push(new WeakRef(chunk.buffer));
      lines.push(chunk);
    }
    expect(await held(chunks)).toBeLessThanOrEqual(3);
    lines.end();
    expect(heard).toHaveLength(1);
  });

  test("holds nothing of a message that has been passed on", async () => {
    const { lines, heard } = start();
    const chunks: WeakRef<ArrayBufferLike>[] = [];
    for (const chunk of longLine('{"jsonrpc":"2.0","id":7,"result":"', "x", mebibyte, '"}\n')) {
      chunks.push(new WeakRef(chunk.buffer));
      lines.push(chunk);
    }
    expect(heard.splice(0)).toHaveLength(1);
    expect(await held(chunks)).toBeLessThanOrEqual(3);
  });

  test("holds a message of 10 MB that came byte by byte in few pieces", () => {
    const { lines, heard } = start();
    const text = Buffer.from(`{"jsonrpc":"2.0","id":7,"result":"${"é\\n{\\u0041".repeat(900_000)}"}\n`);
    for (let at = 0; at < text.length; at++) lines.push(text.subarray(at, at + 1));
    const [message] = heard;
    if (message === undefined || "problem" in message) throw new Error("no message");
    const pieces = message.splice([]) as readonly Buffer[];
    expect(Buffer.concat(pieces).equals(text.subarray(0, -1))).toBe(true);
    expect(pieces.length).toBeLessThan(text.length / 16_384);
    expect(pieces.reduce((bytes, piece) => bytes + piece.buffer.byteLength, 0)).toBeLessThan(2 * text.length);
    expect(message.raw(slot.id)).toBe("7");
  });
});

describe("time", () => {
  /** Nanoseconds a byte for a line of about `bytes`, which comes in chunks of 64 KiB. */
  function cost(bytes: number): number {
    const row = '{"id":1,"name":"row \\"é\\"","tags":[1.5,true,null,[]]},';
    const text = Buffer.from(`{"jsonrpc":"2.0","id":7,"result":[${row.repeat(bytes / row.length)}1]}\n`);
    let count = 0;
    const lines = new Lines(
      { maxMessageBytes: 64 * mebibyte, maxDepth: 512 },
      () => count++,
      () => expect.fail(),
    );
    const began = process.hrtime.bigint();
    const times = Math.ceil(4_000_000 / bytes);
    for (let time = 0; time < times; time++) {
      for (let at = 0; at < text.length; at += 65_536) lines.push(text.subarray(at, at + 65_536));
    }
    expect(count).toBe(times);
    return Number(process.hrtime.bigint() - began) / times / text.length;
  }

  test("a line of 50 MB costs about as much a byte as one of 50 KB", { retry: 4 }, () => {
    cost(50_000); // The first run compiles.
    expect(cost(50_000_000) / cost(50_000)).toBeLessThan(5);
  });

  test("a line that comes byte by byte is copied a few times, not once for each byte", () => {
    const concat = Buffer.concat;
    let copied = 0;
    Buffer.concat = (list, length) => {
      copied += list.reduce((bytes, part) => bytes + part.length, 0);
      return concat(list, length);
    };
    try {
      const text = Buffer.from(
        `{"${"x".repeat(500_000)}":1,"jsonrpc":"2.0","id":7,"result":"${"x".repeat(500_000)}"}\n`,
      );
      const { lines, heard } = start();
      for (let at = 0; at < text.length; at++) lines.push(text.subarray(at, at + 1));
      expect(heard).toHaveLength(1);
      expect(copied / text.length).toBeLessThan(20);
    } finally {
      Buffer.concat = concat;
    }
  });
});
