import * as z from "zod";

/** The longest time that Node's timers hold, about 24 days. */
const longestMs = 2_147_483_647;

const wholeNumber = (least: number, most: number) => z.int().min(least).max(most);

/** When a server starts, starts again, stops, and is not used: fields of its entry. */
export const lifeFields = {
  restartMinMs: wholeNumber(1, longestMs)
    .default(500)
    .describe(
      "The pause before a server that has ended or did not start is started again, in milliseconds; it doubles with each " +
        "try that comes to nothing. A call does not wait for it: it starts the server at once.",
    ),
  restartMaxMs: wholeNumber(0, longestMs)
    .default(30_000)
    .describe("The longest of these pauses, in milliseconds. 0 = a server that has ended is not started again."),
  breakerFailures: wholeNumber(0, 1000)
    .default(5)
    .describe(
      "After so many failures in a row (crashes, calls without a reply or with one that cannot be read) calls are refused " +
        "at once for a while, then one is let through to try. 0 = never.",
    ),
  breakerPauseMs: wholeNumber(1, longestMs)
    .default(5_000)
    .describe("How long that is, in milliseconds; twice as long each time the try fails, up to a minute."),
  idleStopMs: wholeNumber(0, longestMs)
    .default(0)
    .describe(
      "A server that had no call for so long is stopped, in milliseconds, and started again by the next one; not while " +
        "a client subscribes to one of its resources. What it remembers and tasks that run on end with it. 0 = never.",
    ),
  lazyStart: z
    .boolean()
    .default(false)
    .describe("true = the server starts only when a client asks for a list, or calls a tool under its prefix."),
};
