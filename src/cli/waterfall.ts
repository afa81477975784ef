import { type Bar, type Burst, type Call, columns, cut, type Outcome, readBurst, ticks } from "./burst.ts";

/**
 * Draws a burst of calls as lines for a terminal: a heading per server, a row per call on one time axis, and the wall
 * time against the sum. No line is wider than `width` columns, and no text of a bar can move the cursor or set colours.
 */
export function drawWaterfall(bars: readonly Bar[], options: WaterfallOptions): string[] {
  const width = Number.isFinite(options.width) ? Math.min(Math.max(Math.floor(options.width), 1), 200) : 80;
  return draw(readBurst(bars), width).map((line) => paint(clip(line, width), options));
}

type WaterfallOptions = {
  /** Columns of the terminal. Below 40 the bars are left out; above 200 they do not grow. */
  readonly width: number;
  /** False: no escape sequence at all. Every outcome reads without colour. */
  readonly color: boolean;
  /** False: nothing but ASCII. Default true. */
  readonly unicode?: boolean;
};

type Style = "bold" | "grey" | "green" | "yellow" | "red";
type Piece = { readonly text: string; readonly style?: Style | undefined };
type Line = readonly Piece[];

const SIGNS: Readonly<Record<Outcome, { readonly sign: string; readonly style: Style }>> = {
  ok: { sign: "✓", style: "green" },
  tool_error: { sign: "!", style: "yellow" },
  failed: { sign: "✗", style: "red" },
  cancelled: { sign: "–", style: "grey" },
};

/** `margin`: columns before the track. `tickCells`: the tick of each cell that has one. */
type Layout = {
  readonly spanMs: number;
  readonly label: number;
  readonly margin: number;
  readonly track: number;
  readonly duration: number;
  readonly tickCells: ReadonlyMap<number, string>;
};

const MIN_WIDTH_FOR_BARS = 40;
/** Room for the text of a tick. */
const MIN_TICK_CELLS = 10;

function draw(burst: Burst, width: number): Line[] {
  if (burst.lanes.length === 0) return [[piece(burst.summary)]];
  const layout = width < MIN_WIDTH_FOR_BARS ? undefined : layOut(burst, width);
  const rows = burst.lanes.flatMap((lane) => [
    [piece(lane.heading, "bold")],
    ...lane.calls.flatMap((call) => (layout === undefined ? [listRow(call, width)] : callRows(call, layout))),
  ]);
  return [...rows, ...(layout === undefined ? [] : axis(burst, layout)), ...summary(burst, width)];
}

/** One line if it can be, otherwise one for each part. */
function summary({ summary, shortSummary }: Burst, width: number): Line[] {
  const line = [summary, shortSummary].find((form) => columns(form) <= width);
  return (line === undefined ? summary.split(" · ") : [line]).map((text) => [piece(text, "bold")]);
}

function layOut(burst: Burst, width: number): Layout {
  const calls = burst.lanes.flatMap((lane) => lane.calls);
  const longest = calls.reduce((most, call) => Math.max(most, columns(call.label)), 0);
  const label = Math.min(longest, Math.floor(width * 0.34));
  const duration = calls.reduce((most, call) => Math.max(most, columns(call.duration)), 0);
  const margin = 4 + label + 1;
  const track = width - margin - 1 - duration;
  const { spanMs } = burst;
  const marks = ticks(spanMs, (spanMs * Math.min(MIN_TICK_CELLS, track)) / track);
  const tickCells = new Map(marks.map(({ ms, text }) => [cellOf(ms, spanMs, track), text]));
  return { spanMs, label, margin, track, duration, tickCells };
}

function cellOf(ms: number, spanMs: number, track: number): number {
  return Math.min(Math.floor((ms / spanMs) * track), track - 1);
}

/** A call where there is no room for bars. */
function listRow(call: Call, width: number): Line {
  const { sign, style } = SIGNS[call.outcome];
  const room = Math.max(width - 3 - columns(call.duration), 4);
  return [piece(`${sign} `, style), piece(`${pad(cut(call.label, room), room)} ${call.duration}`)];
}

