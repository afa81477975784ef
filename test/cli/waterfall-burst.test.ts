import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Bar, columns, cut, formatMs, plainText, readBurst, ticks } from "../../src/cli/burst.ts";

const call = (server: string, startMs: number, queuedMs: number, endMs: number): Bar => ({
  server,
  label: `${server || "none"} ${startMs}`,
  startMs,
  queuedMs,
  endMs,
  outcome: "ok",
});

test("lanes come in the order of their first call, with the calls that reached no server last", () => {
  const bars = [call("-", 0, 0, 1), call("b", 1, 0, 2), call("a", 2, 0, 3), call("", 3, 0, 4), call("b", 4, 0, 5)];
  const lanes = readBurst(bars).lanes.map(({ heading, calls }) => [heading, ...calls.map(({ label }) => label)]);
  expect(lanes).toEqual([
    ["b", "b 1", "b 4"],
    ["a", "a 2"],
    ["no server", "- 0", "none 3"],
  ]);
});

test("a server that is called like the lane of no server keeps its own lane", () => {
  expect(readBurst([call("no server", 0, 0, 1), call("", 0, 0, 1)]).lanes).toHaveLength(2);
});

test("the sum counts running, so calls one after the other are 1.0 at once", () => {
  const { summary } = readBurst([call("a", 0, 0, 1000), call("a", 0, 1000, 2000), call("a", 0, 2000, 3000)]);
  expect(summary).toBe("wall 3.00 s · sum of the calls 3.00 s · 1.0 × at once");
});

test("four calls of a second at once are summed up with the ratio of the exact times", () => {
  const { summary, shortSummary } = readBurst([1040, 1038, 1030, 1102].map((endMs, at) => call("a", at, 0, endMs)));
  expect(summary).toBe("wall 1.10 s · sum of the calls 4.20 s · 3.8 × at once");
  expect(shortSummary).toBe("wall 1.10 s · sum 4.20 s · 3.8 ×");
});

test("times are put in order when they are negative, reversed, endless or no numbers", () => {
  const times = [call("a", -5, -5, -1), call("a", 10, 5, 3), call("a", 0, 50, 20), call("a", Number.NaN, 0, Infinity)];
  const read = readBurst(times).lanes.flatMap(({ calls }) =>
    calls.map(({ startMs, runMs, endMs }) => [startMs, runMs, endMs]),
  );
  expect(read).toEqual([
    [0, 0, 0],
    [10, 10, 10],
    [0, 20, 20],
    [0, 0, Number.MAX_SAFE_INTEGER],
  ]);
});

test("a call that only waited did not run, whatever rounding makes of its wait", () => {
  const { lanes, summary } = readBurst([call("a", 0.1, 0.7 - 0.1, 0.7)]);
  expect(lanes[0]?.calls[0]).toMatchObject({ runMs: 0.7, endMs: 0.7 });
  expect(summary).toBe("wall 0.7 ms · sum of the calls 0 ms");
});

test("the remark says the outcome in words, the note and the wait", () => {
  const remark = (bar: Partial<Bar>) => readBurst([{ ...call("a", 0, 0, 100), ...bar }]).lanes[0]?.calls[0]?.remark;
  expect(remark({})).toBe("");
  expect(remark({ queuedMs: 40 })).toBe("waited 40 ms");
  expect(remark({ outcome: "tool_error", note: "no\nsuch path" })).toBe("tool error: no such path");
  expect(remark({ outcome: "failed", queuedMs: 40, note: "gone" })).toBe("failed: gone");
  expect(remark({ outcome: "cancelled" })).toBe("cancelled");
});

test.each([
  [0, "0 ms"],
  [0.04, "0 ms"],
  [4.25, "4.3 ms"],
  [9.96, "10 ms"],
  [999.4, "999 ms"],
  [999.6, "1.00 s"],
  [1040, "1.04 s"],
  [9996, "10.0 s"],
  [59_960, "1.0 min"],
  [5_400_000, "1.5 h"],
  [86_400_000 * 3, "3 d"],
  [Number.MAX_SAFE_INTEGER, "1.0e8 d"],
])("%d ms is written as %s", (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});

test("ticks stand on round numbers at least the given step apart", () => {
  const texts = (spanMs: number, minStepMs: number) => ticks(spanMs, minStepMs).map(({ text }) => text);
  expect(texts(1040, 180)).toEqual(["0", "250 ms", "500 ms", "750 ms", "1 s"]);
  expect(texts(100_000, 12_000)).toEqual(["0", "15 s", "30 s", "45 s", "1 min", "1.25 min", "1.5 min"]);
  expect(texts(86_400_000 * 9, 86_400_000 * 1.5)).toEqual(["0", "2 d", "4 d", "6 d", "8 d"]);
  expect(texts(1, 2)).toEqual(["0"]);
});

test("ticks stay within the span and in number for any span", () =>
  fc.assert(
    fc.property(fc.double({ min: 1, max: Number.MAX_SAFE_INTEGER, noNaN: true }), (spanMs) => {
      const marks = ticks(spanMs, spanMs / 8);
      expect(marks.length).toBeLessThanOrEqual(9);
      expect(marks.filter(({ ms }) => ms > spanMs)).toEqual([]);
    }),
  ));

test("columns count wide characters and emoji as two, marks as none", () => {
  expect(["abc", "日本", "🚀", "e\u0301", "한글", "ｆｕ", "█░✓…"].map(columns)).toEqual([3, 4, 2, 1, 4, 4, 4]);
});

test("a cut text fits and never ends in half a wide character", () => {
  expect(cut("日本語", 6)).toBe("日本語");
  expect(cut("日本語", 5)).toBe("日本…");
  expect(cut("日本語", 4)).toBe("日…");
  expect(cut("two words", 5)).toBe("two…");
  expect(cut("abc", 0)).toBe("");
});

test("plain text is one line without controls, direction marks or piles of marks", () => {
  expect(plainText(" a\r\n\tb\u2028c ")).toBe("a b c");
  expect(plainText("\x1b[31m\x07\x7f\x9b")).toBe("␛[31m␇␡�");
  expect(plainText("a\u202eb\u200bc\ufeff")).toBe("abc");
  expect(plainText("\ud800x")).toBe("�x");
  expect(plainText(`e${"\u0301".repeat(50)}`)).toBe("e\u0301\u0301");
});
