import { describe, expect, test } from "vitest";
import { Lanes, type Ticket } from "../../src/metatools/scheduler.ts";

/** Lanes whose calls are written down when they go. */
function watched() {
  const gone: string[] = [];
  const lanes = new Lanes<Ticket>(({ server, order }) => void gone.push(`${server}${order}`));
  const enter = (server: string, order: number, isWriting: boolean): (() => void) => {
    const one = { server, order, isWriting };
    lanes.enter(one);
    return () => lanes.leave(one);
  };
  return {
    lanes,
    gone,
    read: (server: string, order: number) => enter(server, order, false),
    write: (server: string, order: number) => enter(server, order, true),
  };
}

describe("calls to one server", () => {
  test("go at once where none is marked as writing", () => {
    const { gone, read } = watched();
    for (const order of [0, 1, 2]) read("a", order);
    expect(gone).toEqual(["a0", "a1", "a2"]);
  });

  test("that are marked as writing wait for those before them, and those after them wait", () => {
    const { gone, read, write } = watched();
    const leave = [read("a", 0), read("a", 1), write("a", 2), read("a", 3), write("a", 4)];
    leave[0]?.();
    expect(gone).toEqual(["a0", "a1"]);
    leave[1]?.();
    expect(gone).toEqual(["a0", "a1", "a2"]);
    leave[2]?.();
    expect(gone).toEqual(["a0", "a1", "a2", "a3"]);
    leave[3]?.();
    expect(gone).toEqual(["a0", "a1", "a2", "a3", "a4"]);
  });

  test("wait in the order of the list, whenever they come", () => {
    const { gone, read, write } = watched();
    const first = write("a", 1);
    write("a", 9);
    const early = read("a", 0);
    read("a", 12);
    first();
    expect(gone).toEqual(["a1", "a0"]);
    early();
    expect(gone).toEqual(["a1", "a0", "a9"]);
  });

  test("share with those that run when they come before the write that waits", () => {
    const { gone, read, write } = watched();
    read("a", 0);
    write("a", 5);
    read("a", 3);
    read("a", 7);
    expect(gone).toEqual(["a0", "a3"]);
  });

  test("never go once the lanes are closed", () => {
    const { lanes, gone, read, write } = watched();
    const leave = write("a", 0);
    read("a", 1);
    lanes.close();
    leave();
    expect(gone).toEqual(["a0"]);
  });
});

test("no server waits for another", () => {
  const { gone, read, write } = watched();
  write("a", 0);
  write("b", 1);
  read("c", 2);
  expect(gone).toEqual(["a0", "b1", "c2"]);
});
