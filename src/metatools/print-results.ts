import { encodeString } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";
import { type Cut, fairShares, shorten } from "./budget.ts";
import { compact } from "./compact.ts";
import { arrayOf, type Entry } from "./entry.ts";
import { cutText, type Ended, type Failure, type Success } from "./outcomes.ts";
import type { Path } from "./paths.ts";
import { pick } from "./pick.ts";

export type PrintOptions = {
  /** Of the text; 0 means no bound. A little more where even what cannot be left out is more. */
  readonly mostBytes: number;
  /** Keeps a value that is not shown whole; gives the handle by which it can be had. */
  readonly keep: (value: Buffer) => string | undefined;
};

/** Everything is text with one byte to a character, or bytes. */
type Printed = {
  readonly text: string;
  /** Content that is no text, in the order in which `text` refers to it: the first one as 1. */
  readonly media: readonly Buffer[];
};

/** A member list with at most one value in it that can be cut. */
type Shown = {
  readonly before: string;
  readonly value: Buffer;
  readonly after: string;
  /** Whether what is cut can be had otherwise: not so a message. */
  readonly isResult: boolean;
};

type EntryShown = {
  readonly head: string;
  /** One, or those of each element. */
  readonly parts: readonly Shown[];
  readonly tail: string;
  readonly isEach: boolean;
};

const nothing = Buffer.alloc(0);
const noText = Buffer.from('""');
const longestPath = 200;
/** Of the paths that led nowhere: whoever wrote them knows the others. */
const mostMissing = 10;
const longestMissing = 60;
/** What `truncated` takes, with a path that is not long. */
const truncatedBytes = 120;
/** An element of which less would be shown is left out, with those after it. */
const leastElementBytes = 64;
/** Of what resources of results together may take beside the text. */
const resourcesShare = 0.5;

/** The results of a plan, in the order of its calls: as much of each as there is room for. */
export function printResults(entries: readonly Entry[], options: PrintOptions): Printed {
  const most = options.mostBytes || Number.POSITIVE_INFINITY;
  const gathered = new Media(most * resourcesShare, options.keep);
  const shown = entries.map((entry) => show(entry, gathered));
  const sizes = shown.map(sizeOfEntry);
  const shares = fairShares(sizes, most - '{"results":[]}'.length - sizes.length);
  const lines = shown.map((entry, index) => {
    const share = shares[index] as number;
    return (sizes[index] as number) <= share ? whole(entry) : cut(entry, share, options.keep);
  });
  return { text: `{"results":[${lines.join(",")}]}`, media: gathered.blocks };
}

function show(entry: Entry, media: Media): EntryShown {
  const head = `"id":${encodeString(entry.call.id)},`;
  const { isEach, failure, inners, wholeFailure } = entry;
  if (failure !== undefined) return { head, parts: [showFailure(failure)], tail: "", isEach: false };
  const parts = inners.map(({ ended }) => showEnded(ended as Ended, entry.call.pick, media));
  if (!isEach) return { head, parts, tail: "", isEach };
  const { failures } = entry;
  const tail = failures > 0 ? `,"failed":${failures}` : "";
  if (wholeFailure === undefined) return { head: `${head}"ok":true,`, parts, tail, isEach };
  const { before, value, after } = showFailure(wholeFailure);
  return { head: `${head}${before}${value.toString("latin1")}${after},`, parts, tail, isEach };
}

function showEnded(ended: Ended, paths: readonly Path[] | undefined, media: Media): Shown {
  return "failure" in ended ? showFailure(ended.failure) : showSuccess(ended.success, paths, media);
}

function showFailure({ code, message, sent, rpcCode }: Failure): Shown {
  const members = [
    ...(rpcCode === undefined ? [] : [`,"rpc_code":${rpcCode}`]),
    ...(sent === undefined ? [] : [`,"sent":${JSON.stringify(sent)}`]),
  ];
  return {
    before: `"ok":false,"error":{"code":"${code}","message":`,
    value: Buffer.from(JSON.stringify(message)),
    after: `${members.join("")}}`,
    isResult: false,
  };
}

function showSuccess({ value, media }: Success, paths: readonly Path[] | undefined, gathered: Media): Shown {
  const ok = '"ok":true';
  if (paths?.length === 0) return { before: ok, value: nothing, after: "", isResult: false };
  const before = `${ok},"result":`;
  if (paths !== undefined) {
    const picked = pick(value, paths);
    const named = picked.missing.slice(0, mostMissing).map((path) => encodeString(cutText(path, longestMissing)));
    const missing = named.join(",");
    const after = missing === "" ? "" : `,"missing":[${missing}]`;
    return { before, value: compact(picked.value), after, isResult: true };
  }
  const references = media.map((block) => gathered.add(block));
  const hasText = media.length === 0 || !value.equals(noText);
  const after = hasText && references.length > 0 ? `,"content":[${references.join(",")}]` : "";
  if (hasText) return { before, value: compact(value), after, isResult: true };
  const [only] = references;
  const all = references.length === 1 ? (only as string) : `[${references.join(",")}]`;
  return { before: before + all, value: nothing, after, isResult: false };
}

