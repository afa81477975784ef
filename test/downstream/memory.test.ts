import { describe, expect, test } from "vitest";
import { emptyOffer, type Offer } from "../../src/catalog/definition.ts";
import type { Greeting } from "../../src/downstream/handshake.ts";
import { createMemory, type Memory, type Seen } from "../../src/downstream/memory.ts";
import type { KeptFiles } from "../../src/ports/files.ts";
import { seal, unseal } from "../../src/ports/kept.ts";

const dayMs = 24 * 60 * 60 * 1000;
const today = Date.parse("2026-11-22T12:00:00.000Z");

const greeting: Greeting = {
  era: "legacy",
  protocolVersion: "2025-11-25",
  serverInfo: { name: "one", version: "1" },
  capabilities: { tools: { listChanged: true }, experimental: { "com.example/x": { deep: [1] } } },
  instructions: "Be brief.",
};

/** Bytes that a parser would change: a number of 17 digits, spaces, a member twice, an escape. */
const odd =
  '{ "name":"a","inputSchema":{"type":"object","x-id":12345678901234567890},"x":1,"x":2,"description":"\\u00e9 é" }';

function offer(...tools: string[]): Offer {
  const definitions = tools.map((text) => ({
    key: (JSON.parse(text) as { name: string }).name,
    bytes: Buffer.from(text),
  }));
  return { ...emptyOffer, tools: { definitions, ttlMs: 60_000, isPublic: true } };
}

const seen: Seen = { greeting, offer: offer(odd) };

type Disk = KeptFiles & { readonly all: Map<string, Buffer>; writes: number; trouble?: string };

function disk(): Disk {
  const all = new Map<string, Buffer>();
  const it: Disk = {
    all,
    writes: 0,
    read: (path) => all.get(path),
    replace: async (path, bytes) => {
      if (it.trouble !== undefined) throw new Error(it.trouble);
      it.writes++;
      all.set(path, bytes);
    },
    remove: async (path) => void all.delete(path),
    prune: async () => {},
  };
  return it;
}

type Opened = Memory & { readonly failures: readonly string[] };

function open(files: KeptFiles, date: () => number = () => today, secret = "no such text"): Opened {
  const failures: string[] = [];
  const redact = (text: string): string => text.replaceAll(secret, "[redacted]");
  const failed = (reason: string): void => void failures.push(reason);
  return { ...createMemory({ pathOf: (key) => `/state/${key}`, files, date, redact, failed }), failures };
}

