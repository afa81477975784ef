import { PassThrough, type Readable, type Writable } from "node:stream";
import { moved, until } from "./turns.ts";

/** One line as it came. */
export type Line = {
  readonly text: string;
  /** Parsed anew each time; throws where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly json: any;
};

export type Streams = { readonly input: Readable; readonly output: Writable };

/** Two ends of a two-way stream of bytes: tutti's and the other side's. */
export function pipe(highWaterMark = 64 * 1024): { readonly ours: Streams; readonly theirs: Streams } {
  const [there, back] = [new PassThrough({ highWaterMark }), new PassThrough({ highWaterMark })];
  return { ours: { input: back, output: there }, theirs: { input: there, output: back } };
}

/** The other side of a link, as bytes: sends whatever it is told, and keeps the lines that come. */
export class Peer {
  /** All lines that have come. */
  readonly lines: Line[] = [];
  readonly #streams: Streams;
  readonly #taken = new Set<Line>();
  #rest: Buffer[] = [];

  constructor(streams: Streams, onLine: (line: Line) => void = () => {}) {
    this.#streams = streams;
    streams.input.on("data", (chunk: Buffer) => {
      moved();
      let from = 0;
      for (let at = chunk.indexOf("\n"); at !== -1; at = chunk.indexOf("\n", from)) {
        const line = lineOf(Buffer.concat([...this.#rest, chunk.subarray(from, at)]).toString());
        this.#rest = [];
        from = at + 1;
        this.lines.push(line);
        onLine(line);
      }
      if (from < chunk.length) this.#rest.push(chunk.subarray(from));
    });
    streams.output.on("error", () => {}); // Whoever destroys it knows.
  }

  /** Sends one line. */
  send(line: string | Buffer): void {
    this.write(Buffer.concat([Buffer.from(line), Buffer.from("\n")]));
  }

  write(bytes: string | Buffer): void {
    moved();
    this.#streams.output.write(bytes);
  }

  /** Sends nothing more. */
  end(): void {
    moved();
    this.#streams.output.end();
  }

  /** Reads nothing until `read` is called. */
  stopReading(): void {
    this.#streams.input.pause();
  }

  read(): void {
    this.#streams.input.resume();
  }

  /** The first line not taken yet that `is` wanted. */
  async take(is: (line: Line) => boolean, what: string): Promise<Line> {
    const find = () => this.lines.find((line) => !this.#taken.has(line) && is(line));
    const line = await until(find, () => `${what}; there is ${JSON.stringify(this.left.map(({ text }) => text))}`);
    this.#taken.add(line);
    return line;
  }

  /** The lines that nobody has taken. */
  get left(): readonly Line[] {
    return this.lines.filter((line) => !this.#taken.has(line));
  }
}

function lineOf(text: string): Line {
  return {
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}
