import type { Clock, Timer } from "../../ports/clock.ts";

/** A terminal, as far as lines on it are drawn anew. */
export type Screen = {
  readonly write: (text: string) => void;
  readonly columns: number;
  readonly rows: number;
};

/** One line of what is under way. */
export type ProgressLine = {
  /** One column; undefined while it is under way. */
  readonly sign: string | undefined;
  /** Without colours, and harmless to show; cut where the terminal ends. */
  readonly text: string;
};

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 100;

/** Lines on a terminal that are drawn anew until they are taken away. */
export class Progress {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #lines: () => readonly ProgressLine[];
  #drawn = 0;
  #frame = 0;
  #timer: Timer | undefined;
  #isOver = false;

  /** `lines`: as they are now. */
  constructor(screen: Screen, clock: Clock, lines: () => readonly ProgressLine[]) {
    this.#screen = screen;
    this.#clock = clock;
    this.#lines = lines;
  }

  /** Draws from now on. */
  begin(): void {
    this.#draw();
  }

  /** Takes the lines away: what is written next stands in their place. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#screen.write(this.#erasure());
  }

  #draw(): void {
    const { columns, rows } = this.#screen;
    const spinner = frames[this.#frame++ % frames.length] as string;
    const shown = fitting(this.#lines(), rows - 1);
    const text = shown.map(({ sign, text }) => `${sign ?? spinner} ${cutTo(text, columns - 3)}\n`).join("");
    this.#screen.write(this.#erasure() + text);
    this.#drawn = shown.length;
    this.#timer = this.#clock.after(frameMs, () => this.#draw());
  }

  #erasure(): string {
    return this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A\u001b[J`;
  }
}

/** Where not all lines fit, what is under way comes first. A terminal draws nothing anew that it has scrolled away. */
function fitting(lines: readonly ProgressLine[], most: number): readonly ProgressLine[] {
  if (lines.length <= most) return lines;
  const first = [...lines.filter(({ sign }) => sign === undefined), ...lines.filter(({ sign }) => sign !== undefined)];
  const shown = first.slice(0, Math.max(most - 1, 0));
  return [...shown, { sign: "…", text: `and ${lines.length - shown.length} more` }];
}

function cutTo(text: string, columns: number): string {
  let [width, shown] = [0, ""];
  for (const character of text) {
    // Of what is wide somewhere nothing may reach the next line.
    width += (character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2;
    if (width > columns) return `${shown}…`;
    shown += character;
  }
  return shown;
}
