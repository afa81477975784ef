import { Readable, Writable } from "node:stream";
import type { Dice } from "./dice.ts";
import type { Scheduler } from "./scheduler.ts";

/** How bytes travel: how long, and in which pieces. */
export type Weather = {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  /** The longest that a piece is on its way. */
  readonly mostMs: number;
  /** How often, in percent, what travels is cut where no line ends. */
  readonly cuts: number;
};

const pipeBytes = 64 * 1024;

/** What somebody has written who is gone is all there by then. */
const lastMs = 50;

/** Cuts lines out of bytes. */
export class LineCutter {
  #rest: Buffer = Buffer.alloc(0);
  readonly #take: (line: string) => void;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(bytes: Buffer): void {
    let held = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let at = held.indexOf(0x0a); at !== -1; at = held.indexOf(0x0a)) {
      const line = held.toString("utf8", 0, at);
      held = held.subarray(at + 1);
      if (line !== "") this.#take(line);
    }
    this.#rest = held;
  }
}

/** What somebody outside writes and tutti reads: it comes late, in pieces, and only while tutti reads. */
export class Inbound extends Readable {
  readonly #weather: Weather;
  readonly #arriving: (bytes: Buffer) => void;
  #waiting: Buffer[] = [];
  #isWanted = false;
  #isOnTheWay = false;
  #isFinished = false;
  /** When all that is on its way has come. */
  #latestAt = Number.POSITIVE_INFINITY;

  /** `arriving` is told of each piece just before tutti gets it. */
  constructor(weather: Weather, arriving: (bytes: Buffer) => void) {
    super({ highWaterMark: pipeBytes });
    this.#weather = weather;
    this.#arriving = arriving;
  }

  give(bytes: string | Buffer): void {
    if (this.#isFinished || this.destroyed) return;
    this.#waiting.push(Buffer.from(bytes));
    this.#send();
  }

  /** No more comes after what was given. */
  finish(): void {
    this.#isFinished = true;
    this.#send();
  }

  /** Whoever wrote it is gone. */
  hurry(): void {
    this.#latestAt = Math.min(this.#latestAt, this.#weather.scheduler.now + lastMs);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#send();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = [];
    done(error);
  }

  #send(): void {
    const isSomething = this.#waiting.length > 0 || this.#isFinished;
    if (!this.#isWanted || this.#isOnTheWay || !isSomething || this.destroyed) return;
    this.#isOnTheWay = true;
    const { scheduler, dice, mostMs } = this.#weather;
    const latestMs = Math.max(0, Math.min(mostMs, this.#latestAt - scheduler.now));
    scheduler.later(dice.chance(40) ? 0 : dice.next() * latestMs, () => {
      this.#isOnTheWay = false;
      if (this.destroyed) return;
      const piece = this.#piece();
      if (piece === undefined) {
        if (this.#isFinished) this.push(null);
        return;
      }
      this.#arriving(piece);
      this.#isWanted = this.push(piece);
      this.#send();
    });
  }

  #piece(): Buffer | undefined {
    if (this.#waiting.length === 0) return undefined;
    const { dice, cuts } = this.#weather;
    const all = this.#waiting.length === 1 ? (this.#waiting[0] as Buffer) : Buffer.concat(this.#waiting);
    const end = all.length > 1 && dice.chance(cuts) ? dice.between(1, all.length - 1) : all.length;
    this.#waiting = end < all.length ? [all.subarray(end)] : [];
    return all.subarray(0, end);
  }
}

/** What tutti writes and somebody outside reads, late, and only while that one reads. */
export class Outbound extends Writable {
  readonly #weather: Weather;
  readonly #written: (bytes: Buffer) => void;
  readonly #read: (bytes: Buffer) => void;
  readonly #ended: () => void;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #goOn: (() => void) | undefined;
  #isOnTheWay = false;
  #isStalled = false;
  #isOver = false;

  /** `written`: as tutti writes it; `read`: as it arrives; `ended`: nothing more comes. */
  constructor(
    weather: Weather,
    to: {
      readonly written: (bytes: Buffer) => void;
      readonly read: (bytes: Buffer) => void;
      readonly ended: () => void;
    },
  ) {
    super({ highWaterMark: 16 * 1024 });
    this.#weather = weather;
    this.#written = to.written;
    this.#read = to.read;
    this.#ended = () => {
      if (this.#isOver) return;
      this.#isOver = true;
      to.ended();
    };
  }

  /** Nobody reads until `resume`. */
  stall(): void {
    this.#isStalled = true;
  }

  goOn(): void {
    this.#isStalled = false;
    this.#deliver();
  }

  /** Whoever read it is gone. */
  break(): void {
    if (!this.destroyed) this.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#written(chunk);
    this.#waiting.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > pipeBytes) this.#goOn = done;
    else done();
    this.#deliver();
  }

  override _final(done: () => void): void {
    done();
    const { scheduler, dice, mostMs } = this.#weather;
    const end = (): void => {
      if (this.#waiting.length > 0) scheduler.later(1 + dice.next() * mostMs, end);
      else this.#ended();
    };
    scheduler.later(dice.next() * mostMs, end);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = [];
    this.#goOn = undefined;
    if (!this.writableFinished) this.#weather.scheduler.later(0, this.#ended);
    done(error);
  }

  #deliver(): void {
    if (this.#isOnTheWay || this.#isStalled || this.#waiting.length === 0) return;
    this.#isOnTheWay = true;
    const { scheduler, dice, mostMs } = this.#weather;
    scheduler.later(dice.chance(40) ? 0 : dice.next() * mostMs, () => {
      this.#isOnTheWay = false;
      if (this.#isStalled) return;
      const pieces = this.#waiting.splice(0);
      this.#bytes = 0;
      const goOn = this.#goOn;
      this.#goOn = undefined;
      goOn?.();
      for (const piece of pieces) this.#read(piece);
      this.#deliver();
    });
  }
}
