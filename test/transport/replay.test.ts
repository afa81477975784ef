import { describe, expect, test } from "vitest";
import { Replay } from "../../src/transport/replay.ts";

const bounds = { maxEvents: 4, maxBytes: 100, retainMs: 1000 };

function messagesSince(replay: Replay, id: string): readonly unknown[] | undefined {
  const place = replay.placeOf(id);
  return place && replay.since(place).map(({ message }) => message);
}

describe("what was sent", () => {
  test("is given again behind each of its ids, of its own stream alone", () => {
    const replay = new Replay("n", bounds);
    const begin = replay.idAt(1);
    const ids = ["a", "b", "c", "d"].map((message, index) => replay.add(index % 2, message, 0).id);
    expect(messagesSince(replay, begin)).toEqual(["b", "d"]);
    expect(ids.map((id) => messagesSince(replay, id))).toEqual([["c"], ["d"], [], []]);
    expect(new Set([begin, ...ids]).size).toBe(5);
  });

  test("is forgotten beyond a number and so many bytes, the oldest first, and never the newest", () => {
    const replay = new Replay("n", bounds);
    const begin = replay.idAt(1);
    for (const message of ["a", "b", "c", "d", "e"]) replay.add(1, message, 0);
    expect(messagesSince(replay, begin)).toEqual(["b", "c", "d", "e"]);
    replay.add(1, "x".repeat(98), 0);
    expect(messagesSince(replay, begin)).toEqual(["d", "e", "x".repeat(98)].slice(-3));
    replay.add(1, [Buffer.alloc(1000)], 0);
    expect(messagesSince(replay, begin)?.length).toBe(1);
  });

  test("is forgotten after its time, unless it is still to be sent a first time", () => {
    const replay = new Replay("n", bounds);
    const begin = [replay.idAt(0), replay.idAt(1)];
    replay.add(0, "a", 0);
    replay.add(1, "b", 0);
    replay.add(1, "c", 900);
    replay.prune(1000, () => false);
    expect(begin.map((id) => messagesSince(replay, id))).toEqual([["a"], ["b", "c"]]);
    replay.prune(1001, ({ stream }) => stream === 0);
    expect(begin.map((id) => messagesSince(replay, id))).toEqual([["a"], ["c"]]);
    replay.prune(9000, () => false);
    expect(begin.map((id) => messagesSince(replay, id))).toEqual([[], []]);
  });
});

test("an id that is not one of these means nothing", () => {
  const replay = new Replay("n", bounds);
  for (const id of ["", "n", "n-1", "m-1-0", "n-1-0-0", "n-x-0", "n-1-", "n--1-0", "n-1-1e3", ` ${replay.idAt(1)}`]) {
    expect(replay.placeOf(id)).toBeUndefined();
  }
});