function whole({ head, parts, tail, isEach }: EntryShown): string {
  if (!isEach) return `{${head}${textOf(parts[0] as Shown)}}`;
  return `{${head}"results":[${parts.map((part) => `{${textOf(part)}}`).join(",")}]${tail}}`;
}

function textOf({ before, value, after }: Shown): string {
  return before + value.toString("latin1") + after;
}

function cut({ head, parts, tail, isEach }: EntryShown, share: number, keep: PrintOptions["keep"]): string {
  if (!isEach) {
    const part = parts[0] as Shown;
    const { text, cuts } = cutPart(part, share - head.length - 2);
    const handle = cuts.length > 0 && part.isResult ? keep(part.value) : undefined;
    return `{${head}${text}${part.isResult ? truncated(cuts, handle) : ""}}`;
  }
  const room = share - head.length - tail.length - truncatedBytes - '"results":[]'.length - 2;
  let left = room;
  const kept = parts.filter((part) => {
    left -= sizeAround(part) + Math.min(part.value.length, leastElementBytes) + 3;
    return left >= 0;
  });
  const shares = fairShares(
    kept.map(({ value }) => value.length),
    kept.reduce((rest, part) => rest - sizeAround(part) - 3, room),
  );
  const texts = kept.map((part, index) => {
    const { text, cuts } = cutPart(part, sizeAround(part) + (shares[index] as number));
    return `{${text}${part.isResult ? truncated(cuts, undefined) : ""}}`;
  });
  const handle = keep(arrayOf(parts.map(({ value, isResult }) => (isResult ? value : undefined))));
  const all = truncated([{ path: "", shown: kept.length, of: parts.length }], handle);
  return `{${head}"results":[${texts.join(",")}]${tail}${all}}`;
}

function cutPart(part: Shown, most: number): { readonly text: string; readonly cuts: readonly Cut[] } {
  const { before, value, after, isResult } = part;
  const isWhole = value.length === 0 || sizeOf(part) <= most;
  const room = most - before.length - after.length - (isResult ? truncatedBytes : 0);
  const fitted = isWhole ? { value, cuts: [] } : shorten(value, Math.max(0, room));
  return { text: before + fitted.value.toString("latin1") + after, cuts: fitted.cuts };
}

function truncated([first, ...others]: readonly Cut[], handle: string | undefined): string {
  if (first === undefined) return "";
  const members = [
    ...(first.path === "" || first.path.length > longestPath ? [] : [`"path":${encodeString(first.path)}`]),
    `"shown":${first.shown},"of":${first.of}`,
    ...(others.length === 0 ? [] : [`"others":${others.length}`]),
    ...(handle === undefined ? [] : [`"result_id":"${handle}"`]),
  ];
  return `,"truncated":{${members.join(",")}}`;
}

function sizeOfEntry({ head, parts, tail, isEach }: EntryShown): number {
  const around = isEach ? '{"results":[]}'.length + 3 * parts.length : 2;
  let size = head.length + tail.length + around;
  for (const part of parts) size += sizeOf(part);
  return size;
}

function sizeOf(part: Shown): number {
  return sizeAround(part) + part.value.length;
}

function sizeAround({ before, after }: Shown): number {
  return before.length + after.length;
}

/** What is appended to the text: images and audio as they are, resources as long as there is room. */
class Media {
  readonly blocks: Buffer[] = [];
  readonly #keep: PrintOptions["keep"];
  #left: number;

  constructor(mostBytes: number, keep: PrintOptions["keep"]) {
    this.#left = mostBytes;
    this.#keep = keep;
  }

  /** How the text refers to it. */
  add(block: Buffer): string {
    const isResource = [...membersOf(block, 0)].some(
      ({ name, start, end }) => name === "type" && block.toString("latin1", start, end).startsWith('"resource'),
    );
    if (isResource && block.length > this.#left) {
      const handle = this.#keep(block);
      const id = handle === undefined ? "" : `,"result_id":"${handle}"`;
      return `{"truncated":{"shown":0,"of":${block.length}${id}}}`;
    }
    if (isResource) this.#left -= block.length;
    this.blocks.push(block);
    return `{"$content":${this.blocks.length}}`;
  }
}
