import type { LinkFailure } from "../transport/link.ts";

/** A server that cannot be reached, as one that is just being started anew, is tried once more after this long. */
const unreachableMs = 500;

/** One that wants to be left alone for longer is not tried again in the same call. */
const longestRetryMs = 10_000;

/** What one call that is sent once adds to how many may be sent again. */
const share = 0.1;
const most = 10;

/** Bounds how many calls are sent once more after they may have run: about one in ten, so that trouble is not made worse. */
export class Repeats {
  #left = 1;

  /** A call was sent. */
  sent(): void {
    this.#left = Math.min(this.#left + share, most);
  }

  /** Whether one more may be sent again; then it counts. */
  take(): boolean {
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** After how long a call that failed so may be sent again; undefined: it would fail again, or be answered too late. */
export function pauseBefore({ code, isUnreachable, retryAfterMs }: LinkFailure): number | undefined {
  if (isUnreachable) return unreachableMs;
  if (retryAfterMs !== undefined) return retryAfterMs > longestRetryMs ? undefined : retryAfterMs;
  return code === "connection_lost" ? 0 : undefined;
}
