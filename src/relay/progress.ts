import type { Message } from "../wire/message.ts";

/** After so long it is looked whether the client can take more. */
const againMs = 50;

export type ProgressOptions = {
  readonly tell: (notification: Message) => void;
  /** Whether the client has much to read before. */
  readonly isBehind: () => boolean;
  readonly soon: (task: () => void) => void;
  readonly after: (delayMs: number, task: () => void) => void;
};

/**
 * The progress of one request on its way to its client. One that does not read as fast as its server reports gets the
 * newest report, which says all that those before it did, as soon as it can take it.
 */
export class Progress {
  readonly #options: ProgressOptions;
  #newest: Message | undefined;
  /** Whether some was told in this turn. A reply in the same chunk makes the official clients drop that. */
  #isFresh = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  take(notification: Message): void {
    const isWaiting = this.#newest !== undefined;
    this.#newest = notification;
    if (!isWaiting) this.#tellOrWait();
  }

  /** Tells what is still to be told. Whether the reply has to wait for the next turn. */
  flush(): boolean {
    this.#tell();
    return this.#isFresh;
  }

  #tellOrWait(): void {
    if (this.#options.isBehind()) this.#options.after(againMs, () => this.#tellOrWait());
    else this.#tell();
  }

  #tell(): void {
    const newest = this.#newest;
    this.#newest = undefined;
    if (newest === undefined) return;
    this.#options.tell(newest);
    if (this.#isFresh) return;
    this.#isFresh = true;
    this.#options.soon(() => {
      this.#isFresh = false;
    });
  }
}
