import { createHash } from "node:crypto";
import * as z from "zod";
import { canonicalJson } from "./canonical.ts";
import { emptyOffer, type Kind, type Offer, type OfferedList } from "./definition.ts";

/** What the model sees of a server and is pinned, by kind. Resources are what a server holds, not what it says of itself. */
export type PinnedKind = (typeof pinnedKinds)[number];
const pinnedKinds = ["tool", "prompt", "template", "instructions"] as const;

const kindOf: Readonly<Partial<Record<Kind, PinnedKind>>> = { tools: "tool", prompts: "prompt", templates: "template" };

const versionSchema = z.object({ sha256: z.string(), raw: z.string(), text: z.string() });
const entrySchema = z.object({
  pinned: versionSchema.optional(),
  seen: versionSchema.optional(),
  gone: z.enum(["now", "before"]).optional(),
});
const bookSchema = z.object({
  isLost: z.boolean().default(false),
  kinds: z.array(z.enum(pinnedKinds)).default([...pinnedKinds]),
  entries: z.record(z.string(), entrySchema),
});
const booksSchema = z.object({ server: z.string(), books: z.record(z.string(), bookSchema) });

/** One state of a definition: the hash of its canonical JSON, that of its very bytes, and its text, without secrets. */
export type Version = z.infer<typeof versionSchema>;

/** `pinned`: as it was first seen, or approved. `seen`: as it is now, where that is another. `gone`: whether it is offered no more. */
export type Entry = z.infer<typeof entrySchema>;

/**
 * All that one server offered, by kind and name. `kinds`: those of which everything was seen once, be it nothing. `isLost`:
 * what was known before is lost, so nothing is as it was.
 */
export type Book = z.infer<typeof bookSchema>;

/** The books of all servers that ever had one name, by what starts them. */
export type Books = z.infer<typeof booksSchema>;

/** One thing that is not as it was pinned. */
export type Change = {
  readonly kind: PinnedKind;
  readonly name: string;
  readonly what: "changed" | "new" | "gone";
  readonly before: Version | undefined;
  readonly after: Version | undefined;
};

/** Something offered, by the key of its entry. */
export type Sight = { readonly key: string; readonly raw: string; readonly version: () => Version };

/** More launches of one name are forgotten, the oldest first. */
const mostBooks = 16;

/** Of a longer definition the rest cannot be shown; its hash is of all of it. */
const longestText = 64 * 1024;

export const emptyBook: Book = { isLost: false, kinds: [], entries: {} };

export function entryKey(kind: PinnedKind, name: string): string {
  return `${kind} ${name}`;
}

/** The lists of an offer that a server has given, or does not have at all, as what is pinned. `known`: those made before. */
export function sightsIn(
  offer: Offer,
  redact: (text: string) => string,
  known: WeakMap<OfferedList, readonly Sight[]>,
): Map<PinnedKind, readonly Sight[]> {
  const sights = new Map<PinnedKind, readonly Sight[]>();
  for (const [list, kind] of Object.entries(kindOf) as [Kind, PinnedKind][]) {
    if (offer[list] === emptyOffer[list]) continue;
    const unique = new Map(offer[list].definitions.map(({ key, bytes }) => [entryKey(kind, key), bytes]));
    const all = known.get(offer[list]) ?? [...unique].map(([key, bytes]) => sight(key, bytes, redact));
    known.set(offer[list], all);
    sights.set(kind, all);
  }
  return sights;
}

/** What a server says of itself to the model. */
export function instructionsSight(text: string | undefined, redact: (text: string) => string): readonly Sight[] {
  return text === undefined ? [] : [sight(entryKey("instructions", ""), Buffer.from(JSON.stringify(text)), redact)];
}

/**
 * The book once everything of a kind has been seen, and what is not as it was and was not so before. Of a kind that was
 * never seen all is pinned as it is.
 */
