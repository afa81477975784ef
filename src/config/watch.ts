import type { Clock, Timer } from "../ports/clock.ts";
import type { Files } from "../ports/files.ts";
import type { WatchedFiles, WatchFiles } from "../ports/watch.ts";

/** So long after a sign of change files are read, and for so long they have to be the same: whoever writes has finished then. */
const settleMs = 200;

/** Path → `stateOf`; undefined: it could not be read. */
export type Texts = ReadonlyMap<string, string | undefined>;

type LookedAt = Pick<Files, "readText" | "ownership">;

/** What tells one state of a file from another: its text, and who may write it. Undefined where it cannot be read. */
export function stateOf(path: string, files: LookedAt): string | undefined {
  try {
    const { owner, group, mode } = files.ownership(path) ?? {};
    const text = files.readText(path);
    return text === undefined ? undefined : `${owner} ${group} ${mode}\n${text}`;
  } catch {
    return undefined; // Whoever loads it says why.
  }
}

export type ConfigWatchOptions = {
  /** What was read of each file (absolute path). */
  readonly texts: Texts;
  readonly files: LookedAt;
  readonly watch: WatchFiles;
  readonly clock: Clock;
  /** The texts are others than those that are known, and have stayed so. */
  readonly changed: () => void;
  /** Changes are not noticed any more; told once. */
  readonly failed: (reason: string) => void;
};

/** Notices when files are not as they were read, or others may write them; that they were touched, or written as they are, changes nothing. */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  readonly #watched: WatchedFiles;
  #known: Texts;
  /** What they were at the last look, where that was something else than is known. */
  #seen: Texts | undefined;
  #timer: Timer | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#known = options.texts;
    const failed = (reason: string): void => {
      if (!this.#hasFailed) options.failed(reason);
      this.#hasFailed = true;
    };
    this.#watched = options.watch([...options.texts.keys()], () => this.#lookSoon(), failed);
    // They may have changed since they were read.
    this.#lookSoon();
  }

  /** They were read, and were this. */
  know(texts: Texts): void {
    this.#known = new Map([...this.#known, ...texts]);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#watched.close();
  }

  #lookSoon(): void {
    // Not begun anew by each sign: in a busy folder they never end.
    if (this.#timer === undefined && !this.#isClosed) {
      this.#timer = this.#options.clock.after(settleMs, () => this.#look());
    }
  }

  #look(): void {
    this.#timer = undefined;
    this.#watched.renew();
    const now = new Map([...this.#known.keys()].map((path) => [path, stateOf(path, this.#options.files)] as const));
    if (isSame(now, this.#known)) {
      this.#seen = undefined;
    } else if (this.#seen !== undefined && isSame(now, this.#seen)) {
      this.#seen = undefined;
      this.#known = now;
      this.#options.changed();
    } else {
      this.#seen = now;
      this.#lookSoon();
    }
  }
}

function isSame(one: Texts, other: Texts): boolean {
  return [...one].every(([path, text]) => other.get(path) === text);
}