/** The row of a call; under it its remark where that fits on neither side of the bar. */
function callRows(call: Call, layout: Layout): Line[] {
  const { sign, style } = SIGNS[call.outcome];
  const { first, cells } = bar(call, layout);
  const end = first + cells.length;
  // With the space between it and the bar.
  const room = call.remark === "" ? 0 : columns(call.remark) + 1;
  const place = room <= layout.track - end ? "right" : room <= first ? "left" : "below";
  const [left, right] = [place === "left" ? room : 0, place === "right" ? room : 0];
  const row = [
    piece(`  ${sign} `, style),
    piece(`${pad(cut(call.label, layout.label), layout.label)} `),
    piece(grid(0, first - left, layout), "grey"),
    piece(left > 0 ? `${call.remark} ` : "", style),
    piece(cells, style),
    piece(right > 0 ? ` ${call.remark}` : "", style),
    piece(right > 0 && end + right < layout.track ? " " : ""),
    piece(grid(end + right + Math.sign(right), layout.track, layout), "grey"),
    piece(` ${call.duration.padStart(layout.duration)}`),
  ];
  return place === "below" && call.outcome !== "ok" ? [row, [piece(`    ${call.remark}`, style)]] : [row];
}

/** Eighths of a cell, filled from the left. */
const PARTS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** The cells of a call, and the first of them: the wait in whole cells, the run to an eighth, half a cell at least. */
function bar(call: Call, { spanMs, track }: Layout): { readonly first: number; readonly cells: string } {
  const first = cellOf(call.startMs, spanMs, track);
  const cellsTo = (ms: number) => (ms / spanMs) * track;
  const isWaitSeen = cellsTo(call.runMs - call.startMs) >= 0.5;
  const waitEnd = isWaitSeen ? Math.max(Math.round(cellsTo(call.runMs)), first) : first;
  if (call.runMs > call.startMs && call.runMs === call.endMs) {
    return { first, cells: "░".repeat(Math.max(waitEnd - first, 1)) };
  }
  const runStart = Math.min(waitEnd, track - 1);
  const eighths = Math.max(Math.round(cellsTo(call.endMs) * 8) - runStart * 8, 4);
  const running = "█".repeat(Math.floor(eighths / 8)) + PARTS[eighths % 8];
  return { first, cells: "░".repeat(runStart - first) + running };
}

/** The empty cells from `from` to before `to`, with the lines of the time axis going through. */
function grid(from: number, to: number, { tickCells }: Layout): string {
  const cells = Array.from({ length: Math.max(to - from, 0) }, (_, index) => tickCells.has(from + index));
  return cells.map((hasTick) => (hasTick ? "┊" : " ")).join("");
}

/** The time axis, and before it what the two kinds of cells mean. */
function axis(burst: Burst, layout: Layout): Line[] {
  const legends = burst.hasWaits ? ["  ░ waiting  █ running", "  ░ waiting"] : [];
  const legend = legends.find((words) => columns(words) < layout.margin) ?? "";
  const line = Array.from({ length: layout.track }, (_, cell) => (layout.tickCells.has(cell) ? "┴" : "─")).join("");
  let texts = "";
  for (const [cell, text] of layout.tickCells) {
    texts = pad(texts, Math.max(cell - Math.floor(text.length / 2), 0)) + text;
  }
  return [[piece(`${pad("", layout.margin)}${line}`, "grey")], [piece(pad(legend, layout.margin) + texts, "grey")]];
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(width - columns(text), 0));
}

function piece(text: string, style?: Style): Piece {
  return { text, style };
}

/** The line cut to `width` columns. */
function clip(line: Line, width: number): Line {
  let room = width;
  return line.map(({ text, style }) => {
    const shown = cut(text, room);
    room -= columns(shown);
    return { text: shown, style };
  });
}

const CODES: Readonly<Record<Style, number>> = { bold: 1, red: 31, green: 32, yellow: 33, grey: 90 };

function paint(line: Line, { color, unicode = true }: WaterfallOptions): string {
  const end = line.findLastIndex(({ text }) => text.trim() !== "");
  return line
    .slice(0, end + 1)
    .map(({ text, style }, index) => {
      const shown = index === end ? text.trimEnd() : text;
      const spelled = unicode ? shown : ascii(shown);
      return color && style !== undefined && spelled.trim() !== "" ? `\x1b[${CODES[style]}m${spelled}\x1b[0m` : spelled;
    })
    .join("");
}

const ASCII = new Map(
  [
    ["█▉▊▋▌", "#"],
    ["▍▎▏", " "],
    ["░", "."],
    ["·", "|"],
    ["┊", ":"],
    ["─–", "-"],
    ["┴✓", "+"],
    ["✗×", "x"],
    ["…", "~"],
  ].flatMap(([from = "", to = ""]) => [...from].map((character) => [character, to] as const)),
);

/** As many columns of ASCII. */
function ascii(text: string): string {
  return [...text].map((each) => (each <= "~" ? each : (ASCII.get(each) ?? "?".repeat(columns(each))))).join("");
}
