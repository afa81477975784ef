import { findAncestors } from "../ports/ancestors.ts";
import { systemClock } from "../ports/clock.ts";

/** All must be gone 2 s after the client is, and stubborn servers take 1.2 s. */
const lookMs = 100;

/**
 * Runs `gone` once when the client, or what it started us through, is gone: that is all that shows where somebody else
 * holds its ends of our pipes.
 */
export async function watchClient(gone: () => void): Promise<void> {
  const areThere = await findAncestors();
  const look = (): void => {
    if (areThere()) systemClock.after(lookMs, look);
    else gone();
  };
  look();
}
