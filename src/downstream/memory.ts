import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { type Kind, kinds, type Offer, type OfferedList } from "../catalog/definition.ts";
import type { KeptFiles } from "../ports/files.ts";
import { type Kept, seal, unseal } from "../ports/kept.ts";
import { readWhole } from "../wire/whole.ts";
import { type Greeting, readGreeting } from "./handshake.ts";
import { readList } from "./lists.ts";

/** What a server has said of itself and offered when it was seen last. Nobody can say how long its lists hold. */
export type Seen = { readonly greeting: Greeting; readonly offer: Offer };

/** What each server offers, remembered from one start to the next. Nothing here throws or waits. */
export type Memory = {
  /** What was seen of the server with this key; undefined: nothing, or too long ago. */
  readonly recall: (key: string) => Seen | undefined;
  /**
   * Writes nothing where it is known already. What holds a secret, or too much, is not kept: `unkept` is told why, in a few
   * words, the first time.
   */
  readonly learn: (key: string, seen: Seen, unkept?: (reason: string) => void) => void;
  /** Resolves when everything learnt so far is in its file, or cannot be. */
  readonly saved: () => Promise<void>;
};

export type MemoryOptions = {
  /** Where the file of a key is. */
  readonly pathOf: (key: string) => string;
  readonly files: KeptFiles;
  /** In ms since 1970. */
  readonly date: () => number;
  /** Takes the secrets that are known out of a text. */
  readonly redact: (text: string) => string;
  /** Told once, in one line, where nothing can be written. */
  readonly failed: (reason: string) => void;
};

/** What the memory holds of one server. */
type Entry = { readonly seen: Seen; readonly digest: string; readonly at: number };

const dayMs = 24 * 60 * 60 * 1000;
/** What was seen so long ago is no picture of what there is. */
const longestMs = 30 * dayMs;
/** Servers that are remembered: the files that were written last. */
const mostServers = 300;
const mostBytes = 8 * 1024 * 1024;
const limits = { maxMessageBytes: mostBytes, maxDepth: 10_000 };
const allKinds = Object.keys(kinds) as Kind[];

/** A file for each server, which several processes may write: of two that do so at once the last one wins. */
export function createMemory({ pathOf, files, date, redact, failed }: MemoryOptions): Memory {
  const entries = new Map<string, Entry | undefined>();
  const saving = new Map<string, Promise<void>>();
  const told = new Set<string>();
  let hasFailed = false;

  const known = (key: string): Entry | undefined => {
    if (!entries.has(key)) entries.set(key, parse(unseal(files.read(pathOf(key)))));
    const entry = entries.get(key);
    return entry !== undefined && isFresh(entry, date(), longestMs) ? entry : undefined;
  };
  /** With nothing to keep it is forgotten. */
  const save = async (key: string, kept: Kept | undefined, after: Promise<void> | undefined): Promise<void> => {
    await after;
    const path = pathOf(key);
    if (kept === undefined) {
      await files.remove(path);
      return;
    }
    try {
      await files.replace(path, seal(kept));
      await files.prune(dirname(path), mostServers);
    } catch (cause) {
      // What it said before is better forgotten than told.
      await files.remove(path);
      if (!hasFailed) failed(`${path} cannot be written: ${(cause as Error).message}`);
      hasFailed = true;
    }
  };
  return {
    recall: (key) => known(key)?.seen,
    learn: (key, seen, unkept) => {
      const before = known(key);
      const kept = print(seen, date());
      const digest = digestOf(kept);
      // One that is still as it was is written from time to time, so that it does not grow old.
      if (before?.digest === digest && isFresh(before, date(), dayMs)) return;
      const text = [JSON.stringify(kept.head), ...kept.lines.map(String)].join("\n");
      const reason = reasonAgainst(text, redact);
      if (reason !== undefined && !told.has(key)) unkept?.(reason);
      if (reason !== undefined) told.add(key);
      if (reason !== undefined && before === undefined) return;
      const isKept = reason === undefined;
      entries.set(key, isKept ? { seen: { ...seen, offer: lasting(seen.offer) }, digest, at: date() } : undefined);
      const own = save(key, isKept ? kept : undefined, saving.get(key)).finally(() => {
        if (saving.get(key) === own) saving.delete(key);
      });
      saving.set(key, own);
    },
    saved: async () => void (await Promise.all(saving.values())),
  };
}

function reasonAgainst(text: string, redact: (text: string) => string): string | undefined {
  if (text.length > mostBytes) return `it is longer than ${mostBytes / 1024 / 1024} MiB`;
  return redact(text) === text ? undefined : "a configured value, which may be secret, stands in it";
}

function print({ greeting, offer }: Seen, at: number): Kept {
  const lines = allKinds.map((kind) => {
    const items = offer[kind].definitions.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [comma, bytes]));
    const start = Buffer.from(`{"jsonrpc":"2.0","id":0,"result":{"${kinds[kind].member}":[`);
    return Buffer.concat([start, ...items, Buffer.from("]}}")]);
  });
  return { head: { at, greeting }, lines };
}

const comma = Buffer.from(",");

function parse(kept: Kept | undefined): Entry | undefined {
  const { at, greeting: written } = kept?.head ?? {};
  const greeting = readGreeting(written);
  if (kept === undefined || typeof at !== "number" || greeting === undefined) return undefined;
  const lists = allKinds.map((kind, index): readonly [Kind, OfferedList] | undefined => {
    const reply = readWhole([kept.lines[index] ?? Buffer.alloc(0)], limits);
    const definitions = "kind" in reply ? readList(kind, reply) : undefined;
    return definitions && [kind, { definitions, ttlMs: 0, isPublic: false }];
  });
  if (lists.includes(undefined)) return undefined;
  const offer = Object.fromEntries(lists as (readonly [Kind, OfferedList])[]) as Offer;
  return { seen: { greeting, offer }, digest: digestOf(kept), at };
}

function lasting(offer: Offer): Offer {
  const entries = allKinds.map((kind) => [kind, { ...offer[kind], ttlMs: 0, isPublic: false }]);
  return Object.fromEntries(entries) as Offer;
}

/** Of what was seen, not of when. */
function digestOf({ head, lines }: Kept): string {
  const hash = createHash("sha256").update(JSON.stringify(head["greeting"]));
  for (const line of lines) hash.update("\n").update(line);
  return hash.digest("hex");
}

function isFresh({ at }: Entry, now: number, mostMs: number): boolean {
  // Clocks are set back.
  return now - at > -dayMs && now - at < mostMs;
}
