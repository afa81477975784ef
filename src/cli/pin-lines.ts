import type { Change } from "../catalog/pins.ts";
import { harmless } from "../process/harmless.ts";
import { difference, laidOut } from "./definition-diff.ts";
import { paint } from "./paint.ts";

/** Of one definition; the rest can be seen with `tutti list --json`. */
const mostLines = 60;

const signs = { changed: "~", new: "+", gone: "-" } as const;
const words = { changed: "changed", new: "new", gone: "offered no more" } as const;

/** What has changed, for people who read stdout: harmless to show, in colours on a terminal. */
export function changeLines(changes: readonly Change[]): readonly string[] {
  const { red, green, dim } = paint(process.stdout);
  const colors = { "-": red, "+": green, " ": dim };
  return changes.flatMap(({ kind, name, what, before, after }) => {
    const head = `    ${signs[what]} ${harmless(`${kind} ${name}`).trim()}: ${words[what]}`;
    if (what === "gone") return [head];
    const lines =
      before === undefined
        ? laidOut(after?.text ?? "").map((text) => ({ sign: "+" as const, text }))
        : difference(before.text, after?.text ?? "");
    const shown = lines
      .slice(0, mostLines)
      .map(({ sign, text }) => `        ${colors[sign](`${sign} ${harmless(text)}`)}`);
    const rest = lines.length > mostLines ? [`        … and ${lines.length - mostLines} lines more`] : [];
    return [
      head,
      ...shown,
      ...rest,
      ...(lines.length === 0 ? ["        (beyond what is kept of its text, or in a secret)"] : []),
    ];
  });
}