describe("what is remembered of a server", () => {
  test("is what it offered, byte for byte, at the next start, and holds for no time", async () => {
    const files = disk();
    const first = open(files);
    expect(first.recall("k")).toBeUndefined();
    first.learn("k", seen);
    await first.saved();
    const { offer: recalled, greeting: greeted } = open(files).recall("k") as Seen;
    expect(greeted).toEqual(greeting);
    expect(recalled.tools.definitions.map(({ key, bytes }) => [key, bytes.toString()])).toEqual([["a", odd]]);
    expect([recalled.tools.ttlMs, recalled.tools.isPublic]).toEqual([0, false]);
    expect(recalled.prompts.definitions).toEqual([]);
    expect(open(files).recall("another")).toBeUndefined();
  });

  test("is written when it is another, and not when it is the same", async () => {
    const files = disk();
    const first = open(files);
    first.learn("k", seen);
    first.learn("k", { greeting: { ...greeting }, offer: offer(odd) });
    await first.saved();
    open(files).learn("k", { greeting, offer: { ...offer(odd), tools: { ...offer(odd).tools, ttlMs: 5 } } });
    expect(files.writes).toBe(1);
    const second = open(files);
    second.learn("k", { greeting: { ...greeting, instructions: "Be long." }, offer: offer(odd) });
    second.learn("k", { greeting, offer: offer() });
    await second.saved();
    expect(files.writes).toBe(3);
    expect(open(files).recall("k")?.offer.tools.definitions).toEqual([]);
    expect(second.recall("k")?.offer.tools.definitions).toEqual([]);
  });

  test("is used for 30 days from when it was seen last", async () => {
    const files = disk();
    let now = today;
    const first = open(files, () => now);
    first.learn("k", seen);
    await first.saved();
    now += 29 * dayMs;
    const second = open(files, () => now);
    expect(second.recall("k")).toBeDefined();
    second.learn("k", seen);
    await second.saved();
    now += 29 * dayMs;
    expect(open(files, () => now).recall("k")).toBeDefined();
    now += 2 * dayMs;
    expect(open(files, () => now).recall("k")).toBeUndefined();
    expect(open(files, () => today - 40 * dayMs).recall("k")).toBeUndefined();
  });

  test("is nothing any more where it is another now and that may not, or cannot, be kept", async () => {
    for (const [secret, trouble] of [
      ["now it says this", undefined],
      ["no such text", "ENOSPC"],
    ] as const) {
      const files = disk();
      const { learn, recall, saved } = open(files, () => today, secret);
      learn("k", seen);
      await saved();
      expect(files.all.size).toBe(1);
      if (trouble !== undefined) files.trouble = trouble;
      learn("k", {
        greeting,
        offer: offer('{"name":"a","inputSchema":{"type":"object"},"description":"now it says this"}'),
      });
      await saved();
      expect(files.all.size).toBe(0);
      expect(recall("k") === undefined).toBe(trouble === undefined);
      expect(open(files).recall("k")).toBe(undefined);
    }
  });

  test("is nothing where a secret stands in it", async () => {
    const files = disk();
    const memory = open(files, undefined, "12345678901234567890");
    const told: string[] = [];
    for (let time = 0; time < 3; time++) memory.learn("k", seen, (reason) => told.push(reason));
    await memory.saved();
    expect([files.writes, memory.recall("k")]).toEqual([0, undefined]);
    expect(told).toEqual(["a configured value, which may be secret, stands in it"]);
  });

  test("is nothing where a list is longer than 8 MiB", async () => {
    const files = disk();
    const long = `{"name":"a","inputSchema":{"type":"object"},"description":"${"x".repeat(200_000)}"}`;
    const memory = open(files);
    const told: string[] = [];
    memory.learn("k", { greeting, offer: offer(...Array(50).fill(long)) }, (reason) => told.push(reason));
    await memory.saved();
    expect(files.writes).toBe(0);
    expect(told).toEqual(["it is longer than 8 MiB"]);
  });

  const head = { at: today, greeting };
  const list = (member: string, ...items: string[]) =>
    Buffer.from(`{"jsonrpc":"2.0","id":0,"result":{"${member}":[${items.join(",")}]}}`);
  const lists = [list("tools", odd), list("prompts"), list("resources"), list("resourceTemplates")];
  test.each([
    ["no lists", { head, lines: [] }],
    ["one list too few", { head, lines: lists.slice(1) }],
    ["a tool that no client takes", { head, lines: [list("tools", '{"name":"a"}'), ...lists.slice(1)] }],
    [
      "a list that is no JSON",
      { head, lines: [Buffer.from('{"jsonrpc":"2.0","id":0,"result":{"tools":[1'), ...lists.slice(1)] },
    ],
    ["an error for a list", { head, lines: [Buffer.from('{"jsonrpc":"2.0","id":0,"error":{}}'), ...lists.slice(1)] }],
    ["no date", { head: { greeting }, lines: lists }],
    ["no greeting", { head: { at: today }, lines: lists }],
    ["an era that nobody knows", { head: { at: today, greeting: { ...greeting, era: "future" } }, lines: lists }],
    [
      "a revision that nobody knows",
      { head: { at: today, greeting: { ...greeting, protocolVersion: "2099-01-01" } }, lines: lists },
    ],
  ])("is nothing where the file has %s", (_, kept) => {
    const files = disk();
    files.all.set("/state/k", seal(kept));
    files.all.set("/state/good", seal({ head, lines: lists }));
    const memory = open(files);
    expect([memory.recall("k"), memory.recall("good")?.greeting]).toEqual([undefined, greeting]);
  });

  test("that cannot be written is told once, and is known to this process all the same", async () => {
    const files = disk();
    files.trouble = "ENOSPC: no space left";
    const memory = open(files);
    memory.learn("a", seen);
    memory.learn("b", seen);
    await memory.saved();
    expect(memory.failures).toEqual(["/state/a cannot be written: ENOSPC: no space left"]);
    expect(memory.recall("b")?.greeting).toEqual(greeting);
  });

  test("of changes that come while one is written is the last one", async () => {
    const files = disk();
    const memory = open(files);
    for (let index = 0; index <= 10; index++) memory.learn("k", { greeting, offer: offer(...Array(index).fill(odd)) });
    await memory.saved();
    expect(unseal(files.all.get("/state/k"))?.lines[0]?.toString().split('"name"').length).toBe(11);
  });
});
