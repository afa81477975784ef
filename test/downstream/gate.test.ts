import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Leave } from "../../src/downstream/gate.ts";
import { quiet } from "../support/turns.ts";
import { gateWith } from "./gates.ts";

/** A gate for visitors that differ in nothing but what they do; undefined: it refuses one. */
function gateOf(maxConcurrentCalls: number, maxQueuedCalls: number) {
  const { enter } = gateWith({ maxConcurrentCalls, maxQueuedCalls });
  return {
    enter: (start: () => void): Leave | undefined => {
      const entry = enter({ start });
      return typeof entry === "function" ? entry : undefined;
    },
  };
}

describe("a gate without a bound", () => {
  test("lets everybody in at once", () => {
    const gate = gateOf(0, 0);
    let inside = 0;
    for (let n = 0; n < 1000; n++) gate.enter(() => void inside++);
    expect(inside).toBe(1000);
  });
});

describe("a gate", () => {
  test("lets in as many as it may, the others in order as those leave", async () => {
    const gate = gateOf(2, 10);
    const entered: number[] = [];
    const leaves = [0, 1, 2, 3, 4].map((n) => gate.enter(() => void entered.push(n)) as Leave);
    await quiet();
    expect(entered).toEqual([0, 1]);
    leaves[1]?.();
    await quiet();
    expect(entered).toEqual([0, 1, 2]);
    leaves[0]?.();
    leaves[2]?.();
    await quiet();
    expect(entered).toEqual([0, 1, 2, 3, 4]);
  });

  test("refuses who finds its queue full, until somebody leaves", async () => {
    const gate = gateOf(1, 1);
    const first = gate.enter(() => {}) as Leave;
    const second = gate.enter(() => {}) as Leave;
    expect(gate.enter(() => {})).toBeUndefined();
    second();
    expect(gate.enter(() => {})).toBeDefined();
    expect(gate.enter(() => {})).toBeUndefined();
    first();
    expect(gate.enter(() => {})).toBeDefined();
    await quiet();
    expect(gate.enter(() => {})).toBeUndefined();
  });

  test("gives one place back however often one leaves", async () => {
    const gate = gateOf(1, 10);
    const entered: number[] = [];
    const first = gate.enter(() => void entered.push(0)) as Leave;
    gate.enter(() => void entered.push(1));
    gate.enter(() => void entered.push(2));
    await quiet();
    first();
    first();
    first();
    await quiet();
    expect(entered).toEqual([0, 1]);
  });

  test("has no more room for who waits because one leaves twice", async () => {
    const gate = gateOf(1, 0);
    const first = gate.enter(() => {}) as Leave;
    await quiet();
    first();
    first();
    await quiet();
    expect(gate.enter(() => {})).toBeDefined();
    expect(gate.enter(() => {})).toBeUndefined();
  });

  test("never lets in who gave up waiting, also in the turn in which its place came", async () => {
    const gate = gateOf(1, 10);
    const entered: number[] = [];
    const first = gate.enter(() => void entered.push(0)) as Leave;
    const second = gate.enter(() => void entered.push(1)) as Leave;
    gate.enter(() => void entered.push(2));
    await quiet();
    first();
    second();
    await quiet();
    expect(entered).toEqual([0, 2]);
  });

  test("lets in nobody who leaves in the turn in which it came", async () => {
    const gate = gateOf(1, 10);
    const entered: number[] = [];
    (gate.enter(() => void entered.push(0)) as Leave)();
    gate.enter(() => void entered.push(1));
    await quiet();
    expect(entered).toEqual([1]);
  });

  test("keeps nothing of those who gave up, however many, while one is inside", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const gate = gateOf(1, 10);
    gate.enter(() => {});
    await quiet();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 50_000; n++) (gate.enter(() => {}) as Leave)();
    await quiet();
    collect();
    // A promise for each would be more than 10 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
    expect(gate.enter(() => {})).toBeDefined();
  });

  test("lets who is inside leave from within its start", async () => {
    const gate = gateOf(1, 10);
    const entered: number[] = [];
    const leaves: Leave[] = [];
    for (let n = 0; n < 5; n++) {
      leaves.push(
        gate.enter(() => {
          entered.push(n);
          leaves[n]?.();
        }) as Leave,
      );
    }
    await quiet();
    expect(entered).toEqual([0, 1, 2, 3, 4]);
  });

  test("keeps its bounds and its order, and forgets nobody, whatever comes and goes", async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: "enter" as const, pick: 0 }) },
      fc.record({ kind: fc.constantFrom("leave" as const, "give up" as const), pick: fc.nat() }),
      fc.constant({ kind: "turn" as const, pick: 0 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.nat(4),
        fc.array(step, { maxLength: 60 }),
        async (most, queued, steps) => {
          const gate = gateOf(most, queued);
          const inside = new Map<number, Leave>();
          const waiting = new Map<number, Leave>();
          const order: number[] = [];
          let next = 0;
          const take = (from: Map<number, Leave>, pick: number): void => {
            const key = [...from.keys()][pick % from.size];
            if (key === undefined) return;
            from.get(key)?.();
            from.delete(key);
          };
          for (const { kind, pick } of steps) {
            if (kind === "enter") {
              const n = next++;
              const leave = gate.enter(() => {
                order.push(n);
                inside.set(n, waiting.get(n) as Leave);
                waiting.delete(n);
              });
              expect(leave === undefined).toBe(inside.size + waiting.size >= most + queued);
              if (leave !== undefined) waiting.set(n, leave);
            } else if (kind === "leave") take(inside, pick);
            else if (kind === "give up") take(waiting, pick);
            else await quiet();
            expect(inside.size).toBeLessThanOrEqual(most);
          }
          await quiet();
          expect(inside.size === most || waiting.size === 0).toBe(true);
          while (inside.size > 0) {
            take(inside, 0);
            await quiet();
          }
          expect(waiting.size).toBe(0);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("clients that wait at one gate", () => {
  test("take turns, however many of one wait", async () => {
    const { enter } = gateWith({});
    const [heavy, light, other] = [{}, {}, {}];
    const entered: string[] = [];
    const leaves: Leave[] = [];
    const add = (lane: object, name: string): void => {
      const leave = enter({ lane, start: () => void entered.push(name) });
      leaves.push(leave as Leave);
    };
    for (let n = 0; n < 6; n++) add(heavy, `h${n}`);
    for (let n = 0; n < 2; n++) add(light, `l${n}`);
    add(other, "o0");
    const order = ["h0", "l0", "o0", "h1", "l1", "h2", "h3", "h4", "h5"];
    for (const [at, name] of order.entries()) {
      await quiet();
      expect(entered).toEqual(order.slice(0, at + 1));
      leaves[["h0", "h1", "h2", "h3", "h4", "h5", "l0", "l1", "o0"].indexOf(name)]?.();
    }
  });

  test("lose no turn when one of them gives up", async () => {
    const { gate, enter } = gateWith({});
    const entered: string[] = [];
    const first = enter({}) as Leave;
    const lanes = [{}, {}, {}];
    const leaves = lanes.map(
      (lane, at) => enter({ lane, bytes: 10, start: () => void entered.push(`${at}`) }) as Leave,
    );
    await quiet();
    expect(gate.waitingBytes).toBe(30);
    leaves[0]?.();
    expect(gate.waitingBytes).toBe(20);
    first();
    await quiet();
    leaves[1]?.();
    await quiet();
    expect(entered).toEqual(["1", "2"]);
    expect(gate.waitingBytes).toBe(0);
  });
});
