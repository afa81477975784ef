import { describe, expect, test } from "vitest";
import { type Dated, Deadlines } from "../../src/downstream/deadlines.ts";
import { fakeClock } from "../support/clock.ts";

function watching() {
  const clock = fakeClock();
  const open = new Set<Dated & { deadlineAt: number }>();
  const deadlines = new Deadlines(
    clock,
    () => open,
    (cause) => void defects.push(cause),
  );
  const expired: string[] = [];
  const defects: unknown[] = [];
  const add = (name: string, deadlineAt: number, also = () => {}) => {
    const item = {
      deadlineAt,
      expire: () => {
        expired.push(`${name} at ${clock.now()}`);
        open.delete(item);
        also();
      },
    };
    open.add(item);
    deadlines.watch(deadlineAt);
    return item;
  };
  return { clock, open, expired, defects, add };
}

describe("deadlines", () => {
  test("expire each at its time, whatever order they came in", async () => {
    const { clock, expired, add } = watching();
    add("c", 300);
    add("a", 100);
    add("b", 200);
    add("b too", 200);
    await clock.advance(1000);
    expect(expired).toEqual(["a at 100", "b at 200", "b too at 200", "c at 300"]);
  });

  test("one that throws keeps no other from its own", async () => {
    const { clock, expired, defects, add } = watching();
    add("a", 100, () => {
      throw new Error("a defect");
    });
    add("b", 100);
    add("c", 200);
    await clock.advance(1000);
    expect(expired).toEqual(["a at 100", "b at 100", "c at 200"]);
    expect(defects).toEqual([new Error("a defect")]);
  });

  test("that have moved to later expire then", async () => {
    const { clock, expired, add } = watching();
    const item = add("a", 100);
    await clock.advance(50);
    item.deadlineAt = 150;
    await clock.advance(1000);
    expect(expired).toEqual(["a at 150"]);
  });

  test("of what is over do not expire", async () => {
    const { clock, open, expired, add } = watching();
    open.delete(add("a", 100));
    add("b", 200);
    await clock.advance(1000);
    expect(expired).toEqual(["b at 200"]);
  });

  test("that end and begin while others expire are kept", async () => {
    const { clock, open, expired, add } = watching();
    const other = add("b", 100);
    open.delete(other);
    add("a", 100, () => {
      open.delete(other);
      add("c", 150);
      add("past", 50);
    });
    open.add(other);
    await clock.advance(1000);
    expect(expired).toEqual(["a at 100", "past at 100", "c at 150"]);
  });

  test("cost one timer, and none when nothing is open", async () => {
    const { clock, add } = watching();
    expect(clock.timers()).toBe(0);
    for (let n = 0; n < 100; n++) add(`${n}`, 1000 - n);
    expect(clock.timers()).toBe(1);
    await clock.advance(1000);
    expect(clock.timers()).toBe(0);
  });

  test("without end cost no timer and do not expire", async () => {
    const { clock, expired, add } = watching();
    add("never", Number.POSITIVE_INFINITY);
    expect(clock.timers()).toBe(0);
    add("a", 10);
    await clock.advance(1_000_000);
    expect(expired).toEqual(["a at 10"]);
    expect(clock.timers()).toBe(0);
  });
});

describe("deadlines after a stop", () => {
  test("expire only when what came meanwhile has been read", async () => {
    const { clock, open, expired, add } = watching();
    const answered = add("answered", 1000);
    add("silent", 1000);
    add("later", 5400);
    await clock.jump(5000);
    expect(expired).toEqual([]);
    open.delete(answered);
    await clock.advance(1000);
    expect(expired).toEqual(["silent at 5500", "later at 5500"]);
  });

  test("expire though the process is stopped again and again", async () => {
    const { clock, expired, add } = watching();
    add("a", 1000);
    await clock.jump(2000);
    await clock.jump(2000);
    expect(expired).toEqual(["a at 4000"]);
  });

  test("expire at once when they are but a little late", async () => {
    const { clock, expired, add } = watching();
    add("a", 1000);
    await clock.jump(1100);
    expect(expired).toEqual(["a at 1100"]);
  });
});
