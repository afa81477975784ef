const lineHeight = 17;
const letterWidth = 7.3;
const margin = 16;

const colors = {
  red: "#ff7b72",
  green: "#3fb950",
  yellow: "#d29922",
  blue: "#58a6ff",
  magenta: "#bc8cff",
  cyan: "#39c5cf",
};

/**
 * A picture (SVG) of a terminal in which each line appears when it did. Where nothing moves, because the viewer cannot or
 * the reader does not want it, all of them are there.
 */
export function drawSession(lines, { columns, title }) {
  const wrapped = lines.flatMap(({ at, spans }) => wrap(spans, columns).map((one) => ({ at, spans: one })));
  const width = Math.round(columns * letterWidth + 2 * margin);
  const height = wrapped.length * lineHeight + 2 * margin;
  const rules = Object.entries(colors).map(([name, color]) => `.${name} { fill: ${color} }`);
  const rows = wrapped.map(({ at, spans }, index) => {
    const y = margin + (index + 0.75) * lineHeight;
    const texts = spans.map(({ text, style }) =>
      style === "" ? escaped(text) : `<tspan class="${style}">${escaped(text)}</tspan>`,
    );
    return `<text xml:space="preserve" class="line" x="${margin}" y="${y}" style="animation-delay:${(at / 1000).toFixed(2)}s">${texts.join("")}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(title)}</title>
<style>
text { font: 12px ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; fill: #e6edf3; white-space: pre }
.bold { font-weight: 600 } .dim { fill: #9198a1 }
${rules.join(" ")}
@keyframes appear { from { opacity: 0 } to { opacity: 1 } }
.line { animation: appear 1ms linear backwards }
@media (prefers-reduced-motion: reduce) { .line { animation: none } }
</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
${rows.join("\n")}
</svg>
`;
}

/** Lines that are longer than the terminal is wide go on in the next one. */
function wrap(spans, columns) {
  const lines = [[]];
  let left = columns;
  for (const { text, style } of spans) {
    const letters = [...text];
    while (letters.length > 0) {
      if (left === 0) {
        lines.push([]);
        left = columns;
      }
      const part = letters.splice(0, left);
      left -= part.length;
      lines.at(-1).push({ text: part.join(""), style });
    }
  }
  return lines;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
