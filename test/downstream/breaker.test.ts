import { expect, test } from "vitest";
import { Breaker } from "../../src/downstream/breaker.ts";

type Told = { readonly breaker: Breaker; readonly changes: string[]; readonly tried: () => number };

/** One with pauses as they are at most; it notes what it tells. */
function breakerWith(failures = 3, pauseMs = 1000): Told {
  const changes: string[] = [];
  let tried = 0;
  const breaker = new Breaker({ failures, pauseMs }, () => 1 - Number.EPSILON, {
    changed: () => {
      changes.push(breaker.describe(0) === undefined ? "closed" : "open");
    },
    tried: () => {
      tried++;
    },
  });
  return { breaker, changes, tried: () => tried };
}

const call = {};

/** `count` failures one after the other. */
function fail(breaker: Breaker, count: number, now: number, isStart = false): void {
  for (let n = 0; n < count; n++)
    breaker.failed({ reason: "no reply", ...(isStart && { isStart }) }, breaker.round, now);
}

test("is closed until so many failures came in a row", () => {
  const { breaker, changes } = breakerWith(3);
  fail(breaker, 2, 0);
  expect([breaker.admit(call, 0), breaker.untilMs]).toEqual(["pass", 0]);
  fail(breaker, 1, 0);
  expect(breaker.admit(call, 0)).toBe("refused");
  expect(changes).toEqual(["open"]);
});

test("counts from the start again after a reply", () => {
  const { breaker } = breakerWith(3);
  for (let n = 0; n < 10; n++) {
    fail(breaker, 2, 0);
    breaker.succeeded();
  }
  expect(breaker.admit(call, 0)).toBe("pass");
});

test("takes what fails together for one failure: what was sent before the last one counts no more", () => {
  const { breaker } = breakerWith(3);
  for (let crash = 0; crash < 2; crash++) {
    const { round } = breaker;
    for (let call = 0; call < 50; call++) breaker.failed({ reason: "lost" }, round, 0);
  }
  expect(breaker.admit(call, 0)).toBe("pass");
});

/** How many failures it takes until it opens where every fifth call has a reply. */
function failuresAmongReplies(breaker: Breaker, now: number): number {
  let failures = 0;
  for (let calls = 1; !breaker.isOpen && calls < 1000; calls++) {
    if (calls % 5 === 0) breaker.succeeded();
    else {
      failures++;
      fail(breaker, 1, now);
    }
  }
  return failures;
}

test("opens where most of the last calls failed, though never so many in a row, and again once it was closed", () => {
  const { breaker } = breakerWith(5);
  expect(failuresAmongReplies(breaker, 0)).toBe(15);
  expect(breaker.describe(0)).toContain("15 failures in 20 calls");
  breaker.admit(call, 1000);
  breaker.succeeded();
  expect(failuresAmongReplies(breaker, 1000)).toBe(15);
});

test.each([
  ["looks no further back than 20 calls", 6, 14],
  ["counts the oldest of 20 calls", 5, 13],
])("%s", (_, replies, failures) => {
  const { breaker } = breakerWith(30);
  fail(breaker, 1, 0);
  for (let n = 0; n < replies; n++) breaker.succeeded();
  fail(breaker, failures, 0);
  expect(breaker.isOpen).toBe(false);
  fail(breaker, 1, 0);
  expect(breaker.isOpen).toBe(true);
});

test("stays closed where every other call fails", () => {
  const { breaker } = breakerWith(5);
  for (let n = 0; n < 200; n++) {
    fail(breaker, 1, 0);
    breaker.succeeded();
  }
  expect(breaker.admit(call, 0)).toBe("pass");
});

test("lets one call try after the pause, and only one until that has ended", () => {
  const { breaker } = breakerWith();
  fail(breaker, 3, 0);
  expect(breaker.admit(call, 999)).toBe("refused");
  expect(breaker.admit(call, 1000)).toBe("try");
  expect(breaker.admit(call, 1000)).toBe("wait");
  breaker.release(call);
  expect(breaker.admit(call, 1000)).toBe("try");
});

