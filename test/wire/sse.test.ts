import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slot } from "../../src/wire/members.ts";
import { Message } from "../../src/wire/message.ts";
import { type EventSink, Events, type StreamEvent } from "../../src/wire/sse.ts";
import { cuts, cutUp } from "./drive.ts";

const limits = { maxMessageBytes: 1000, maxDepth: 16 };
const mebibyte = 1024 * 1024;

type Told = Pick<StreamEvent, "name" | "id" | "text">;
type Heard = { readonly told: Told[]; readonly retries: number[]; readonly lastId: string | undefined };

function eventsOf(sink: Partial<EventSink> = {}, bounds = limits): { events: Events; told: StreamEvent[] } {
  const told: StreamEvent[] = [];
  return { told, events: new Events(bounds, { event: (event) => void told.push(event), ...sink }) };
}

function hear(parts: readonly Buffer[], isEnded = false): Heard {
  const retries: number[] = [];
  const { events, told } = eventsOf({ retry: (delayMs) => void retries.push(delayMs) });
  for (const part of parts) events.push(part);
  if (isEnded) events.end();
  return { told: told.map(({ name, id, text }) => ({ name, id, text })), retries, lastId: events.lastId };
}

/** What the standard says of a whole stream, read line by line. */
function expected(bytes: Buffer): Heard {
  const lines = bytes
    .toString("latin1")
    .replace(/^\xef\xbb\xbf/, "")
    .split(/\r\n|\r|\n/)
    .slice(0, -1);
  const told: Told[] = [];
  const retries: number[] = [];
  let lastId: string | undefined;
  let [name, id, data]: [string, string | undefined, string[]] = ["", undefined, []];
  for (const line of lines) {
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === "") {
      lastId = id ?? lastId;
      if (data.length > 0) told.push({ name: name || "message", id, text: data.join("\n") });
      [name, id, data] = ["", undefined, []];
    } else if (field === "event") name = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "retry" && /^\d+$/.test(value)) retries.push(Math.min(Number(value), 2 ** 31 - 1));
  }
  return { told, retries, lastId };
}

const lineEnd = fc.constantFrom("\n", "\n", "\r\n", "\r");
const value = fc.constantFrom(
  "",
  "x",
  " x",
  "{}",
  "\xc3\xa9",
  "a:b",
  ": ",
  "\0",
  "7",
  "007",
  "9".repeat(20),
  "\xef\xbb\xbf",
);
const field = fc.constantFrom(
  "data",
  "data",
  "data",
  "event",
  "id",
  "retry",
  "",
  "dat",
  "database",
  "Data",
  " data",
  "ids",
);
const line = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(field, fc.constantFrom(":", ": ", ":  "), value).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: field },
  { weight: 2, arbitrary: fc.constant("") },
);
const stream = fc
  .tuple(fc.constantFrom("", "", "\xef\xbb\xbf", "\xef\xbb"), fc.array(fc.tuple(line, lineEnd), { maxLength: 12 }))
  .map(([start, lines]) => Buffer.from(start + lines.flat().join(""), "latin1"));

describe("a stream of events", () => {
  test("is read as the standard says, however it is cut", () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => void expect(hear(cutUp(bytes, at))).toEqual(expected(bytes))),
      { numRuns: 3000 },
    );
  });

  test("is read the same at every border between two bytes", () => {
    const bytes = Buffer.from(
      "\xef\xbb\xbfid: 1\r\nevent: a\rdata:one\ndata: two\r\r\ndata\r\n\r\n:x\n\nretry: 5\rdata: {}\r\n\r\nid: 2\n\n",
      "latin1",
    );
    const whole = expected(bytes);
    expect(whole).toEqual({
      told: [
        { name: "a", id: "1", text: "one\ntwo" },
        { name: "message", id: undefined, text: "" },
        { name: "message", id: undefined, text: "{}" },
      ],
      retries: [5],
      lastId: "2",
    });
    for (let one = 0; one <= bytes.length; one++) {
      for (let two = one; two <= bytes.length; two++) expect(hear(cutUp(bytes, [one, two]))).toEqual(whole);
    }
  });

  test("gives an event at the first carriage return that ends it", () => {
    expect(hear([Buffer.from("data: x\r\r")]).told.length).toBe(1);
  });

  test("may have an id of 8 KiB in all, and keeps the one before where it is longer, in whatever pieces it comes", () => {
    for (const [length, isKept] of [
      [8192, true],
      [8193, false],
      [20_000, false],
    ] as const) {
      const id = "i".repeat(length - "id:".length);
      const bytes = Buffer.from(`id: before\ndata: {}\n\nid:${id}\ndata: {}\n\n`);
      for (const at of [[], [100], [100, 8200], Array.from({ length: bytes.length }, (_, index) => index)]) {
        expect(hear(cutUp(bytes, at)).lastId).toBe(isKept ? id : "before");
      }
    }
  });

  test("gives an id wherever in a chunk it stands, after one that was too long too", () => {
    const far = `data: ${"x".repeat(20_000)}\n\n`;
    expect(hear([Buffer.from(`${far}id: 1\ndata: {}\n\n`)]).lastId).toBe("1");
    expect(hear([Buffer.from(`id:${"i".repeat(9000)}\nid: 2\ndata: {}\n\n`)]).lastId).toBe("2");
  });

  test("that ends without a blank line gives its last data, and no id that may be a part of one", () => {
    for (const [text, told, lastId] of [
      ["id: 1\ndata: {}", ["{}"], "1"],
      ["id: 1\ndata: {}\n", ["{}"], "1"],
      ["data: {}\nid: 1", ["{}"], undefined],
      ["id: 1", [], undefined],
      ["data", [], undefined],
      [": x", [], undefined],
      ["\xef\xbb", [], undefined],
      ["", [], undefined],
    ] as const) {
      const heard = hear([Buffer.from(text, "latin1")], true);
      expect({ text, told: heard.told.map((event) => event.text), lastId: heard.lastId }).toEqual({
        text,
        told,
        lastId,
      });
    }
  });
});

