import type { Clock, Timer } from "../ports/clock.ts";
import { describeBreak, type InResponse } from "../ports/network.ts";
import type { Pausable } from "./link.ts";
import type { Turns } from "./turns.ts";
import { UnderWay } from "./under-way.ts";

/** Who reads one body. After one of `end` and `failed` nothing comes. */
export type Reader = {
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  /** The body broke off; `reason` is one line. */
  readonly failed: (reason: string) => void;
  /** What is kept of a message that has not come whole. */
  readonly heldBytes: () => number;
};

/** A chunk of this size or more is most likely not the last one that waits to be read. */
const muchBytes = 64 * 1024;
/** After so much the others have their turn: the system would give some MiB at once, which may be thousands of messages. */
const mostPerTurnBytes = 256 * 1024;
/** More than this is not read only to keep its connection. */
const mostDiscardedBytes = 64 * 1024;
/** Nor for longer than this. */
const discardMs = 1000;

/** The bodies that one link reads: all of them can be held up together. */
export class Bodies implements Pausable {
  readonly #live = new UnderWay<InResponse, Reader>();
  readonly #clock: Clock;
  readonly #turns: Turns | undefined;
  readonly #turn: Pausable;
  readonly #resting = new Set<InResponse>();
  #isHeldUp = false;
  /** It is the turn of other links. */
  #isWaiting = false;

  constructor(clock: Clock, turns?: Turns) {
    this.#clock = clock;
    this.#turns = turns;
    const wait = (isWaiting: boolean) => () => {
      this.#isWaiting = isWaiting;
      this.#flow();
    };
    this.#turn = { pause: wait(true), resume: wait(false) };
  }

  /**
   * Reads `response` to its end; gives what gives it up, after which the reader hears nothing more. With `idleMs` it
   * has failed where nothing comes for so long.
   */
  read(response: InResponse, reader: Reader, idleMs?: number): () => void {
    const { body } = response;
    let isOver = false;
    let timer: Timer | undefined;
    let hasCome = false;
    let turnBytes = 0;
    const watch = (limitMs: number): void => {
      timer = this.#clock.after(limitMs, () => {
        if (hasCome || this.#isStill) {
          hasCome = false;
          watch(limitMs);
        } else if (finish()) {
          response.abort();
          reader.failed(`nothing came for ${limitMs / 1000} s`);
        }
      });
    };
    const finish = (): boolean => {
      timer?.cancel();
      this.#live.take(response);
      const isFirst = !isOver;
      isOver = true;
      return isFirst;
    };
    body.on("data", (chunk: Buffer) => {
      if (isOver) return;
      hasCome = true;
      if (chunk.length >= muchBytes && !this.#isWaiting) this.#turns?.take(this.#turn);
      turnBytes += chunk.length;
      if (turnBytes >= mostPerTurnBytes) {
        turnBytes = 0;
        this.#rest(response);
      }
      reader.data(chunk);
    });
    body.on("end", () => finish() && reader.end());
    body.on("error", (error) => finish() && reader.failed(describeBreak(error)));
    body.on("close", () => finish() && reader.failed("the connection was closed"));
    this.#live.add(response, reader);
    if (this.#isStill) body.pause();
    if (idleMs !== undefined) watch(idleMs);
    return () => {
      if (finish()) response.abort();
    };
  }

  /**
   * Reads what is left of a body that says nothing, if that is little, so that its connection can be used again, whoever
   * is held up. Resolves when that is over.
   */
  async discard({ body, abort }: InResponse): Promise<void> {
    await new Promise<void>((resolve) => {
      let bytes = 0;
      const timer = this.#clock.after(discardMs, abort);
      const end = (): void => {
        timer.cancel();
        resolve();
      };
      body.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > mostDiscardedBytes) abort();
      });
      body.on("end", end);
      body.on("error", end);
      body.on("close", end);
    });
  }

  pause(): void {
    this.#isHeldUp = true;
    this.#flow();
  }

  resume(): void {
    this.#isHeldUp = false;
    this.#flow();
  }

  /** What is kept of messages that have not come whole. */
  get heldBytes(): number {
    return this.#live.values().reduce((bytes, reader) => bytes + reader.heldBytes(), 0);
  }

  /** Gives up whatever is being read. */
  abort(): void {
    for (const [response] of this.#live.entries()) response.abort();
  }

  /** Reads no more of it in this turn. */
  #rest(response: InResponse): void {
    this.#resting.add(response);
    response.body.pause();
    this.#clock.soon(() => {
      this.#resting.delete(response);
      if (this.#live.has(response) && !this.#isStill) response.body.resume();
    });
  }

  get #isStill(): boolean {
    return this.#isHeldUp || this.#isWaiting;
  }

  #flow(): void {
    for (const [response] of this.#live.entries()) {
      if (this.#isStill || this.#resting.has(response)) response.body.pause();
      else response.body.resume();
    }
  }
}
