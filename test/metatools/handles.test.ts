import { describe, expect, test } from "vitest";
import { Handles, type HandlesOptions } from "../../src/metatools/handles.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { fakeClock } from "../support/clock.ts";

const kib = 1024;

function handlesWith(options: Partial<HandlesOptions> = {}) {
  const clock = fakeClock();
  return { clock, handles: new Handles({ clock, random: systemRandom, ...options }) };
}

function keep(handles: Handles, owner: object, value: Buffer | string): string {
  const handle = handles.keep(owner, Buffer.from(value));
  if (handle === undefined) throw new Error("not kept");
  return handle;
}

describe("a handle", () => {
  test("gives its owner the bytes that were kept", () => {
    const { handles } = handlesWith();
    const owner = {};
    expect(handles.value(owner, keep(handles, owner, '{"n":1.0}'))?.toString()).toBe('{"n":1.0}');
  });

  test("is nothing to anybody else, whether it exists or not", () => {
    const { handles } = handlesWith();
    const handle = keep(handles, {}, "1");
    expect(handles.value({}, handle)).toBeUndefined();
    expect(handles.missing(handle).replace(handle, "x")).toBe(handles.missing("x"));
  });

  test("has 128 bits that nobody can guess, and no character with a meaning in paths", () => {
    const asked: number[] = [];
    const random = (count: number): Buffer => {
      asked.push(count);
      return Buffer.alloc(count, 0xff);
    };
    const { handles } = handlesWith({ random });
    expect(keep(handles, {}, "1")).toMatch(/^r_[0-9a-z]{25}$/);
    expect(asked).toEqual([16]);
  });

  test("ends after 15 minutes, also when it was used in between", async () => {
    const { clock, handles } = handlesWith();
    const owner = {};
    const handle = keep(handles, owner, "1");
    await clock.advance(15 * 60_000 - 1);
    expect(handles.value(owner, handle)).toBeDefined();
    await clock.advance(1);
    expect(handles.value(owner, handle)).toBeUndefined();
    expect(handles.missing(handle)).toContain("15 minutes");
  });

  test("leaves no memory and no timer behind when all have ended", async () => {
    const { clock, handles } = handlesWith();
    keep(handles, {}, "1");
    await clock.advance(60_000);
    keep(handles, {}, "2");
    await clock.advance(14 * 60_000);
    expect([handles.size, clock.timers()]).toEqual([1, 1]);
    await clock.advance(60_000);
    expect([handles.size, clock.timers()]).toEqual([0, 0]);
  });

  test("does not change with the buffer that it was made of", () => {
    const { handles } = handlesWith();
    const owner = {};
    const value = Buffer.from('"abc"');
    const handle = handles.keep(owner, value);
    value.fill("x");
    expect(handles.value(owner, handle as string)?.toString()).toBe('"abc"');
  });
});

describe("the bounds", () => {
  const value = Buffer.alloc(kib, " ");

  test("take what its owner has not used the longest first", () => {
    const { handles } = handlesWith({ mostOwnerBytes: 3 * 1280 });
    const [owner, other] = [{}, {}];
    const foreign = keep(handles, other, value);
    const [one, two, three] = [keep(handles, owner, value), keep(handles, owner, value), keep(handles, owner, value)];
    handles.value(owner, one as string);
    const four = keep(handles, owner, value);
    const has = (who: object, handle: string) => handles.value(who, handle) !== undefined;
    expect([one, two, three, four].map((handle) => has(owner, handle as string))).toEqual([true, false, true, true]);
    expect(has(other, foreign)).toBe(true);
  });

  test("hold for all owners together", () => {
    const { handles } = handlesWith({ mostBytes: 10 * 1280, mostOwnerBytes: 5 * 1280 });
    for (let index = 0; index < 50; index++) keep(handles, {}, value);
    expect(handles.size).toBe(10);
  });

  test("refuse what is more than one owner may have, and lose nothing for it", () => {
    const { handles } = handlesWith({ mostOwnerBytes: 4 * kib });
    const owner = {};
    const handle = keep(handles, owner, value);
    expect(handles.keep(owner, Buffer.alloc(4 * kib, " "))).toBeUndefined();
    expect(handles.value(owner, handle)).toBeDefined();
  });
});
