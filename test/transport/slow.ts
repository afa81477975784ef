import { Writable } from "node:stream";
import { quiet } from "../support/turns.ts";

/** A stream that takes one write at a time, when it is told to, and is full at 1 KiB. */
export class Slow extends Writable {
  readonly writes: string[] = [];
  #taken: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  override _write(chunk: Buffer, _encoding: string, taken: () => void): void {
    this.writes.push(chunk.toString());
    this.#taken = taken;
  }

  override _writev(chunks: { chunk: Buffer }[], taken: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()).join(""));
    this.#taken = taken;
  }

  /** Takes what is being written. False: there is nothing. */
  async take(): Promise<boolean> {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
    await quiet();
    return taken !== undefined;
  }

  async takeAll(): Promise<void> {
    while (await this.take()) {}
  }

  get lines(): readonly string[] {
    return this.writes.join("").split("\n").slice(0, -1);
  }
}

/** A source that counts. */
export class Source {
  pauses = 0;
  resumes = 0;
  pause(): void {
    this.pauses++;
  }
  resume(): void {
    this.resumes++;
  }
  get isPaused(): boolean {
    return this.pauses > this.resumes;
  }
}
