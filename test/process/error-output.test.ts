import { expect, test } from "vitest";
import { startChild } from "../../src/process/child.ts";
import { fakeClock, fakeSpawn } from "./fakes.ts";

/** A child whose stderr the test writes itself, and the lines that come of it. */
function childWithErrorOutput(replies = () => 0) {
  const clock = fakeClock();
  const spawn = fakeSpawn();
  const lines: string[] = [];
  const launch = { command: "/bin/server", args: [], env: {}, cwd: "/" };
  const child = startChild(launch, { spawn, clock }, { stderrLine: (line) => lines.push(line), replies });
  child.stdout.resume();
  const [started] = spawn.started;
  if (started === undefined) throw new Error("not started");
  const write = async (...pieces: (string | Buffer)[]): Promise<void> => {
    for (const piece of pieces) {
      started.stderr.write(piece);
      await new Promise((resolve) => setImmediate(resolve)); // Read before the next piece is written.
    }
  };
  const isRead = (): boolean => !started.stderr.isPaused();
  const end = (): typeof child.ended => {
    started.exit({ code: 0, signal: null });
    return child.ended;
  };
  return { clock, lines, write, isRead, end };
}

test("lines are put together from pieces, and a last one without an end is shown when the child ends", async () => {
  const { lines, write, end } = childWithErrorOutput();
  await write("on", "e\r\ntw", "o\n\n\nthr", "ee");
  expect(lines).toEqual(["one", "two"]);
  expect(await end()).toMatchObject({ stderrTail: ["one", "two", "three"] });
  expect(lines).toEqual(["one", "two", "three"]);
});

test("a line longer than 4 KiB is cut, not inside a character", async () => {
  const { lines, write } = childWithErrorOutput();
  await write("a".repeat(4096), "\n", "b".repeat(4097), "\n", "c".repeat(4094), "日本".repeat(20_000), "\nend\n");
  expect(lines).toEqual(["a".repeat(4096), `${"b".repeat(4096)}…`, `${"c".repeat(4094)}…`, "end"]);
});

test("bytes that are no UTF-8 become replacement characters", async () => {
  const { lines, write } = childWithErrorOutput();
  await write(Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0x80, 0x0a]));
  expect(lines).toEqual(["a\ufffd\ufffd", "\ufffd"]);
});

test("of more than 200 lines in a second the rest is counted, and told when the second is over", async () => {
  const { clock, lines, write } = childWithErrorOutput();
  await write("line\n".repeat(250));
  clock.pass(999);
  expect(lines).toHaveLength(200);
  clock.pass(1);
  await write("again\n");
  expect(lines.slice(200)).toEqual(["50 lines dropped", "again"]);
});

test("what was dropped is told at the end too, and the last lines are kept though they were dropped", async () => {
  const { lines, write, end } = childWithErrorOutput();
  await write("line\n".repeat(300), "why\n");
  const ended = await end();
  expect(lines.at(-1)).toBe("101 lines dropped");
  expect(ended.kind === "exited" && ended.stderrTail).toEqual([...Array(15).fill("line"), "why"]);
});

test("of a flood only the last lines are taken, with the number of all others", async () => {
  const { clock, lines, write, end } = childWithErrorOutput();
  const flood = "a line of the flood\n".repeat(3000);
  await write("line\n".repeat(200), "begun and ", flood, flood, "why");
  clock.pass(1000);
  expect(lines.slice(200)).toEqual(["6000 lines dropped"]);
  const ended = await end();
  expect(ended.kind === "exited" && ended.stderrTail.slice(-2)).toEqual(["a line of the flood", "why"]);
});

test("while servers answer, a flood is read a piece at a time, and what is left of it at once when the child has ended", async () => {
  const traffic = { replies: 0 };
  const { clock, write, isRead, end } = childWithErrorOutput(() => traffic.replies);
  clock.pass(1000);
  await write(Buffer.alloc(200 * 1024));
  expect(isRead()).toBe(true);
  traffic.replies++;
  clock.pass(50);
  await write(Buffer.alloc(50 * 1024));
  expect(isRead()).toBe(true);
  await write(Buffer.alloc(14 * 1024));
  expect(isRead()).toBe(false);
  clock.pass(50);
  expect(isRead()).toBe(true);
  // Nobody has answered for half a second.
  clock.pass(500);
  await write(Buffer.alloc(200 * 1024));
  expect(isRead()).toBe(true);
  traffic.replies++;
  clock.pass(50);
  await write(Buffer.alloc(300 * 1024));
  expect(isRead()).toBe(false);
  void end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isRead()).toBe(true);
});
