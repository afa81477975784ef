import { expect, test } from "vitest";
import { Health } from "../../src/downstream/health.ts";
import { fakeClock } from "../support/clock.ts";

/** The health of a server that answers a ping with whatever `answer` comes to. */
function healthOf({
  answer,
  isAwaited = () => false,
}: {
  answer?: (limitMs: number) => Promise<unknown> | undefined;
  isAwaited?: () => boolean;
}) {
  const clock = fakeClock();
  const told: string[] = [];
  const late = (ms: number): Promise<never> =>
    new Promise((_, reject) => void clock.after(ms, () => reject(new Error("no answer"))));
  const health = new Health({
    clock,
    ping: (limitMs) => {
      told.push("ping");
      return (answer ?? late)(limitMs);
    },
    isAwaited,
    silent: () => void told.push("silent"),
    back: () => void told.push("back"),
    dead: (reason) => void told.push(`dead: ${reason}`),
  });
  return { health, clock, told };
}

test("a server from which something came while a call had no reply is not asked", async () => {
  const { health, clock, told } = healthOf({});
  const { heard } = health;
  health.hear();
  health.suspect(heard);
  await clock.advance(1_000_000);
  expect(told).toEqual([]);
});

test("a server that answers a ping is left alone", async () => {
  const { health, clock, told } = healthOf({ answer: async () => {} });
  health.suspect(health.heard);
  await clock.advance(1_000_000);
  expect(told).toEqual(["ping"]);
});

test("a server is asked once, however many calls have no reply", async () => {
  const { health, clock, told } = healthOf({});
  for (let n = 0; n < 10; n++) health.suspect(health.heard);
  await clock.advance(20_000);
  for (let n = 0; n < 10; n++) health.suspect(health.heard);
  await clock.advance(20_000);
  expect(told).toEqual(["ping", "silent"]);
});

test("a server that is heard after it was silent is back, and never dead", async () => {
  const { health, clock, told } = healthOf({});
  health.suspect(health.heard);
  await clock.advance(300_000);
  health.hear();
  await clock.advance(1_000_000);
  expect(told).toEqual(["ping", "silent", "back"]);
  expect(clock.timers()).toBe(0);
});

test("a server that says something else than the answer to the ping is not silent", async () => {
  const { health, clock, told } = healthOf({});
  health.suspect(health.heard);
  await clock.advance(5000);
  health.hear();
  await clock.advance(1_000_000);
  expect(told).toEqual(["ping"]);
});

test("a server that is silent for minutes is dead, once nobody waits for it any more", async () => {
  let isAwaited = true;
  const { health, clock, told } = healthOf({ isAwaited: () => isAwaited });
  health.suspect(health.heard);
  await clock.advance(1_000_000);
  expect(told).toEqual(["ping", "silent"]);
  isAwaited = false;
  await clock.advance(300_000);
  expect(told.at(-1)).toContain("dead: nothing was heard of it for 310 s");
});

test("a server that has ended is not taken for silent, nor for dead", async () => {
  const { health, clock, told } = healthOf({});
  health.suspect(health.heard);
  health.end();
  await clock.advance(1_000_000);
  expect(told).toEqual(["ping"]);
});

test("a server that cannot be asked is not", async () => {
  const { health, clock, told } = healthOf({ answer: () => undefined });
  health.suspect(health.heard);
  health.suspect(health.heard);
  await clock.advance(1_000_000);
  expect(told).toEqual(["ping", "ping"]);
});
