import { describe, expect, test } from "vitest";
import type { Observer } from "../../src/events.ts";
import { createLog, type LogOptions } from "../../src/observe/log.ts";
import { createRedactor } from "../../src/observe/redact.ts";

/** A log and the lines it has written. */
function logging(some: Partial<LogOptions> = {}): { log: Observer; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ level: "debug", write, redact: (text) => text, isForPeople: false, now: () => 0, ...some });
  return { log, lines };
}

test("of one server the log takes 200 lines a second, and tells how many more there were", () => {
  let at = 0;
  const { log, lines } = logging({ now: () => at });
  for (let line = 0; line < 1000; line++) log.serverSaid?.({ server: "chatty", from: "stdout", line: `${line}` });
  log.serverSaid?.({ server: "quiet", from: "stdout", line: "heard" });
  expect(lines.length).toBe(201);
  at = 1000;
  log.serverSaid?.({ server: "chatty", from: "stdout", line: "later" });
  expect(lines.slice(201).map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    "800 lines dropped",
    "later",
  ]);
});

const hostile = "a\u001b]52;c;aGk=\u0007\n\r\u009b\u202e\u2028\u{e0041}b\\x1b";
describe("a line of the log", () => {
  for (const isForPeople of [false, true]) {
    test(`is harmless whatever a server says or is called, ${isForPeople ? "for people" : "as JSON"}`, () => {
      const { log, lines } = logging({ isForPeople });
      log.serverSaid?.({ server: hostile, from: "stdout", line: hostile });
      log.oddity?.({ server: hostile, text: hostile });
      log.serverChanged?.({ server: hostile, state: "failed", text: hostile });
      log.notice?.({ text: hostile });
      log.callEnded?.({ server: hostile, tool: hostile, id: "1", queuedMs: 0, totalMs: 1, outcome: "answered" });
      log.defect?.({ cause: new Error(hostile) });
      expect(lines.length).toBe(6);
      for (const line of lines) {
        expect(line).toMatch(/^[^\n]+\n$/);
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }
    });
  }

  test("as JSON is JSON with level, time, server and the text as it came", () => {
    const { log, lines } = logging();
    log.serverSaid?.({ server: "alpha", from: "stderr", line: hostile });
    expect(JSON.parse(lines[0] as string)).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      server: "alpha",
      from: "stderr",
      msg: hostile,
    });
  });

  test("for people is a time, a level, the server and the text", () => {
    const { log, lines } = logging({ isForPeople: true });
    log.oddity?.({ server: "alpha", text: "something 100 % odd: %s {}" });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}alpha: something 100 % odd: %s \{\}\n$/);
  });

  test("holds no secret, in whatever form it is written", () => {
    const secrets = ['s3cret"\\\n', "t0ken"];
    for (const isForPeople of [false, true]) {
      const { log, lines } = logging({ isForPeople, redact: createRedactor(secrets) });
      log.serverSaid?.({ server: "alpha", from: "stderr", line: 'saw s3cret"\\\n and t0ken' });
      log.serverChanged?.({ server: "t0ken", state: "failed", text: "no t0ken" });
      expect(lines.join("")).not.toMatch(/s3cret|t0ken/);
    }
  });
});

describe("the level of the log", () => {
  const say = (log: Observer) => {
    log.serverChanged?.({ server: "a", state: "ready", text: "ready" });
    log.serverChanged?.({ server: "a", state: "ended", text: "ended" });
    log.callEnded?.({ server: "a", tool: "t", id: "1", queuedMs: 0, totalMs: 1, outcome: "answered" });
    log.defect?.({ cause: new Error("oops") });
  };
  const levels = { debug: 4, info: 3, warn: 2, error: 1, silent: 0 } as const;
  for (const [level, count] of Object.entries(levels)) {
    test(`${level} writes ${count} of four lines`, () => {
      const { log, lines } = logging({ level: level as keyof typeof levels });
      say(log);
      expect(lines.length).toBe(count);
    });
  }

  test("decides whether calls are wanted at all", () => {
    expect(logging({ level: "info" }).log.callEnded).toBeUndefined();
    expect(logging({ level: "debug" }).log.callEnded).toBeDefined();
  });
});

test("a defect is logged with its cause and where it came from", () => {
  const { log, lines } = logging();
  log.defect?.({ cause: new Error("outer", { cause: new Error("inner") }) });
  const { err } = JSON.parse(lines[0] as string);
  expect(err.message).toContain("outer");
  expect(JSON.stringify(err)).toContain("inner");
  expect(err.stack).toContain("log.test.ts");
});
