import { difference, laidOut } from "../catalog/difference.ts";
import type { Change } from "../catalog/pins.ts";
import { harmless } from "../process/harmless.ts";

/** Of one definition; the rest can be seen with `tutti list --json`. */
const mostLines = 60;

const signs = { changed: "~", new: "+", gone: "-" } as const;
const words = { changed: "changed", new: "new", gone: "offered no more" } as const;
const colors = { "-": "31", "+": "32", " ": "2" } as const;

/** What has changed, for people: harmless to show, in colours where `isColored`. */
export function changeLines(changes: readonly Change[], isColored: boolean): readonly string[] {
  return changes.flatMap(({ kind, name, what, before, after }) => {
    const head = `    ${signs[what]} ${harmless(`${kind} ${name}`).trim()}: ${words[what]}`;
    if (what === "gone") return [head];
    const lines =
      before === undefined
        ? laidOut(after?.text ?? "").map((text) => ({ sign: "+" as const, text }))
        : difference(before.text, after?.text ?? "");
    const isSame = lines.length === 0;
    const shown = lines.slice(0, mostLines).map(({ sign, text }) => {
      const line = `${sign} ${harmless(text)}`;
      return `        ${isColored ? `\x1b[${colors[sign]}m${line}\x1b[0m` : line}`;
    });
    const rest = lines.length > mostLines ? [`        … and ${lines.length - mostLines} lines more`] : [];
    return [head, ...shown, ...rest, ...(isSame ? ["        (beyond what is kept of its text, or in a secret)"] : [])];
  });
}

/** Whether what is printed may have colours. */
export function isColored(): boolean {
  return process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
}
