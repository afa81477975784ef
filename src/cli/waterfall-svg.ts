import { type Bar, type Burst, type Call, columns, cut, plainText, readBurst, ticks } from "./burst.ts";

/**
 * Draws a burst of calls as a standalone SVG file, 860 px wide: a lane per server, a bar per call on one time axis, a
 * legend, and the wall time against the sum. It brings its own background for light and dark pages, and refers to
 * nothing outside itself; texts of bars cannot become markup.
 */
export function drawSvg(bars: readonly Bar[], options: { readonly title: string }): string {
  const burst = readBurst(bars);
  const title = plainText(options.title) || "Calls";
  const { rows, bottom } = placeRows(burst);
  const height = bottom + FOOT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title summary">`,
    `<title id="title">${xml(title)}</title>`,
    `<desc id="summary">${xml(burst.summary)}</desc>`,
    STYLE,
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="panel" width="2.4" height="5"/></pattern></defs>',
    `<rect class="panel edge" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>`,
    text("title", PAD, 34, cut(title, 40)),
    summaryText(burst.summary),
    ...axis(burst, bottom),
    ...rows,
    ...legend(burst, height - 20),
    "</svg>",
    "",
  ].join("\n");
}

const WIDTH = 860;
const PAD = 22;
const RIGHT = WIDTH - PAD;
const LABEL_X = 134;
const TRACK_X = 352;
const TRACK_END = 774;
const TRACK = TRACK_END - TRACK_X;
const FULL = RIGHT - LABEL_X;
/** The y of the first row. */
const TOP = 58;
const ROW = 26;
const REMARK_ROW = 17;
const LANE_GAP = 9;
/** Below the last row: the texts of the axis and the legend. */
const FOOT = 66;
const BAR = 14;
/** A call is never drawn narrower. */
const MIN_BAR = 3;

/** Widths of a column of text in px, on the wide side of what systems have for these fonts. */
const SERVER_PX = 7.4;
const LABEL_PX = 7.3;
const REMARK_PX = 5.8;

/** Classes, not variables: small SVG viewers know these. The first colours are for light pages and for old viewers. */
const STYLE = `<style>
text { font: 12px -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.summary { font-size: 13px }
.ratio { font-weight: 600 }
.server { font-size: 12.5px; font-weight: 600 }
.label { font: 12px ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace }
.remark { font-size: 11px; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke }
.time { font-variant-numeric: tabular-nums }
.faint, .time { fill: #59636e }
.panel { fill: #ffffff }
.edge { stroke: #d1d9e0 }
.grid { stroke: #d1d9e0; stroke-opacity: .65 }
.ok { fill: #1f883d } .tool_error { fill: #bf8700 } .failed { fill: #cf222e } .cancelled { fill: #818b98 }
.remark.ok { fill: #59636e } .remark.tool_error { fill: #8a5a00 } .remark.cancelled { fill: #59636e }
.wait { fill-opacity: .55 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .faint, .time, .remark.ok, .remark.cancelled { fill: #9198a1 }
  .panel { fill: #0d1117 }
  .remark { stroke: #0d1117 }
  .edge, .grid { stroke: #3d444d }
  .ok { fill: #3fb950 } .tool_error, .remark.tool_error { fill: #d29922 } .failed { fill: #f85149 } .cancelled { fill: #7d8590 }
}
</style>`;

/** The last part of the summary, how much ran at once, stands out. */
function summaryText(summary: string): string {
  const split = summary.lastIndexOf("·") + 1;
  const [times, atOnce] = [xml(summary.slice(0, split)), xml(summary.slice(split))];
  return `<text class="summary" x="${RIGHT}" y="34" text-anchor="end">${times}<tspan class="ratio">${atOnce}</tspan></text>`;
}

/** All rows from the top down, and the y below the last. */
function placeRows(burst: Burst): { readonly rows: readonly string[]; readonly bottom: number } {
  const rows: string[] = [];
  let y = TOP;
  for (const { heading, calls } of burst.lanes) {
    if (y > TOP) {
      rows.push(`<path class="grid" d="M${PAD} ${px(y + LANE_GAP / 2)}H${RIGHT}"/>`);
      y += LANE_GAP;
    }
    rows.push(text("server", PAD, y + 17, cut(heading, Math.floor((LABEL_X - PAD - 8) / SERVER_PX))));
    for (const call of calls) {
      const { lines, height } = row(call, burst.spanMs, y);
      rows.push(...lines);
      y += height;
    }
  }
  return { rows, bottom: y };
}

