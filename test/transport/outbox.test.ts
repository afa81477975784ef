import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Outbox } from "../../src/transport/outbox.ts";
import { fakeClock } from "../support/clock.ts";
import { quiet } from "../support/turns.ts";
import { Slow, Source } from "./slow.ts";

function open(): { outbox: Outbox; stream: Slow } {
  const stream = new Slow();
  stream.on("error", () => {});
  return { stream, outbox: new Outbox(stream, fakeClock()) };
}

/** An outbox whose stream is full, so that all that is sent now waits. */
async function openBlocked(): Promise<{ outbox: Outbox; stream: Slow }> {
  const { outbox, stream } = open();
  outbox.send("x".repeat(2000), undefined);
  await quiet();
  stream.writes.length = 0;
  return { outbox, stream };
}

const long = (text: string, size = 100) => [
  Buffer.from(text.padEnd(size / 2, ".")),
  Buffer.from("".padEnd(size / 2, ".")),
];
const mebibyte = (text: string) => long(text, 1024 * 1024);

describe("messages sent in one turn", () => {
  test("are one write, in order, each on its own line", async () => {
    const { outbox, stream } = open();
    for (let n = 0; n < 50; n++) outbox.send(`{"n":${n}}`, undefined);
    expect(stream.writes).toEqual([]);
    await quiet();
    expect(stream.writes.length).toBe(1);
    expect(stream.lines).toEqual(Array.from({ length: 50 }, (_, n) => `{"n":${n}}`));
  });

  test("are written byte for byte, a character a byte", async () => {
    const { outbox, stream } = open();
    outbox.send(Buffer.from("é😀").toString("latin1"), undefined);
    outbox.send([Buffer.from("é"), Buffer.from("😀")], undefined);
    await quiet();
    await stream.takeAll();
    expect(stream.lines).toEqual(["é😀", "é😀"]);
  });

  test("that are long are one write each", async () => {
    const { outbox, stream } = open();
    outbox.send(long("a"), undefined);
    outbox.send(long("b"), undefined);
    await quiet();
    await stream.takeAll();
    expect(stream.writes.map((text) => text[0])).toEqual(["a", "b"]);
  });
});

describe("while the other side does not read", () => {
  test("a short message overtakes long ones that wait", async () => {
    const { outbox, stream } = await openBlocked();
    for (const name of ["a", "b", "c"]) outbox.send(mebibyte(name), undefined);
    outbox.send("short", undefined);
    await stream.takeAll();
    expect(stream.lines.map((line) => line.slice(0, 5))).toEqual(["short", "a....", "b....", "c...."]);
  });

  test("a short message that comes late waits for no more than the long one under way", async () => {
    const { outbox, stream } = await openBlocked();
    for (const name of ["a", "b", "c"]) outbox.send(mebibyte(name), undefined);
    await stream.take();
    outbox.send("short", undefined);
    await stream.takeAll();
    expect(stream.lines.map((line) => line.slice(0, 5))).toEqual(["a....", "short", "b....", "c...."]);
  });

  test("long messages go on however many short ones come", async () => {
    const { outbox, stream } = await openBlocked();
    for (const name of ["a", "b", "c"]) outbox.send(mebibyte(name), undefined);
    for (let n = 0; n < 10; n++) {
      outbox.send(`short ${n}`.padEnd(2000), undefined);
      await stream.take();
    }
    await stream.takeAll();
    const order = stream.lines.map((line) => line[0]);
    expect(order.indexOf("c")).toBeLessThan(8);
  });

  test("short messages wait together and go out in one write", async () => {
    const { outbox, stream } = await openBlocked();
    for (let n = 0; n < 50; n++) {
      outbox.send(`${n}`, undefined);
      await quiet();
    }
    expect(stream.writes).toEqual([]);
    await stream.take();
    expect(stream.writes.length).toBe(1);
  });

  test("queuedBytes counts what waits, and nothing when all is taken", async () => {
    const { outbox, stream } = await openBlocked();
    expect(outbox.queuedBytes).toBe(2001);
    outbox.send("12345", undefined);
    outbox.send(long("a"), undefined);
    expect(outbox.queuedBytes).toBe(2001 + 6 + 101);
    await stream.takeAll();
    expect(outbox.queuedBytes).toBe(0);
  });
});

