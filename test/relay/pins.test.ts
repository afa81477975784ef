import { expect, test } from "vitest";
import { emptyOffer } from "../../src/catalog/definition.ts";
import { approved, type Change, printBooks } from "../../src/catalog/pins.ts";
import type { StateFiles } from "../../src/ports/files.ts";
import { bookKey, createPins, type PinsOptions, pinsPath, readBook } from "../../src/relay/pins.ts";
import { offerOf } from "../catalog/offered.ts";
import { fakeClock } from "../support/clock.ts";
import { serverConfig } from "../support/stage.ts";

type Disk = {
  text: string | undefined;
  reads?: number;
  isUsed?: boolean;
  isFull?: boolean;
  /** How many write at once now, and did at most. */
  writing?: { now: number; most: number };
};

function pinsOf(disk: Disk, server = serverConfig("alpha"), mode: PinsOptions["mode"] = "quarantine") {
  const told = { notices: [] as string[], changes: [] as Change[], tellings: 0, released: 0 };
  const clock = fakeClock();
  const files: StateFiles = {
    readText: () => {
      disk.reads = (disk.reads ?? 0) + 1;
      return disk.text;
    },
    rewrite: async (_path, change) => {
      if (disk.isFull === true) throw new Error("ENOSPC");
      const writing = disk.writing ?? { now: 0, most: 0 };
      disk.writing = { now: writing.now + 1, most: Math.max(writing.most, writing.now + 1) };
      await Promise.resolve();
      disk.writing.now--;
      disk.text = change(disk.text);
    },
  };
  const pins = createPins({
    ...{ server, mode, path: "/pins", files, clock },
    ...{ redact: (text) => text, isUsed: () => disk.isUsed ?? true },
    changed: (changes) => {
      told.tellings++;
      told.changes.push(...changes);
    },
    released: () => void told.released++,
    notice: (text, topic) => void told.notices.push(`${topic}: ${text}`),
  });
  return { clock, pins, told };
}

test("A first run that ends before all lists are there makes nothing new of what the next one sees first", async () => {
  const disk = { text: undefined };
  const greeting = { instructions: "be quick" };
  const first = pinsOf(disk);
  first.pins.review({ offer: emptyOffer, greeting });
  await first.clock.advance(1000);
  expect(disk.text).toContain("be quick");
  const second = pinsOf(disk);
  expect(second.pins.review({ offer: offerOf({ tools: ["a"] }), greeting }).size).toBe(0);
  await second.clock.advance(1000);
  expect(pinsOf(disk).pins.review({ offer: offerOf({ tools: ["a", "b"] }), greeting }).size).toBe(1);
});

test("It is looked for what another process has approved only as long as anybody uses the server", async () => {
  const disk = { text: undefined as string | undefined, reads: 0, isUsed: true };
  const { clock, pins } = pinsOf(disk);
  const review = (...tools: string[]) => pins.review({ offer: offerOf({ tools }), greeting: undefined });
  review("a");
  await clock.advance(10_000);
  expect([clock.timers(), disk.reads]).toEqual([0, 1]);

  expect(review("a", "b").size).toBe(1);
  const reads = disk.reads;
  await clock.advance(10_000);
  expect(disk.reads).toBe(reads + 5);

  disk.isUsed = false;
  await clock.advance(10_000);
  expect(clock.timers()).toBe(0);
  expect(disk.reads).toBe(reads + 5);

  disk.isUsed = true;
  review("a", "b");
  expect(clock.timers()).toBe(1);
  await clock.advance(2000);
  expect(disk.reads).toBe(reads + 6);
});

const offering = (...tools: string[]) => ({ offer: offerOf({ tools }), greeting: undefined });

test("What another process has approved is seen within 2 s, told of once, and kept with what was seen here", async () => {
  const disk: Disk = { text: undefined };
  const { clock, pins, told } = pinsOf(disk);
  pins.review(offering("a"));
  await clock.advance(1);
  expect(pins.review(offering("a", "b")).size).toBe(1);
  await clock.advance(1);
  expect(told.changes.map(({ name }) => name)).toEqual(["b"]);
  const key = bookKey(serverConfig("alpha"), (text) => text);
  const { book } = readBook(() => disk.text, key);
  disk.text = printBooks("alpha", {}, key, approved(book ?? (pins.book() as NonNullable<typeof book>)));
  await clock.advance(1997);
  expect(told.released).toBe(0);
  await clock.advance(4000);
  expect([told.released, clock.timers()]).toEqual([1, 0]);
  expect(pins.review(offering("a", "b", "c")).size).toBe(1);
  await clock.advance(1);
  expect(Object.keys(readBook(() => disk.text, key).book?.entries ?? {})).toHaveLength(3);
  expect(told.notices).toEqual([]);
});