export function observe(
  book: Book,
  kind: PinnedKind,
  sights: readonly Sight[],
): { readonly book: Book; readonly changes: readonly Change[] } {
  const { isLost, entries } = book;
  const isFirst = !isLost && !book.kinds.includes(kind);
  const kinds = book.kinds.includes(kind) ? book.kinds : [...book.kinds, kind];
  const next = new Map(Object.entries(entries));
  const changes: Change[] = [];
  const offered = new Set<string>();
  let isOther = kinds !== book.kinds;
  const put = (key: string, to: Entry | undefined): void => {
    isOther = true;
    if (to === undefined) next.delete(key);
    else next.set(key, to);
  };
  for (const one of sights) {
    offered.add(one.key);
    const before = next.get(one.key);
    const { gone, pinned, seen } = before ?? {};
    const isBack = gone === undefined ? {} : { gone: "before" as const };
    if (pinned !== undefined && isSame(pinned, one)) {
      if (seen !== undefined || gone === "now") put(one.key, { pinned, ...isBack });
    } else if (seen !== undefined && isSame(seen, one)) {
      if (gone === "now") put(one.key, { ...before, ...isBack });
    } else if (isFirst && before === undefined) put(one.key, { pinned: one.version() });
    else {
      const after = one.version();
      put(one.key, { ...(pinned && { pinned }), seen: after, ...isBack });
      changes.push({ ...named(one.key), what: pinned ? "changed" : "new", before: pinned, after });
    }
  }
  for (const [key, { pinned, gone }] of [...next]) {
    if (offered.has(key) || named(key).kind !== kind || gone === "now") continue;
    put(key, pinned && { pinned, gone: "now" });
    if (pinned && gone === undefined) {
      changes.push({ ...named(key), what: "gone", before: pinned, after: undefined });
    }
  }
  return { book: isOther ? { isLost, kinds, entries: Object.fromEntries(next) } : book, changes };
}

/** All that is not as it was pinned. */
export function changesIn({ entries }: Book): readonly Change[] {
  return Object.entries(entries).flatMap(([key, { pinned, seen, gone }]): Change[] => {
    if (gone === "now") return [{ ...named(key), what: "gone", before: pinned, after: undefined }];
    return seen ? [{ ...named(key), what: pinned ? "changed" : "new", before: pinned, after: seen }] : [];
  });
}

/** The keys of what is offered and not as it was pinned. */
export function unapproved({ entries }: Book): ReadonlySet<string> {
  return new Set(Object.keys(entries).filter((key) => entries[key]?.seen !== undefined));
}

/** The book with all as it is now pinned. */
export function approved({ kinds, entries }: Book): Book {
  const kept = Object.entries(entries).flatMap(([key, { pinned, seen, gone }]) => {
    const now = seen ?? pinned;
    return gone === "now" || now === undefined ? [] : [[key, { pinned: now }] as const];
  });
  return { isLost: false, kinds, entries: Object.fromEntries(kept) };
}

/** Throws an Error of one line where it is not what was printed. */
export function parseBooks(text: string): Books {
  const parsed = booksSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error("it is not what tutti wrote");
}

/** `at`: the launch whose book this is. */
export function printBooks(server: string, all: Books["books"], at: string, own: Book): string {
  const { [at]: _, ...others } = all;
  const kept = Object.entries(others).slice(1 - mostBooks);
  return `${JSON.stringify({ server, books: { ...Object.fromEntries(kept), [at]: own } }, null, 1)}\n`;
}

/** Why something cannot be used, and the cure. */
export function withheldText(server: string, kind: PinnedKind, name: string): string {
  const shown = JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
  const what = `the ${kind} ${shown} is not what was offered when ${server} was first seen, and is withheld (pins)`;
  return `${what}. See what has changed with tutti check, then accept it with ${approval(server)}`;
}

/** The command that accepts what a server offers now. */
export function approval(server: string): string {
  return `tutti approve ${/^[\w@.-]+$/.test(server) ? server : JSON.stringify(server)}`;
}

function sight(key: string, bytes: Buffer, redact: (text: string) => string): Sight {
  let known: Version | undefined;
  const raw = sha256(bytes);
  const make = (): Version => {
    const text = canonicalJson(bytes);
    const shown = redact(text);
    return { sha256: sha256(text), raw, text: shown.length > longestText ? `${shown.slice(0, longestText)}…` : shown };
  };
  return {
    key,
    raw,
    version: () => {
      known ??= make();
      return known;
    },
  };
}

/** The very bytes are compared first, which is quicker. */
function isSame(known: Version, now: Sight): boolean {
  return known.raw === now.raw || known.sha256 === now.version().sha256;
}

/** Whose entry has this key. */
export function named(key: string): { readonly kind: PinnedKind; readonly name: string } {
  const at = key.indexOf(" ");
  return { kind: key.slice(0, at) as PinnedKind, name: key.slice(at + 1) };
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
