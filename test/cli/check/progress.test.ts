import { describe, expect, test } from "vitest";
import { Progress, type ProgressLine } from "../../../src/cli/check/progress.ts";
import { fakeClock } from "../../support/clock.ts";

/** A terminal that knows lines, and how to go up and erase what is below. */
function terminal(columns: number, rows: number) {
  let lines: string[] = [""];
  const write = (text: string): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are told
    for (const part of text.split(/(\u001b\[\d*[AJ]|\n)/)) {
      const up = /\[(\d+)A/.exec(part)?.[1];
      if (up !== undefined) {
        const at = lines.length - 1 - Number(up);
        // What is scrolled away cannot be reached.
        if (at < 0 || lines.length - at > rows) throw new Error("up beyond the top");
        lines = [...lines.slice(0, at), ""];
      } else if (part === "\n") lines.push("");
      else if (!part.startsWith("\u001b")) lines[lines.length - 1] += part;
      for (const line of lines) if ([...line].length > columns) throw new Error(`a line does not fit: ${line}`);
    }
  };
  return { screen: { write, columns, rows }, shown: () => lines.slice(0, -1) };
}

const line = (text: string, sign?: string): ProgressLine => ({ sign, text });

describe("lines of progress", () => {
  test("turn while something is under way, become what they are, and are gone at the end", async () => {
    const { screen, shown } = terminal(40, 10);
    const clock = fakeClock();
    let lines = [line("a starting"), line("b starting")];
    const progress = new Progress(screen, clock, () => lines);
    screen.write("$ tutti check\n");
    progress.begin();
    expect(shown()).toEqual(["$ tutti check", "⠋ a starting", "⠋ b starting"]);
    lines = [line("a starting"), line("b ready", "✓")];
    await clock.advance(100);
    expect(shown()).toEqual(["$ tutti check", "⠙ a starting", "✓ b ready"]);
    lines = [line("a failed", "✗"), line("b ready", "✓")];
    await clock.advance(1000);
    expect(shown()).toEqual(["$ tutti check", "✗ a failed", "✓ b ready"]);
    progress.end();
    progress.end();
    expect(shown()).toEqual(["$ tutti check"]);
    expect(clock.timers()).toBe(0);
  });

  test("never reach the next line, wide characters and signs in colour included", async () => {
    const { screen, shown } = terminal(20, 10);
    const progress = new Progress(screen, fakeClock(), () => [line("x".repeat(50)), line("漢字".repeat(20), "✓")]);
    progress.begin();
    expect(shown()).toEqual([`⠋ ${"x".repeat(17)}…`, `✓ ${"漢字".repeat(4)}…`]);
    progress.end();
    expect(shown()).toEqual([]);
  });

  test("are as many as fit, those under way first", async () => {
    const { screen, shown } = terminal(40, 5);
    const clock = fakeClock();
    const lines = Array.from({ length: 9 }, (_, index) => line(`s${index}`, index < 7 ? "✓" : undefined));
    const progress = new Progress(screen, clock, () => lines);
    progress.begin();
    await clock.advance(500);
    expect(shown()).toEqual(["⠴ s7", "⠴ s8", "✓ s0", "… and 6 more"]);
    progress.end();
    expect(shown()).toEqual([]);
  });
});
