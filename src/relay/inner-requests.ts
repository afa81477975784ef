import type { Answers } from "../metatools/meta-tool.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { encodeString, longestString, Message } from "../wire/message.ts";
import type { Whole } from "../wire/whole.ts";
import { innerMeta, innerParams } from "./inner-call.ts";

const noArguments = "{}";
const beforeArguments = ',"arguments":';
/** Of names and ids. */
const otherBytes = 1024;

/**
 * Writes the requests of all calls that are made in the name of one request of a client. Most differ from each other in
 * a few values alone: of those, what one of them is read as tells what the others are.
 */
export class InnerRequests {
  readonly #meta: string;
  readonly #whole: Whole;
  readonly #longest: number;
  readonly #model: Message | BadLine;

  /** `whole` reads within the bounds that hold for requests; `maxDepth` is one of them. */
  constructor(outer: Message, hasToken: boolean, whole: Whole, maxDepth: number) {
    this.#meta = innerMeta(outer, hasToken);
    this.#whole = whole;
    this.#model = whole.read(written('""', innerParams("", Buffer.from(noArguments), this.#meta, undefined)));
    // What is this short is nested no deeper than that, each level taking two bytes.
    const isShort = longestString - this.#meta.length - otherBytes;
    this.#longest = Math.min(2 * (maxDepth - 2), isShort);
  }

  /** The call of `tool` with the id `id`, JSON in bytes; `args` were read before. */
  write(id: string, tool: string, args: Buffer, answers: Answers | undefined): Message | BadLine {
    const model = this.#model;
    if (answers !== undefined || args.length > this.#longest || !(model instanceof Message))
      return this.#whole.read(written(id, innerParams(tool, args, this.#meta, answers)));
    const start = model.end(slot.name) + beforeArguments.length;
    return model.withValues([
      { start: model.start(slot.id), end: model.end(slot.id), bytes: id },
      { start: model.start(slot.name), end: model.end(slot.name), bytes: encodeString(tool) },
      { start, end: start + noArguments.length, bytes: args.toString("latin1") },
    ]);
  }
}

function written(id: string, params: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`;
}
