import { expect, test } from "vitest";
import { emptyOffer } from "../../src/catalog/definition.ts";
import type { StateFiles } from "../../src/ports/files.ts";
import { createPins } from "../../src/relay/pins.ts";
import { offerOf } from "../catalog/offered.ts";
import { fakeClock } from "../support/clock.ts";
import { serverConfig } from "../support/stage.ts";

const nothing = (): void => {};

function pinsOf(disk: { text: string | undefined; reads?: number; isUsed?: boolean }) {
  const clock = fakeClock();
  const files: StateFiles = {
    readText: () => {
      disk.reads = (disk.reads ?? 0) + 1;
      return disk.text;
    },
    rewrite: async (_path, change) => {
      disk.text = change(disk.text);
    },
  };
  const pins = createPins({
    ...{ server: serverConfig("alpha"), mode: "quarantine", path: "/pins", files, clock },
    ...{ redact: (text) => text, isUsed: () => disk.isUsed ?? true },
    ...{ changed: nothing, released: nothing, notice: nothing },
  });
  return { clock, pins };
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
  expect(clock.timers()).toBe(0);

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
