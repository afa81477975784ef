/** The styles of SGR codes that tutti uses. */
const styles = new Map([
  ["1", "bold"],
  ["2", "dim"],
  ["31", "red"],
  ["32", "green"],
  ["33", "yellow"],
  ["34", "blue"],
  ["35", "magenta"],
  ["36", "cyan"],
  ["90", "dim"],
]);

/**
 * The lines that were printed, each with the time at which it was whole (ms) and its spans of one style. `clean` is given the
 * text of each span.
 */
export function readLines(chunks, clean) {
  const lines = [];
  let rest = "";
  for (const { at, text } of chunks) {
    const parts = (rest + text).split(/\r*\n/);
    rest = parts.pop();
    for (const part of parts) {
      // Lines that were shown for a while and are drawn anew.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are told
      const [up, count] = /\u001b\[(\d+)A\u001b\[J/.exec(part) ?? [];
      if (count !== undefined) lines.splice(-Number(count));
      lines.push({ at, spans: spansOf(up === undefined ? part : part.slice(part.lastIndexOf(up) + up.length), clean) });
    }
  }
  if (rest !== "") lines.push({ at: chunks.at(-1)?.at ?? 0, spans: spansOf(rest, clean) });
  return lines;
}

function spansOf(line, clean) {
  const spans = [];
  let style = "";
  // A line that was written over: what is seen is what came last.
  const seen = line.slice(line.lastIndexOf("\r") + 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are told
  for (const part of seen.split(/(\u001b\[[\d;?]*[A-Za-z])/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) {
      for (const code of codes.split(";")) style = styles.get(code) ?? "";
    } else if (part !== "" && !part.startsWith("\u001b")) spans.push({ text: clean(part), style });
  }
  return spans;
}