const reply = (id: number, text: string): string => JSON.stringify({ result: { text }, jsonrpc: "2.0", id });

function idsOf(told: readonly StreamEvent[]): readonly (string | undefined)[] {
  return told.map(({ message }) => {
    if (message === undefined) return "blank";
    return message instanceof Message ? message.raw(slot.id) : `${message.problem} ${message.id}`;
  });
}

describe("the data of an event", () => {
  test("is a message with its bytes as they came, in one line or in several", () => {
    const { events, told } = eventsOf();
    const text = reply(1, "é 😀").replace("{", '{"n":12345678901234567890,');
    events.push(Buffer.from(`data: ${text}\n\ndata: ${text.slice(0, 1)}\r\ndata:${text.slice(1)}\r\n\r\n`));
    const [one, two] = told.map(({ message }) => message as Message);
    expect(one?.bytes(0, one.length).toString()).toBe(text);
    expect(two?.bytes(0, two.length).toString()).toBe(`{ ${text.slice(1)}`);
  });

  test("that is blank is no message", () => {
    const { events, told } = eventsOf();
    events.push(Buffer.from("id: 7\ndata:\n\ndata: \t\ndata\n\n"));
    expect(idsOf(told)).toEqual(["blank", "blank"]);
    expect(events.lastId).toBe("7");
  });

  test("that is over a bound or no message fails alone, and tells whose it was", () => {
    const { events, told } = eventsOf();
    const deep = `{"jsonrpc":"2.0","id":3,"result":${"[".repeat(20)}${"]".repeat(20)}}`;
    for (const data of [reply(1, "x".repeat(2000)), reply(2, "x"), deep, "[{}]", "nonsense", reply(4, "x")]) {
      events.push(Buffer.from(`data: ${data}\n\n`));
    }
    expect(idsOf(told)).toEqual(["too_long 1", "2", "too_deep 3", "not_rpc undefined", "not_json undefined", "4"]);
  });

  test("keeps how it begins, as text", () => {
    const { events, told } = eventsOf();
    events.push(Buffer.from(`event: endpoint\ndata: /m?${"x".repeat(20_000)}\n\n`));
    expect(told[0]?.name).toBe("endpoint");
    expect(told[0]?.text).toBe(`/m?${"x".repeat(8192 - 3)}`);
  });

  test("that is far over the bound and blank is bad too", () => {
    const { events, told } = eventsOf();
    events.push(Buffer.from(`data: ${" ".repeat(20_000)}\n\ndata: ${reply(1, "x")}\n\n`));
    expect(idsOf(told)).toEqual(["too_long undefined", "1"]);
  });

  test("is told of as too long from one byte over the bound on, each event by itself and once", () => {
    const tooLong: number[] = [];
    const { events, told } = eventsOf({ tooLong: () => tooLong.push(told.length) });
    for (const length of [1000, 1001, 1000, 600, 600, 5000]) {
      for (const part of cutUp(Buffer.from(`data: ${"x".repeat(length)}\n\n`), [300, 700])) events.push(part);
    }
    expect(tooLong).toEqual([1, 5]);
  });

  test("is what is kept of an event until that is over", () => {
    const { events } = eventsOf();
    const kept = ["id: 1\n", 'data: {"a":', "1}\n", "\n"].map((text) => {
      events.push(Buffer.from(text));
      return events.heldBytes;
    });
    expect(kept).toEqual([0, 5, 7, 0]);
  });
});

describe("an endless", () => {
  function grownBytes(piece: Buffer, count: number, events: Events): number {
    const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external;
    const before = used();
    for (let index = 0; index < count; index++) events.push(piece);
    return used() - before;
  }

  test("line of data costs memory for one message, and is told of once, before it ends", () => {
    let tooLong = 0;
    const bounds = { maxMessageBytes: 4 * mebibyte, maxDepth: 16 };
    const { events, told } = eventsOf({ tooLong: () => tooLong++ }, bounds);
    events.push(Buffer.from('data: {"jsonrpc":"2.0","id":5,"result":"'));
    const grown = grownBytes(Buffer.alloc(mebibyte, "x"), 256, events);
    expect(grown).toBeLessThan(32 * mebibyte);
    expect([tooLong, told.length]).toEqual([1, 0]);
    events.push(Buffer.from(`"}\n\ndata: ${reply(6, "x")}\n\n`));
    expect(idsOf(told)).toEqual(["too_long 5", "6"]);
  });

  for (const [what, piece] of [
    ["comment", "x".repeat(mebibyte)],
    ["row of comments", ": keep-alive\n\n".repeat(1000)],
    ["row of empty data", "data\n".repeat(10_000)],
    ["row of data a byte long", "data:1\n".repeat(10_000)],
    ["row of ids", "id: 1\n".repeat(10_000)],
    ["row of unknown fields", "x\n".repeat(10_000)],
  ] as const) {
    test(`${what} costs little memory`, () => {
      const { events, told } = eventsOf();
      events.push(Buffer.from(what === "comment" ? ":" : "\n"));
      expect(grownBytes(Buffer.from(piece), 64, events)).toBeLessThan(32 * mebibyte);
      events.push(Buffer.from(`\n\ndata: ${reply(1, "x")}\n\n`));
      expect(idsOf(told).at(-1)).toBe("1");
    });
  }
});
