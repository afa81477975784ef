import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bar, columns, type Outcome } from "../../src/cli/burst.ts";
import { drawWaterfall } from "../../src/cli/waterfall.ts";

function bar(
  server: string,
  label: string,
  times: [number, number, number],
  outcome: Outcome = "ok",
  note?: string,
): Bar {
  const [startMs, queuedMs, endMs] = times;
  return { server, label, startMs, queuedMs, endMs, outcome, ...(note === undefined ? {} : { note }) };
}

const BURST: readonly Bar[] = [
  bar("", "nope", [0, 0, 0], "failed", "unknown tool"),
  bar("alpha", "slow", [0, 0, 1000]),
  bar("alpha", "next", [0, 1000, 1250]),
  bar("beta", "quick", [0, 0, 4]),
  bar("alpha", "wrong", [500, 0, 510], "tool_error", "no such path"),
  bar("beta", "left", [1200, 0, 1250], "cancelled"),
  bar("gone", "any", [0, 625, 625], "failed", "could not be started: no such command: gone-server"),
];

function withoutColor(line: string): string {
  return [0, 1, 31, 32, 33, 90].reduce((text, code) => text.replaceAll(`\x1b[${code}m`, ""), line);
}

/** Code points of every kind, lone surrogates and controls too. */
const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    "\x1b[2J\x1b]0;title\x07",
    "👩‍👩‍👧‍👦".repeat(20),
    "日本語".repeat(40),
    `e${"\u0301".repeat(200)}`,
    "a\u202eb",
    "\r\n\t",
  ),
);
const anyMs = fc.oneof(fc.double(), fc.integer({ min: 0, max: 5000 }), fc.constantFrom(0, 1000, Number.MAX_VALUE));
const anyBar: fc.Arbitrary<Bar> = fc.record(
  {
    server: fc.oneof(fc.constantFrom("", "-", "a", "b"), hostileText),
    label: hostileText,
    startMs: anyMs,
    queuedMs: anyMs,
    endMs: anyMs,
    outcome: fc.constantFrom<Outcome>("ok", "tool_error", "failed", "cancelled"),
    note: hostileText,
  },
  { requiredKeys: ["server", "label", "startMs", "queuedMs", "endMs", "outcome"] },
);
const anyBars = fc.array(anyBar, { maxLength: 12 });
const anyWidth = fc.integer({ min: 1, max: 200 });

