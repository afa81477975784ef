import type { Answers } from "../metatools/meta-tool.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { encodeString, longestString, Message } from "../wire/message.ts";
import type { Whole } from "../wire/whole.ts";
import { innerParams } from "./inner-call.ts";

const beforeArguments = ',"arguments":';
const beforeId = ',"id":';
/** Of names and ids. */
const otherBytes = 1024;

/**
 * Writes the requests of calls that are made in the name of a client's requests that say the same of it. Most differ
 * from each other in a few values alone, which stand last: of those, what one of them is read as tells what the others
 * are.
 */
export class InnerRequests {
  /** What the client's request says of it, as `innerMeta` gives it. */
  readonly meta: string;
  readonly #whole: Whole;
  readonly #longest: number;
  readonly #model: Message | BadLine;
  /** Up to its name. */
  readonly #head: string;

  /** `whole` reads within the bounds that hold for requests; `maxDepth` is one of them. */
  constructor(meta: string, whole: Whole, maxDepth: number) {
    this.meta = meta;
    this.#whole = whole;
    const model = whole.read(written('""', innerParams("", "{}", this.meta, undefined)));
    this.#model = model;
    this.#head = model instanceof Message ? model.slice(0, model.start(slot.name)) : "";
    // What is this short is nested no deeper than that, each level taking two bytes.
    const isShort = longestString - this.meta.length - otherBytes;
    this.#longest = Math.min(2 * (maxDepth - 2), isShort);
  }

  /** The call of `tool` with the id `id`, JSON in bytes; `args` were read before. */
  write(id: string, tool: string, args: Buffer, answers: Answers | undefined): Message | BadLine {
    const model = this.#model;
    if (answers !== undefined || args.length > this.#longest || !(model instanceof Message))
      return this.#whole.read(written(id, innerParams(tool, args.toString("latin1"), this.meta, answers)));
    const name = encodeString(tool);
    const nameEnd = this.#head.length + name.length;
    const paramsEnd = nameEnd + beforeArguments.length + args.length + 1;
    const idStart = paramsEnd + beforeId.length;
    const params = `${name}${beforeArguments}${args.toString("latin1")}}`;
    return model.moved(`${this.#head}${params}${beforeId}${id}}`, [
      { member: slot.name, start: this.#head.length, end: nameEnd },
      { member: slot.params, start: model.start(slot.params), end: paramsEnd },
      { member: slot.id, start: idStart, end: idStart + id.length },
    ]);
  }
}

function written(id: string, params: string): string {
  return `{"jsonrpc":"2.0","method":"tools/call","params":${params}${beforeId}${id}}`;
}
