import type { Pausable } from "./link.ts";

/** A source with more than this waiting is paused, and resumed when none of it waits. */
const mostPerSource = 4 * 1024 * 1024;

/** What was given to a link and was not taken by the other side yet, and who is held up for it. */
export class Unread {
  readonly #waiting = new Map<Pausable, number>();
  readonly #paused = new Set<Pausable>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a message; gives what takes it off again, once, however often it is called. */
  add(size: number, source: Pausable | undefined): () => void {
    this.#bytes += size;
    if (source !== undefined) this.#count(source, size);
    let isTaken = false;
    return () => {
      if (isTaken) return;
      isTaken = true;
      this.#bytes -= size;
      if (source !== undefined) this.#count(source, -size);
    };
  }

  #count(source: Pausable, size: number): void {
    const bytes = (this.#waiting.get(source) ?? 0) + size;
    if (bytes > 0) this.#waiting.set(source, bytes);
    else this.#waiting.delete(source);
    if (bytes > mostPerSource && !this.#paused.has(source)) {
      this.#paused.add(source);
      source.pause();
    } else if (bytes === 0 && this.#paused.delete(source)) source.resume();
  }
}