test("What is noted while it is written is written next, with what another process has approved in between", async () => {
  const disk: Disk = { text: undefined };
  const { clock, pins } = pinsOf(disk);
  const key = bookKey(serverConfig("alpha"), (text) => text);
  pins.review(offering("a"));
  await clock.advance(1);
  pins.review(offering("a", "b"));
  pins.review(offering("a", "b", "c"));
  await clock.advance(1);
  expect(disk.writing).toEqual({ now: 0, most: 1 });
  const { book } = readBook(() => disk.text, key);
  expect(Object.keys(book?.entries ?? {})).toHaveLength(3);
  disk.text = printBooks("alpha", {}, key, approved(book as NonNullable<typeof book>));
  pins.review(offering("a", "b", "c", "d"));
  await clock.advance(1);
  expect(pins.review(offering("a", "b", "c", "d")).size).toBe(1);
});

test("What cannot be read is lost, and is said to be; what is there of another start is pinned anew", async () => {
  const { clock, pins, told } = pinsOf({ text: "{" });
  pins.review(offering("a"));
  await clock.advance(1);
  expect(told.notices).toEqual([expect.stringMatching(/^pins_lost: .*\/pins: .*tutti check.*alpha/)]);
  expect(told.changes).toEqual([]);

  const disk: Disk = { text: undefined };
  const before = pinsOf(disk);
  before.pins.review(offering("a"));
  await before.clock.advance(1);
  expect(before.told.notices).toEqual([]);
  const launch = { kind: "stdio", command: "/other", args: [], env: {}, cwd: "/" } as const;
  const after = pinsOf(disk, { ...serverConfig("alpha"), launch });
  expect(after.pins.review(offering("b")).size).toBe(0);
  expect(after.told.notices).toEqual([expect.stringMatching(/^pins_anew: /)]);
  await after.clock.advance(1);
  expect(Object.keys(JSON.parse(disk.text as string).books)).toHaveLength(2);
});

test("That nothing can be written is said once, and what is noted holds all the same", async () => {
  const disk: Disk = { text: undefined, isFull: true };
  const { clock, pins, told } = pinsOf(disk);
  pins.review(offering("a"));
  await clock.advance(1);
  expect(pins.review(offering("a", "b")).size).toBe(1);
  await clock.advance(1);
  expect(told.notices).toEqual(["not_kept: what it offers cannot be pinned: /pins cannot be written: ENOSPC"]);
  disk.isFull = false;
  pins.review(offering("a", "b", "c"));
  await clock.advance(1);
  const { book } = readBook(
    () => disk.text,
    bookKey(serverConfig("alpha"), (text) => text),
  );
  expect(Object.keys(book?.entries ?? {})).toHaveLength(3);
});

test("Where changes are only told of, nothing is withheld, and lists come before anything is compared", async () => {
  const { clock, pins, told } = pinsOf({ text: undefined }, serverConfig("alpha"), "warn");
  expect([pins.review(offering("a")).size, pins.book()]).toEqual([0, undefined]);
  await clock.advance(1);
  expect(told.tellings).toBe(0);
  expect(pins.review(offering("b")).size).toBe(0);
  await clock.advance(1);
  expect(told.tellings).toBe(1);
  expect(told.changes.map(({ name }) => name).toSorted()).toEqual(["a", "b"]);
  expect(clock.timers()).toBe(0);
});

test("The file of a server can be told by its name, whatever is in that", () => {
  const paths = ["My Server!", "my server?", "x".repeat(100)].map((name) => pinsPath("/state", name));
  expect(paths).toEqual([
    expect.stringMatching(/^\/state\/pins\/my-server--[0-9a-f]{8}\.json$/),
    expect.stringMatching(/^\/state\/pins\/my-server--[0-9a-f]{8}\.json$/),
    expect.stringMatching(/^\/state\/pins\/x{40}-[0-9a-f]{8}\.json$/),
  ]);
  expect(new Set(paths).size).toBe(3);
});
