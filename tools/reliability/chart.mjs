// chart.mjs: what the processes of a soak held over time, as a standalone SVG.

const width = 860;
const panel = { left: 78, right: 836, height: 120, gap: 62, top: 74 };
const mib = (bytes) => bytes / 2 ** 20;
const panels = [
  { title: "Heap, MiB", of: ({ heapUsed }) => mib(heapUsed) },
  { title: "Resident memory, MiB", of: ({ rss }) => mib(rss) },
  { title: "Descriptors", of: ({ fds }) => fds },
  { title: "Processes below it", of: ({ children }) => children },
];

/** Classes, not variables: small SVG viewers know these. The first colours are for light pages and for old viewers. */
const style = `<style>
text { font: 12px -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.panel { fill: #ffffff; stroke: #d0d7de }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 1.8 }
.side0 { stroke: #0969da }
.side1 { stroke: #bc4c00 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.panel { fill: #0d1117; stroke: #30363d }
.grid { stroke: #30363d }
.side0 { stroke: #58a6ff }
.side1 { stroke: #f0883e }
}
</style>`;

export function drawSoak({ minutes, sides }) {
  const height = panel.top + panels.length * (panel.height + panel.gap);
  const lastSecond = Math.max(...sides.flatMap(({ samples }) => samples.map(({ seconds }) => seconds)));
  const calls = sides.reduce((sum, { counts }) => sum + counts.calls, 0).toLocaleString("en-US");
  const title = `A soak of ${minutes} minutes: ${calls} calls with faults`;
  const legend = sides.map(({ name }, at) => {
    const x = panel.left + at * 120;
    return `<line class="line side${at}" x1="${x}" y1="50" x2="${x + 24}" y2="50"/>${text(x + 32, 54, name)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${title}</title>`,
    style,
    `<rect class="panel" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>`,
    `<text class="title" x="22" y="30">${title}</text>`,
    ...legend,
    ...panels.flatMap((one, at) => draw(one, panel.top + at * (panel.height + panel.gap), sides, lastSecond)),
    "</svg>",
    "",
  ].join("\n");
}

function draw({ title, of }, top, sides, lastSecond) {
  const bottom = top + 22 + panel.height;
  const most = niceAbove(Math.max(...sides.flatMap(({ samples }) => samples.map(of))));
  const x = (seconds) => round(panel.left + (seconds / lastSecond) * (panel.right - panel.left));
  const y = (value) => round(bottom - (value / most) * panel.height);
  const grid = [0, most / 2, most].map(
    (value) =>
      `<line class="grid" x1="${panel.left}" y1="${y(value)}" x2="${panel.right}" y2="${y(value)}"/>${text(panel.left - 8, y(value) + 4, String(value), "end")}`,
  );
  const times = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const label = `${Math.round((share * lastSecond) / 60)} min`;
    return text(x(share * lastSecond), bottom + 18, label, share === 1 ? "end" : share === 0 ? "start" : "middle");
  });
  const lines = sides.map(({ samples }, at) => {
    const points = samples.map((sample) => `${x(sample.seconds)},${y(of(sample))}`).join(" ");
    return `<polyline class="line side${at}" points="${points}"/>`;
  });
  return [text(22, top + 10, title), ...grid, ...times, ...lines];
}

/** The next of 1, 2, 4, 5, 8 and 10 times a power of ten. */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return power * ([1, 2, 4, 5, 8, 10].find((one) => one * power >= value) ?? 10);
}

function text(x, y, words, anchor = "start") {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}

function round(value) {
  return Number(value.toFixed(1));
}