describe("a source", () => {
  test("is paused while more than 4 MiB of it wait, and resumed when nothing of it does", async () => {
    const { outbox, stream } = await openBlocked();
    const source = new Source();
    for (let n = 0; n < 4; n++) outbox.send(long("a", 1024 * 1024 - 2), source);
    expect(source.isPaused).toBe(false);
    for (let n = 0; n < 4; n++) outbox.send(mebibyte("a"), source);
    expect([source.pauses, source.resumes]).toEqual([1, 0]);
    for (let n = 0; n < 8; n++) {
      expect(source.isPaused).toBe(true);
      await stream.take();
    }
    expect([source.pauses, source.resumes]).toEqual([1, 1]);
  });

  test("is paused for short messages too", async () => {
    const { outbox, stream } = await openBlocked();
    const source = new Source();
    const message = "x".repeat(16 * 1024);
    for (let n = 0; n < 256; n++) outbox.send(message, source);
    expect(source.isPaused).toBe(true);
    await stream.takeAll();
    expect(source.isPaused).toBe(false);
  });

  test("is not paused for what another source sent, whose messages go on", async () => {
    const { outbox, stream } = await openBlocked();
    const [flood, other] = [new Source(), new Source()];
    for (let n = 0; n < 10; n++) outbox.send(mebibyte("flood"), flood);
    outbox.send("other", other);
    outbox.send(long("other, long"), other);
    expect([flood.isPaused, other.isPaused]).toEqual([true, false]);
    await stream.take();
    expect(stream.lines).toEqual(["other"]);
    await stream.takeAll();
    expect(stream.lines.length).toBe(12);
    expect([flood.isPaused, other.pauses]).toEqual([false, 0]);
  });

  test("is never paused while the other side reads", async () => {
    const { outbox, stream } = open();
    const source = new Source();
    for (let n = 0; n < 20; n++) {
      outbox.send(mebibyte("a"), source);
      await quiet();
      await stream.takeAll();
    }
    expect(source.pauses).toBe(0);
  });

  test("is paused again when it floods again", async () => {
    const { outbox, stream } = await openBlocked();
    const source = new Source();
    for (let round = 1; round <= 3; round++) {
      for (let n = 0; n < 6; n++) outbox.send(mebibyte("a"), source);
      expect([source.pauses, source.resumes]).toEqual([round, round - 1]);
      await stream.takeAll();
      expect([source.pauses, source.resumes]).toEqual([round, round]);
      outbox.send("x".repeat(2000), undefined);
      await quiet();
    }
  });
});

describe("when the stream is destroyed", () => {
  test("while it is full, sources are resumed and nothing waits", async () => {
    const { outbox, stream } = await openBlocked();
    const source = new Source();
    for (let n = 0; n < 6; n++) outbox.send(mebibyte("a"), source);
    expect(source.isPaused).toBe(true);
    stream.destroy();
    outbox.end();
    await quiet();
    expect(source.isPaused).toBe(false);
    expect(outbox.queuedBytes).toBe(stream.writableLength);
  });

  test("nothing is taken any more, and nobody is paused for it", async () => {
    const { outbox, stream } = open();
    const source = new Source();
    stream.destroy();
    for (let n = 0; n < 6; n++) outbox.send(mebibyte("a"), source);
    outbox.send("short", source);
    await quiet();
    expect(source.pauses).toBe(0);
    expect(outbox.queuedBytes).toBe(0);
  });

  test("between sending and writing, nothing happens", async () => {
    const { outbox, stream } = open();
    outbox.send("a", undefined);
    outbox.send(long("b"), undefined);
    stream.destroy();
    await quiet();
    expect(stream.writes).toEqual([]);
    expect(outbox.queuedBytes).toBe(0);
  });
});

describe("end", () => {
  test("ends the stream when all that waits is written, and takes nothing more", async () => {
    const { outbox, stream } = await openBlocked();
    outbox.send("short", undefined);
    outbox.send(long("long"), undefined);
    outbox.end();
    outbox.end();
    outbox.send("too late", undefined);
    expect(stream.writableEnded).toBe(false);
    await stream.takeAll();
    expect(stream.lines.map((line) => line.slice(0, 5))).toEqual(["short", "long."]);
    expect(stream.writableFinished).toBe(true);
  });

  test("ends a stream to which nothing was sent", async () => {
    const { outbox, stream } = open();
    outbox.end();
    await quiet();
    expect(stream.writableFinished).toBe(true);
  });

  test("ends a stream with what was sent in the same turn", async () => {
    const { outbox, stream } = open();
    outbox.send("a", undefined);
    outbox.end();
    await quiet();
    await stream.takeAll();
    expect(stream.lines).toEqual(["a"]);
    expect(stream.writableFinished).toBe(true);
  });
});

test("every message goes out once and whole, short ones and long ones each in order, whatever is read when", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("short" as const), size: fc.nat(1500) }),
    fc.record({ kind: fc.constant("long" as const), size: fc.nat(5000) }),
    fc.constant({ kind: "take" as const, size: 0 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { outbox, stream } = open();
      const sent = { short: [] as string[], long: [] as string[] };
      for (const [n, { kind, size }] of steps.entries()) {
        const text = `${kind} ${n} `.padEnd(size, ".");
        if (kind === "take") await stream.take();
        else {
          sent[kind].push(text);
          outbox.send(kind === "short" ? text : [Buffer.from(text)], undefined);
        }
      }
      await quiet();
      await stream.takeAll();
      expect(stream.lines.filter((line) => line.startsWith("short"))).toEqual(sent.short);
      expect(stream.lines.filter((line) => line.startsWith("long"))).toEqual(sent.long);
      expect(outbox.queuedBytes).toBe(0);
    }),
    { numRuns: 100 },
  );
});
