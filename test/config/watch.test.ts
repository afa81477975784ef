import { expect, test } from "vitest";
import { ConfigWatch, stateOf } from "../../src/config/watch.ts";
import { fakeClock } from "../support/clock.ts";

/** A watch over one file, of which nothing is heard but by `sign`. */
function watched(text: string) {
  const clock = fakeClock();
  const seen: string[] = [];
  let now: string | undefined = text;
  let mode = 0o600;
  const files = { readText: () => now, ownership: () => ({ owner: 1, group: 1, mode, user: 1 }) };
  let [sign, fail] = [() => {}, (_reason: string) => {}];
  const watch = new ConfigWatch({
    texts: new Map([["/servers.json", stateOf("/servers.json", files)]]),
    files,
    watch: (_paths, changed, failed) => {
      [sign, fail] = [changed, failed];
      return { renew: () => {}, close: () => {} };
    },
    clock,
    changed: () => seen.push(now ?? "gone"),
    failed: (reason) => seen.push(`failed: ${reason}`),
  });
  const write = (next: string | undefined): void => {
    now = next;
    sign();
  };
  const chmod = (next: number): void => {
    mode = next;
    sign();
  };
  const state = (): string | undefined => stateOf("/servers.json", files);
  return { watch, clock, seen, write, chmod, state, sign: () => sign(), fail: (reason: string) => fail(reason) };
}

test("a change is told once it has stayed for a while, and not twice", async () => {
  const { clock, seen, write, sign } = watched("a");
  await clock.advance(1000);
  for (const text of ["b", "bc", "bcd"]) {
    write(text);
    await clock.advance(150);
  }
  expect(seen).toEqual([]);
  await clock.advance(1000);
  sign();
  await clock.advance(1000);
  expect([seen, clock.timers()]).toEqual([["bcd"], 0]);
});

test("a change of who may write it is told too", async () => {
  const { clock, seen, chmod } = watched("a");
  chmod(0o666);
  await clock.advance(1000);
  expect(seen).toEqual(["a"]);
});

test("one that is taken back is none; a file that is gone is told", async () => {
  const { clock, seen, write } = watched("a");
  write("b");
  await clock.advance(250);
  write("a");
  await clock.advance(1000);
  expect(seen).toEqual([]);
  write(undefined);
  await clock.advance(1000);
  expect(seen).toEqual(["gone"]);
});

test("in a folder where something happens all the time a change is seen all the same", async () => {
  const { clock, seen, write, sign } = watched("a");
  write("b");
  for (let time = 0; time < 50; time++) {
    sign();
    await clock.advance(10);
  }
  expect(seen).toEqual(["b"]);
});

test("a change since the file was read is seen without any sign, and what was read meanwhile is known", async () => {
  const { watch, clock, seen, write, state } = watched("a");
  write("b");
  watch.know(new Map([["/servers.json", state()]]));
  await clock.advance(1000);
  expect(seen).toEqual([]);
});

test("that nothing can be watched is told once; a watch that was closed does nothing", async () => {
  const { watch, clock, seen, write, fail } = watched("a");
  fail("one");
  fail("two");
  write("b");
  watch.close();
  write("c");
  await clock.advance(1000);
  expect([seen, clock.timers()]).toEqual([["failed: one"], 0]);
});
