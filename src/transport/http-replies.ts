import { Scanner } from "../wire/json.ts";
import { slot } from "../wire/members.ts";
import { Message, type Outgoing } from "../wire/message.ts";
import { Whole } from "../wire/whole.ts";

/** More than any message that is passed on has. */
const mostDepth = 100_000;
/** Almost always enough to tell what a message is. */
const headBytes = 512;

/** What tells what a message is: a reply has a result or an error, a request or a notification a method. */
export type Sort = "result" | "error" | "method";

const telling: readonly (readonly [Sort, number])[] = [
  ["method", slot.method],
  ["result", slot.result],
  ["error", slot.error],
];

/** Tells replies on their way out from all else, and reads of each as little as will do. */
export class Replies {
  readonly #scanner = new Scanner(mostDepth);
  readonly #whole = new Whole({ maxMessageBytes: Number.POSITIVE_INFINITY, maxDepth: mostDepth });

  sortOf(message: Outgoing): Sort {
    const scanner = this.#scanner;
    scanner.reset();
    for (const part of partsOf(message)) {
      const isTaken = scanner.push(part, 0, part.length);
      const { spans } = scanner.members;
      for (const [sort, member] of telling) if (spans[2 * member] !== -1) return sort;
      if (!isTaken) break;
    }
    return "method";
  }

  /** The code of a reply that is an error. */
  codeOf(error: Outgoing): number {
    const read = this.#whole.read(error);
    return read instanceof Message ? Number(read.raw(slot.code)) : Number.NaN;
  }
}

function* partsOf(message: Outgoing): Generator<Buffer> {
  if (typeof message === "string") {
    yield Buffer.from(message.slice(0, headBytes), "latin1");
    yield Buffer.from(message.slice(headBytes), "latin1");
    return;
  }
  for (const piece of message) {
    yield piece.subarray(0, headBytes);
    yield piece.subarray(headBytes);
  }
}
