import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Offer, OfferedList } from "../catalog/definition.ts";
import {
  approval,
  type Book,
  type Change,
  emptyBook,
  instructionsSight,
  named,
  observe,
  type PinnedKind,
  parseBooks,
  printBooks,
  type Sight,
  sightsIn,
  unapproved,
} from "../catalog/pins.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Clock } from "../ports/clock.ts";
import type { StateFiles } from "../ports/files.ts";

/** What of a server is pinned: its lists, and its instructions once it was greeted. */
type Offering = { readonly offer: Offer; readonly greeting: { readonly instructions: string | undefined } | undefined };

/** What one server offers, compared with what it offered when it was first seen. */
export type Pins = {
  /**
   * Notes what it offers now and says of itself. Gives the keys (`entryKey`) of what clients may not see; the same set as
   * long as nothing of it is another.
   */
  readonly review: (offering: Offering) => ReadonlySet<string>;
  /** What is known now; undefined where nothing was noted. */
  readonly book: () => Book | undefined;
};

export type PinsOptions = {
  readonly server: ServerConfig;
  readonly mode: "warn" | "quarantine";
  /** Of its own; several processes may share it. */
  readonly path: string;
  readonly files: StateFiles;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  /** Whether anybody uses the server; while nobody does it is not looked for what was approved. */
  readonly isUsed: () => boolean;
  /** Something is not as it was and was not so before. */
  readonly changed: (changes: readonly Change[]) => void;
  /** Other things may be seen than `review` said last. */
  readonly released: () => void;
  /** Something about the pins themselves, in a sentence. */
  readonly notice: (text: string, topic: "pins_lost" | "pins_anew" | "not_kept") => void;
};

/** What is withheld may be approved by another process: so often that is looked for. */
const lookMs = 2000;

export const nothingWithheld: ReadonlySet<string> = new Set();

/** Where the pins of the server of a name are kept. */
export function pinsPath(folder: string, server: string): string {
  const readable = server.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  return join(folder, "pins", `${readable.slice(0, 40)}-${sha256(server).slice(0, 8)}.json`);
}

/** What stays the same as long as a server is started in the same way, whatever its secrets are. */
export function bookKey({ launch }: ServerConfig, redact: (text: string) => string): string {
  const how =
    launch.kind === "stdio"
      ? [launch.command, launch.args, launch.cwd, Object.keys(launch.env).sort()]
      : [launch.kind, launch.url];
  return sha256(redact(JSON.stringify(how)));
}

/**
 * What the file at `path` holds of a server that is started in this way: its book, undefined where it was never seen so,
 * and whether it was seen otherwise. What cannot be read never counts as unseen: then all that was known is lost, and
 * `problem` says why.
 */
export function readBook(
  text: () => string | undefined,
  key: string,
): { readonly book: Book | undefined; readonly isOther: boolean; readonly problem?: string } {
  try {
    const found = text();
    if (found === undefined) return { book: undefined, isOther: false };
    const { books } = parseBooks(found);
    const book = Object.hasOwn(books, key) ? books[key] : undefined;
    return { book, isOther: book === undefined && Object.keys(books).length > 0 };
  } catch (cause) {
    return { book: { ...emptyBook, isLost: true }, isOther: false, problem: (cause as Error).message };
  }
}