describe("exact lines", () => {
  test("a burst is drawn with a lane per server, waits hatched and calls that reached no server last", () => {
    expect(drawWaterfall(BURST, { width: 60, color: false })).toEqual([
      "alpha",
      "  ✓ slow  ██████████████████████████████████▍         1.00 s",
      "  ✓ next  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░█████████ 1.25 s",
      "  ! wrong ┊                ▌ tool error: no such path  10 ms",
      "beta",
      "  ✓ quick ▌                ┊                ┊           4 ms",
      "  – left  ┊                ┊             cancelled ██  50 ms",
      "gone",
      "  ✗ any   ░░░░░░░░░░░░░░░░░░░░░░            ┊         625 ms",
      "    failed: could not be started: no such command: gone-ser…",
      "no server",
      "  ✗ nope  ▌ failed: unknown tool            ┊           0 ms",
      "          ┴────────────────┴────────────────┴────────",
      "          0             500 ms             1 s",
      "wall 1.25 s · sum of the calls 1.31 s · 1.1 × at once",
    ]);
  });

  test("the outcome sets the colour of sign, bar and remark when colour is wanted", () => {
    expect(drawWaterfall(BURST.slice(0, 2), { width: 40, color: true })).toEqual([
      "\x1b[1malpha\x1b[0m",
      "\x1b[32m  ✓ \x1b[0mslow \x1b[32m████████████████████████\x1b[0m 1.00 s",
      "\x1b[1mno server\x1b[0m",
      "\x1b[31m  ✗ \x1b[0mnope \x1b[31m▌\x1b[0m\x1b[31m failed: unknown tool\x1b[0m \x1b[90m┊\x1b[0m   0 ms",
      "\x1b[90m         ┴───────────┴──────────┴\x1b[0m",
      "\x1b[90m         0        500 ms       1 s\x1b[0m",
      "\x1b[1mwall 1.00 s · sum 1.00 s · 1.0 ×\x1b[0m",
    ]);
  });

  test("only ASCII is drawn when unicode is false", () => {
    const bars = [bar("é", "slow→", [0, 0, 1000]), bar("é", "日", [0, 500, 800], "cancelled")];
    expect(drawWaterfall(bars, { width: 44, color: false, unicode: false })).toEqual([
      "?",
      "  + slow? ########################### 1.00 s",
      "  - ??    ..............########    : 800 ms",
      "    cancelled",
      "          +------------+------------+",
      "          0         500 ms         1 s",
      "wall 1.00 s | sum 1.30 s | 1.3 x",
    ]);
  });

  test("calls are listed without bars when the terminal is narrower than 40 columns", () => {
    expect(drawWaterfall(BURST.slice(1, 3), { width: 24, color: false })).toEqual([
      "alpha",
      "✓ slow            1.00 s",
      "✓ next            1.25 s",
      "wall 1.25 s",
      "sum of the calls 1.25 s",
      "1.0 × at once",
    ]);
  });

  test("the hatching is explained when a call waited and there is room", () => {
    const long = [bar("alpha", "a label of twenty columns", [0, 600, 1000])];
    const axisTexts = (width: number) => drawWaterfall(long, { width, color: false }).at(-2);
    expect(axisTexts(80)).toMatch(/^ {2}░ waiting {2}█ running +0 /);
    expect(axisTexts(40)).toMatch(/^ {2}░ waiting +0 /);
  });

  test("an empty burst is one line", () => {
    expect(drawWaterfall([], { width: 80, color: true })).toEqual(["no calls"]);
  });

  test("a burst that took no time has bars of half a cell and no ratio", () => {
    const bars = [bar("a", "x", [0, 0, 0]), bar("a", "y", [0, 0, 0])];
    expect(drawWaterfall(bars, { width: 40, color: false })).toEqual([
      "a",
      `  ✓ x ▌${" ".repeat(13)}${" ".repeat(14)}┊ 0 ms`,
      `  ✓ y ▌${" ".repeat(13)}${" ".repeat(14)}┊ 0 ms`,
      `      ┴${"─".repeat(27)}┴`,
      `      0${" ".repeat(25)}1 ms`,
      "wall 0 ms · sum of the calls 0 ms",
    ]);
  });

  test("hostile text is shown as harmless text when it holds escapes and line breaks", () => {
    const bars = [bar("a\x1b[2J", "x\r\ny\x00\x9b", [0, 0, 10], "failed", "no\n\u202e\x07")];
    const [heading, row] = drawWaterfall(bars, { width: 60, color: false });
    expect(heading).toBe("a␛[2J");
    expect(row).toMatch(/^ {2}✗ x y␀� █+ /);
  });
});

describe("for any burst", () => {
  test("no line is wider than the width", () =>
    fc.assert(
      fc.property(anyBars, anyWidth, fc.boolean(), (bars, width, unicode) => {
        const lines = drawWaterfall(bars, { width, color: false, unicode });
        expect(lines.filter((line) => columns(line) > width)).toEqual([]);
      }),
    ));

  test("every call has a row with its sign, and a bar of at least one cell", () =>
    fc.assert(
      fc.property(anyBars, fc.integer({ min: 40, max: 200 }), (bars, width) => {
        const rows = drawWaterfall(bars, { width, color: false }).filter((line) => /^ {2}[✓!✗–] /.test(line));
        expect(rows).toHaveLength(bars.length);
        expect(rows.filter((row) => !/[█▉▊▋▌░]/.test(row))).toEqual([]);
      }),
    ));

  test("no control character gets out, and colour changes nothing but the colour", () =>
    fc.assert(
      fc.property(anyBars, anyWidth, (bars, width) => {
        const plain = drawWaterfall(bars, { width, color: false });
        const colored = drawWaterfall(bars, { width, color: true });
        expect(plain.filter((line) => /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029]/u.test(line))).toEqual([]);
        expect(colored.map(withoutColor)).toEqual(plain);
      }),
    ));

  test("every character is printable ASCII when unicode is false", () =>
    fc.assert(
      fc.property(anyBars, anyWidth, (bars, width) => {
        const lines = drawWaterfall(bars, { width, color: false, unicode: false });
        expect(lines.filter((line) => !/^[ -~]*$/.test(line))).toEqual([]);
      }),
    ));

  test("a width that is no number counts as 80 columns", () => {
    const at = (width: number) => drawWaterfall(BURST, { width, color: false });
    expect(at(Number.NaN)).toEqual(at(80));
    expect(at(100_000)).toEqual(at(200));
  });
});
