import { expect, test } from "vitest";
import type { StateFiles } from "../../src/ports/files.ts";
import { createPins } from "../../src/relay/pins.ts";
import { offerOf } from "../catalog/offered.ts";
import { fakeClock } from "../support/clock.ts";
import { serverConfig } from "../support/stage.ts";

test("It is looked for what another process has approved only as long as anybody uses the server", async () => {
  const clock = fakeClock();
  const disk = { text: undefined as string | undefined, reads: 0, isUsed: true };
  const files: StateFiles = {
    readText: () => {
      disk.reads++;
      return disk.text;
    },
    rewrite: async (_path, change) => {
      disk.text = change(disk.text);
    },
  };
  const pins = createPins({
    ...{ server: serverConfig("alpha"), mode: "quarantine", path: "/pins", files, clock },
    redact: (text) => text,
    isUsed: () => disk.isUsed,
    changed: () => {},
    released: () => {},
    notice: () => {},
  });
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
