import { elementsOf } from "../wire/walk.ts";
import { checkArguments } from "./check-arguments.ts";
import type { Entry, Inner, Target } from "./entry.ts";
import type { Handles } from "./handles.ts";
import { type Failure, failed } from "./outcomes.ts";
import type { Path } from "./paths.ts";
import { itemRoot, type PlannedCall } from "./plan.ts";
import { argumentLimits, fill, found, type Unfilled } from "./references.ts";
import type { NoSuchValue } from "./resolve.ts";

/** Of an `each`. */
const mostElements = 100;
/** Of the arguments of all calls of one plan, once they are filled. */
const mostArgumentBytes = 64 * 1024 * 1024;

/** Of values that references and `each` walk through, in all calls of one plan: so much takes less than half a second. */
const mostWalkedBytes = 256 * 1024 * 1024;

const none = Buffer.from("{}");

/** Makes the calls of one plan ready to be sent: their elements found, their references filled, their arguments checked. */
export class Preparing {
  readonly #handles: Handles;
  readonly #valueAt: (root: string) => Buffer | undefined;
  readonly #earlier: (handle: string) => Buffer | undefined;
  #argumentBytes = 0;
  #walkedBytes = 0;
  /** What paths have led to: what a call has given does not change any more. */
  readonly #found = new Map<string, Buffer | NoSuchValue>();

  /** `valueAt`: what a call that has ended, or a handle, stands for; `earlier`: a handle. */
  constructor(
    handles: Handles,
    valueAt: (root: string) => Buffer | undefined,
    earlier: (handle: string) => Buffer | undefined,
  ) {
    this.#handles = handles;
    this.#valueAt = valueAt;
    this.#earlier = earlier;
  }

  /** The calls of an entry whose needs are all there: those that cannot be made have ended already. */
  innersOf(entry: Entry): readonly Inner[] | Failure {
    for (const handle of entry.call.handles) {
      if (this.#earlier(handle) === undefined) return noSuchValue(this.#handles.missing(handle));
    }
    if (entry.call.each === undefined) return [this.#innerOf(entry, undefined, undefined)];
    const elements = this.#elements(entry.call.each);
    if ("code" in elements) return elements;
    return elements.map((element, index) => this.#innerOf(entry, element, index));
  }

  #innerOf(entry: Entry, element: Buffer | undefined, index: number | undefined): Inner {
    const given = this.#arguments(entry, element);
    const args = Buffer.isBuffer(given) ? given : none;
    const ended = Buffer.isBuffer(given) ? undefined : failed(given);
    const { tool, traits } = entry.target as Target;
    const order = entry.order * mostElements + (index ?? 0);
    // Member for member: spreading an object costs as much as all the rest of this.
    return {
      server: tool.server,
      order,
      isWriting: traits.isWriting,
      entry,
      index,
      args,
      ended,
      startedAt: undefined,
      endedAt: 0,
      call: undefined,
    };
  }

  #elements(path: Path): readonly Buffer[] | Failure {
    const shown = `each: ${JSON.stringify(path.text)}`;
    const root = this.#valueAt(path.root);
    if (root === undefined) return noSuchValue(`${shown}: there is no ${JSON.stringify(path.root)}`);
    const array = this.#find(path, root);
    if (!Buffer.isBuffer(array))
      return "code" in array ? { code: array.code, message: array.problem } : noSuchValue(array.problem);
    if (array[0] !== 0x5b) return noSuchValue(`${shown} is no array`);
    const elements: Buffer[] = [];
    for (const { start, end } of elementsOf(array, 0)) {
      if (elements.length === mostElements) {
        const text = `${shown} has more than ${mostElements} elements; call it for fewer at a time`;
        return { code: "too_large", message: text, sent: false };
      }
      elements.push(array.subarray(start, end));
    }
    return elements;
  }

  #arguments(entry: Entry, item: Buffer | undefined): Buffer | Failure {
    const args = this.#filled(entry.call, item);
    if (!Buffer.isBuffer(args)) return { code: args.code, message: args.problem };
    this.#argumentBytes += args.length;
    if (this.#argumentBytes > mostArgumentBytes) {
      const text = `the arguments of this request come to more than ${mostArgumentBytes >> 20} MiB; call it on its own`;
      return { code: "too_large", message: text, sent: false };
    }
    const { inputSchema } = (entry.target as Target).traits;
    const wrong = inputSchema === undefined ? undefined : checkArguments(args, inputSchema);
    return wrong === undefined ? args : { code: "invalid_arguments", message: wrong };
  }

  #filled({ args, hasReferences }: PlannedCall, item: Buffer | undefined): Buffer | Unfilled {
    if (!hasReferences && args.length <= argumentLimits.maxArgumentBytes) return args;
    const lookup = (root: string) => (root === itemRoot ? item : this.#valueAt(root));
    return fill(args, lookup, argumentLimits, (path, value) => this.#find(path, value));
  }

  /** Walks each way once, for it may be that of every element; not so those that begin at elements. */
  #find(path: Path, value: Buffer): Buffer | NoSuchValue | Unfilled {
    const known = path.root === itemRoot ? undefined : this.#found.get(path.text);
    if (known !== undefined) return known;
    this.#walkedBytes += value.length;
    if (this.#walkedBytes > mostWalkedBytes) {
      const problem = `the references of this request walk through more than ${mostWalkedBytes >> 20} MiB; refer to less`;
      return { code: "too_large", problem, has: [] };
    }
    const at = found(path, value);
    // More than that is of no use to a call, and would be kept for nothing.
    const isKept = !Buffer.isBuffer(at) || at.length <= argumentLimits.maxArgumentBytes;
    if (isKept && path.root !== itemRoot) this.#found.set(path.text, at);
    return at;
  }
}

function noSuchValue(message: string): Failure {
  return { code: "no_such_value", message };
}