/** One call; its remark beside the bar, or in a line below it where neither side has room. */
function row(call: Call, spanMs: number, y: number): { readonly lines: readonly string[]; readonly height: number } {
  const { x, width, shapes } = bar(call, spanMs, y + (ROW - BAR) / 2);
  const remarkWidth = columns(call.remark) * REMARK_PX;
  const isRight = x + width + 6 + remarkWidth <= TRACK_END;
  const isLeft = x - 6 - remarkWidth >= TRACK_X;
  const isBelow = call.remark !== "" && !isRight && !isLeft && call.outcome !== "ok";
  const remark = (at: number, below: number, anchor?: "end") =>
    text(`remark ${call.outcome}`, at, y + 17 + below, cut(call.remark, Math.floor(FULL / REMARK_PX)), anchor);
  const lines = [
    text("label", LABEL_X, y + 17, cut(call.label, Math.floor((TRACK_X - LABEL_X - 12) / LABEL_PX))),
    ...shapes,
    ...(call.remark === "" ? [] : isRight ? [remark(x + width + 6, 0)] : isLeft ? [remark(x - 6, 0, "end")] : []),
    ...(isBelow ? [remark(remarkWidth <= RIGHT - TRACK_X ? TRACK_X : LABEL_X, REMARK_ROW)] : []),
    text("time", RIGHT, y + 17, call.duration, "end"),
  ];
  return { lines, height: ROW + (isBelow ? REMARK_ROW : 0) };
}

/** The bar of a call: the wait hatched, then the run; a gap of 1 px lets both keep their rounded corners. */
function bar(
  call: Call,
  spanMs: number,
  y: number,
): { readonly x: number; readonly width: number; readonly shapes: string[] } {
  const to = (ms: number) => TRACK_X + (ms / spanMs) * TRACK;
  const isRunning = call.runMs < call.endMs || call.runMs === call.startMs;
  // Room for the least width of a wait and a run is kept free at the end of the track.
  const x = Math.min(to(call.startMs), TRACK_END - 2 * MIN_BAR);
  const waited = ((call.runMs - call.startMs) / spanMs) * TRACK;
  const wait = isRunning && waited < MIN_BAR ? 0 : Math.max(Math.min(waited, TRACK_END - MIN_BAR - x), MIN_BAR);
  const runX = x + wait;
  const run = isRunning ? Math.max(to(call.endMs) - runX, MIN_BAR) : 0;
  const rect = (classes: string, at: number, width: number, fill = "") =>
    `<rect class="${classes}"${fill} x="${px(at)}" y="${px(y)}" width="${px(width)}" height="${BAR}" rx="${px(Math.min(4, width / 2))}"/>`;
  const waitWidth = isRunning ? wait - 1 : wait;
  const shapes = [
    ...(wait > 0 ? [rect(`${call.outcome} wait`, x, waitWidth), rect("", x, waitWidth, ' fill="url(#hatch)"')] : []),
    ...(run > 0 ? [rect(call.outcome, runX, run)] : []),
  ];
  return { x, width: wait + run, shapes };
}

/** Lines of the time axis from the first row to its texts. */
function axis({ spanMs, lanes }: Burst, bottom: number): string[] {
  if (lanes.length === 0) return [];
  return ticks(spanMs, (spanMs * 62) / TRACK).flatMap(({ ms, text: label }) => {
    const x = px(TRACK_X + (ms / spanMs) * TRACK);
    return [
      `<path class="grid" d="M${x} ${TOP - 4}V${bottom + 6}"/>`,
      text("time", Number(x), bottom + 20, label, "middle"),
    ];
  });
}

const LEGEND = [
  ["ok", "ok"],
  ["tool_error", "tool error"],
  ["failed", "failed"],
  ["cancelled", "cancelled"],
] as const;

/** What the colours mean that are in the picture, and the hatching. */
function legend({ lanes, hasWaits }: Burst, y: number): string[] {
  const seen = new Set(lanes.flatMap((lane) => lane.calls.map((call) => call.outcome)));
  let x = PAD;
  const entry = (swatches: readonly string[], words: string) => {
    const at = x;
    x += 18 + words.length * 5.4 + 20;
    const boxes = swatches.map(
      (attributes) => `<rect ${attributes} x="${px(at)}" y="${y - 9}" width="12" height="10" rx="2.5"/>`,
    );
    return [...boxes, text("remark faint", at + 18, y, words)];
  };
  return [
    ...LEGEND.filter(([outcome]) => seen.has(outcome)).flatMap(([outcome, words]) =>
      entry([`class="${outcome}"`], words),
    ),
    ...(hasWaits
      ? entry(['class="cancelled wait"', 'fill="url(#hatch)"'], "waiting for a turn or for its server")
      : []),
  ];
}

function text(classes: string, x: number, y: number, content: string, anchor?: "end" | "middle"): string {
  const at = anchor === undefined ? "" : ` text-anchor="${anchor}"`;
  return `<text class="${classes}" x="${px(x)}" y="${px(y)}"${at}>${xml(content)}</text>`;
}

function px(value: number): string {
  return String(Number(value.toFixed(2)));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

function xml(content: string): string {
  return content.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