/** Reads the file at the first review; whatever is noted is written soon, with what others have written since. */
export function createPins(options: PinsOptions): Pins {
  const { server, mode, path, files, clock, redact, isUsed, changed, released, notice } = options;
  const key = bookKey(server, redact);
  let book: Book | undefined;
  /** Whether it was first seen in this run. */
  let isFirstRun = false;
  const sights = new Map<PinnedKind, readonly Sight[]>();
  let withheld = nothingWithheld;
  let isLooking = false;
  const known = new WeakMap<OfferedList, readonly Sight[]>();
  /** Offers that were noted, with what came with each. */
  const noted = new WeakMap<Offer, Offering["greeting"]>();
  /** What we wrote last. */
  let written: string | undefined;
  let isWriting = false;
  let hasFailed = false;

  const load = (): Book => {
    const { book: found, isOther, problem } = readBook(() => files.readText(path), key);
    if (problem !== undefined) {
      const cure = `Look at what it offers (tutti check), then accept it: ${approval(server.name)}`;
      notice(`what it offered before is not known any more: ${path}: ${problem}. ${cure}`, "pins_lost");
    }
    if (isOther) notice("is started in another way than before: what it offers now is pinned anew", "pins_anew");
    isFirstRun = found === undefined;
    return found ?? emptyBook;
  };
  /** Sets what is known now; what is withheld follows. */
  const become = (next: Book): void => {
    book = next;
    const now = mode === "quarantine" ? unapproved(next) : nothingWithheld;
    if (now.size !== withheld.size || [...now].some((one) => !withheld.has(one))) withheld = now;
    if (withheld.size > 0) look();
  };
  const look = (): void => {
    if (isLooking) return;
    isLooking = true;
    clock.after(lookMs, () => {
      isLooking = false;
      if (!isUsed()) return;
      const before = withheld;
      merge(() => files.readText(path));
      if (withheld.size > 0) look();
      if (withheld !== before) released();
    });
  };
  /** Takes over what others have written, with what was seen here. */
  const merge = (text: () => string | undefined): void => {
    const isOurs = written !== undefined && textOr(text) === written;
    const { book: found } = isOurs ? {} : readBook(text, key);
    if (found === undefined || (found.isLost && isFirstRun)) return;
    // Of two that see it for the first time, each pins what the other has not come to yet.
    const own = Object.entries(book?.entries ?? {}).filter(([entry]) => !found.kinds.includes(named(entry).kind));
    const start: Book = {
      isLost: found.isLost,
      kinds: [...new Set([...found.kinds, ...(book?.kinds ?? [])])],
      entries: { ...Object.fromEntries(own), ...found.entries },
    };
    become([...sights].reduce<Book>((now, [kind, seen]) => observe(now, kind, seen).book, start));
  };
  const write = async (): Promise<void> => {
    isWriting = true;
    let last: Book | undefined;
    // What is noted while it is written is written too.
    while (book !== undefined && last !== book) {
      last = book;
      try {
        await files.rewrite(path, (text) => {
          merge(() => text);
          last = book;
          written = printBooks(server.name, othersIn(text), key, book as Book);
          return written;
        });
      } catch (cause) {
        if (!hasFailed)
          notice(`what it offers cannot be pinned: ${path} cannot be written: ${(cause as Error).message}`, "not_kept");
        hasFailed = true;
      }
    }
    isWriting = false;
  };
  const note = ({ offer, greeting }: Offering): void => {
    // What was withheld in an earlier run is withheld still, also where nothing has changed since.
    if (book === undefined) become(load());
    const before = book as Book;
    const news: Change[] = [];
    let now = before;
    const all = sightsIn(offer, redact, known);
    if (greeting !== undefined) all.set("instructions", instructionsSight(greeting.instructions, redact));
    for (const [kind, seen] of all) {
      if (sights.get(kind) === seen) continue;
      const result = observe(now, kind, seen);
      sights.set(kind, seen);
      now = result.book;
      news.push(...result.changes);
    }
    if (now === before && !before.isLost) return;
    become(now);
    if (news.length > 0 && !now.isLost) changed(news);
    if (!isWriting) void write(); // Never rejects.
  };
  return {
    review: (offering) => {
      const { offer, greeting } = offering;
      if (noted.get(offer) !== greeting || !noted.has(offer)) {
        noted.set(offer, greeting);
        // Where nothing is withheld clients get the list first.
        if (mode === "quarantine") note({ offer, greeting });
        else clock.soon(() => note({ offer, greeting }));
      }
      if (withheld.size > 0) look();
      return withheld;
    },
    book: () => book,
  };
}

function textOr(text: () => string | undefined): string | undefined {
  try {
    return text();
  } catch {
    return undefined; // Whoever needs it tells why.
  }
}

/** The books of all launches in a text; none where it cannot be read. */
export function othersIn(text: string | undefined): ReturnType<typeof parseBooks>["books"] {
  try {
    return text === undefined ? {} : parseBooks(text).books;
  } catch {
    return {}; // Somebody else has written it.
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
