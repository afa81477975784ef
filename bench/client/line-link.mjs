const NEWLINE = 10;
const CLOSING_BRACE = 125;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
/** Longest line that is put together from its chunks; of longer ones only the two ends are looked at. */
const MAX_JOINED_BYTES = 512 * 1024;
const END_BYTES = 64;

/**
 * What is done with a reply: its length and, for all but very long ones, its line, good until the function returns.
 * @typedef {(bytes: number, line: Buffer | undefined) => void} OnReply
 */

/**
 * Line JSON-RPC with one child process, at the least cost a client can have, so that the relay is what limits. Each
 * message is a write of its own, as with the SDKs' clients. Replies are matched by the id at the end (or the
 * start) of the line and are not parsed: parsing 1 MiB takes milliseconds, in which this client would not read, and
 * the bench would time its own JSON.parse instead of the relay.
 */
export class LineLink {
  /** @type {Map<number, OnReply>} */
  #waiting = new Map();
  #lastId = 0;
  /** @type {Buffer[]} */
  #unfinished = [];
  #unfinishedBytes = 0;
  #stdin;
  /** Called for each line that answers nothing we wait for: notifications. @type {(line: string) => void} */
  onOther = () => {};

  /** @param {import("node:child_process").ChildProcessWithoutNullStreams} child */
  constructor(child) {
    this.#stdin = child.stdin;
    child.stdout.on("data", (chunk) => this.#read(chunk));
    child.stdin.on("error", () => {});
  }

  /**
   * @param {string | Buffer} opening the request up to and with `"id":`; a Buffer for a big one
   * @param {OnReply} onReply
   */
  request(opening, onReply) {
    const id = ++this.#lastId;
    this.#waiting.set(id, onReply);
    if (typeof opening === "string") return this.send(`${opening}${id}}\n`);
    this.#stdin.cork();
    this.#stdin.write(opening);
    this.#stdin.write(`${id}}\n`);
    this.#stdin.uncork();
  }

  /** @param {string} line ASCII, with its newline */
  send(line) {
    this.#stdin.write(line, "latin1");
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      if (this.#unfinished.length === 0) this.#receive(chunk, from, end, end - from);
      else this.#receiveJoined(chunk, from, end);
      from = end + 1;
    }
    if (from === chunk.length) return;
    this.#unfinished.push(chunk.subarray(from));
    this.#unfinishedBytes += chunk.length - from;
  }

  /**
   * @param {Buffer} chunk
   * @param {number} from
   * @param {number} end
   */
  #receiveJoined(chunk, from, end) {
    const pieces = [...this.#unfinished, chunk.subarray(from, end)];
    const bytes = this.#unfinishedBytes + end - from;
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    const line = bytes <= MAX_JOINED_BYTES ? Buffer.concat(pieces) : endsOf(pieces);
    this.#receive(line, 0, line.length, bytes);
  }

  /**
   * @param {Buffer} chunk holds the line, or its two ends when it is longer than that
   * @param {number} from
   * @param {number} end
   * @param {number} bytes
   */
  #receive(chunk, from, end, bytes) {
    const id = idOf(chunk, from, end);
    const onReply = this.#waiting.get(id);
    if (onReply === undefined) return this.onOther(chunk.toString("utf8", from, end));
    this.#waiting.delete(id);
    onReply(bytes, bytes === end - from ? chunk.subarray(from, end) : undefined);
  }
}

/**
 * First and last bytes of a line that came in pieces; enough to find its id.
 * @param {Buffer[]} pieces
 */
function endsOf(pieces) {
  const [first = Buffer.alloc(0)] = pieces;
  const last = Buffer.concat(pieces.slice(-2));
  return Buffer.concat([first.subarray(0, END_BYTES), last.subarray(-END_BYTES)]);
}

/**
 * The id of the reply in `chunk` from `from` to `end`; NaN when it has none.
 * @param {Buffer} chunk
 * @param {number} from
 * @param {number} end
 */
function idOf(chunk, from, end) {
  let at = end - 1;
  if (chunk[at] === CLOSING_BRACE) {
    let id = 0;
    let worth = 1;
    for (at -= 1; ; at -= 1) {
      const byte = chunk[at] ?? 0;
      if (byte < DIGIT_0 || byte > DIGIT_9) break;
      id += (byte - DIGIT_0) * worth;
      worth *= 10;
    }
    if (worth > 1 && chunk.toString("latin1", at - 4, at + 1) === '"id":') return id;
  }
  const found = /"id":(\d+)/.exec(chunk.toString("latin1", from, Math.min(end, from + END_BYTES)));
  return Number(found?.[1] ?? Number.NaN);
}