test("tells once that a try is over, however it ended, and nothing of what ended otherwise", () => {
  const { breaker, tried } = breakerWith();
  breaker.release(call);
  fail(breaker, 3, 0);
  breaker.succeeded();
  fail(breaker, 3, 0);
  expect(tried()).toBe(0);
  breaker.admit(call, 2000);
  breaker.release(call);
  breaker.release(call);
  expect(tried()).toBe(1);
  breaker.admit(call, 2000);
  fail(breaker, 1, 2000);
  expect(tried()).toBe(2);
  breaker.admit(call, 9000);
  breaker.succeeded();
  breaker.release(call);
  expect(tried()).toBe(3);
});

test("lets no other call try when one ends that tried before it failed or closed", () => {
  const { breaker, tried } = breakerWith(1);
  const [failed, passed, later] = [{}, {}, {}];
  fail(breaker, 1, 0);
  breaker.admit(failed, 1000);
  expect([breaker.isTriedBy(failed), breaker.isTriedBy(passed)]).toEqual([true, false]);
  fail(breaker, 1, 1000);
  expect(breaker.isTriedBy(failed)).toBe(false);
  breaker.admit(passed, 3000);
  breaker.succeeded();
  fail(breaker, 1, 3000);
  breaker.admit(call, 4000);
  const before = tried();
  for (const one of [failed, passed, later]) breaker.release(one);
  expect([breaker.admit(later, 4000), breaker.isTriedBy(call), tried()]).toEqual(["wait", true, before]);
});

test("closes when the one that tries has a reply", () => {
  const { breaker, changes } = breakerWith();
  fail(breaker, 3, 0);
  breaker.admit(call, 1000);
  breaker.succeeded();
  expect(breaker.admit(call, 1000)).toBe("pass");
  expect(changes).toEqual(["open", "closed"]);
});

test("pauses twice as long each time the try fails, up to a minute, and as at first once it was closed", () => {
  const { breaker } = breakerWith(3, 1000);
  const pauses: number[] = [];
  let now = 0;
  fail(breaker, 3, now);
  for (let tries = 0; tries < 8; tries++) {
    pauses.push(Math.round(breaker.untilMs - now));
    now = breaker.untilMs;
    expect(breaker.admit(call, now)).toBe("try");
    fail(breaker, 1, now);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  now = breaker.untilMs;
  breaker.admit(call, now);
  breaker.succeeded();
  fail(breaker, 3, now);
  expect(Math.round(breaker.untilMs - now)).toBe(1000);
});

test("is not kept open by what fails while it is", () => {
  const { breaker } = breakerWith();
  fail(breaker, 3, 0);
  fail(breaker, 20, 500);
  expect(breaker.admit(call, 1000)).toBe("try");
});

test("closes when a server starts that failed to start, and not when it failed otherwise", () => {
  const { breaker } = breakerWith();
  fail(breaker, 3, 0, true);
  breaker.started();
  expect(breaker.admit(call, 0)).toBe("pass");
  fail(breaker, 2, 0, true);
  fail(breaker, 1, 0);
  breaker.started();
  expect(breaker.admit(call, 0)).toBe("refused");
});

test("does not count with a start what failed before a reply", () => {
  const { breaker } = breakerWith(2);
  fail(breaker, 1, 0);
  breaker.succeeded();
  fail(breaker, 1, 0, true);
  breaker.started();
  fail(breaker, 1, 0, true);
  expect(breaker.isOpen).toBe(false);
});

test("says why, since when, and when it is tried", () => {
  const { breaker } = breakerWith(3, 10_000);
  expect(breaker.describe(0)).toBe(undefined);
  fail(breaker, 3, 0);
  const why = "3 failures in a row (the last: no reply)";
  expect(breaker.describe(4000)).toBe(`not used for 4 s now, after ${why}; next try in 6 s`);
  expect(breaker.describe(breaker.untilMs)).toBe(`not used for 10 s now, after ${why}; the next call tries it`);
  breaker.admit(call, 12_000);
  expect(breaker.describe(12_000)).toBe(`not used for 12 s now, after ${why}; one call tries it now`);
});

test("counts what it was opened for without a failure as one", () => {
  const { breaker } = breakerWith(3);
  breaker.openFor("it is silent", 0);
  fail(breaker, 1, 2000);
  expect(breaker.describe(2000)).toContain("2 failures in a row");
});

test("never opens with 0", () => {
  const { breaker, changes } = breakerWith(0);
  fail(breaker, 1000, 0);
  breaker.openFor("it is silent", 0);
  expect(breaker.admit(call, 0)).toBe("pass");
  expect(changes).toEqual([]);
});
