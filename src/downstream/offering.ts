import {
  type Definition,
  emptyOffer,
  type Kind,
  kinds,
  neverOffered,
  type Offer,
  type OfferedList,
} from "../catalog/definition.ts";
import type { Topic } from "../events.ts";
import type { Clock } from "../ports/clock.ts";
import type { Message } from "../wire/message.ts";
import { fetchList } from "./lists.ts";

/** What a server says of changes in this time leads to one new list. */
const relistMs = 500;
/** However often it says so, on the whole it is listed anew once in this time; a few times may follow each other closely. */
const leastMsBetween = 2000;
const closely = 4;

/** So much later than its tools the other lists that it declares may come before a server is ready without them. */
const lateMs = 5000;

/** The same for its templates: many servers have resources and no notion of templates, and some never say so. */
const templatesLateMs = 500;

/** Which lists a server has, by the capability that declares them. */
const kindsOf: Readonly<Record<string, readonly Kind[]>> = {
  tools: ["tools"],
  prompts: ["prompts"],
  resources: ["resources", "templates"],
};

export type OfferingOptions = {
  /** `members`: those of the params. */
  readonly request: (method: string, members: string) => Promise<Message>;
  /** Whether each message to the server has headers. */
  readonly isOverHttp: boolean;
  readonly clock: Clock;
  /** What it offered at an earlier start. */
  readonly seen: Offer | undefined;
  readonly changed: () => void;
  readonly oddity: (text: string, topic: Topic) => void;
};

/** What one server offers: its lists as it gave them last. */
export class Offering {
  readonly #options: OfferingOptions;
  #offer: Offer;
  #kinds: readonly Kind[] = [];
  /** Lists that say how long they hold, and of whose changes the server does not tell. */
  #untold: ReadonlySet<Kind> = new Set();
  /** When they came. */
  readonly #listedAt = new Map<Kind, number>();
  /** Kinds whose list has changed since it was last asked for. */
  readonly #stale = new Set<Kind>();
  /** Whether the offer has become another since that was told. */
  #isOther = false;
  #isRelisting = false;
  /** The last few times. */
  #relistedAt: readonly number[] = [];
  /** Whether it is asked again when it says that a list has changed. */
  #isComplete = false;
  /** Whether arguments of tools are repeated in headers. */
  #hasHeaders = false;
  #isOver = false;
  #isListed = false;

  constructor(options: OfferingOptions) {
    this.#options = options;
    this.#offer = options.seen ?? emptyOffer;
  }

  get offer(): Offer {
    return this.#offer;
  }

  /** Whether that is what the server has said, be it at an earlier start. */
  get isKnown(): boolean {
    return this.#isListed || this.#options.seen !== undefined;
  }

  /**
   * Fetches all lists at once. Rejects with one line where the tools cannot be had. Other lists that cannot be had are
   * empty, and it is said; those that are late are offered when they come. `hasHints`: its lists say how long they hold.
   */
  async listAll(capabilities: Readonly<Record<string, unknown>>, hasHints: boolean): Promise<void> {
    this.#isOver = false;
    const declared = Object.keys(kindsOf).filter((name) => capabilities[name] !== undefined);
    this.#kinds = declared.flatMap((name) => kindsOf[name] ?? []);
    const silent = declared.filter((name) => (capabilities[name] as { listChanged?: unknown }).listChanged !== true);
    this.#hasHeaders = hasHints && this.#options.isOverHttp;
    if (hasHints) this.#untold = new Set(silent.flatMap((name) => kindsOf[name] ?? []));
    for (const kind of Object.keys(kinds) as Kind[]) {
      if (this.#kinds.includes(kind) || this.#offer[kind] === neverOffered) continue;
      this.#offer = { ...this.#offer, [kind]: neverOffered };
      this.#isOther = true;
    }
    const first = (kind: Kind): Promise<void> =>
      this.#kinds.includes(kind) ? this.#listFirst(kind) : Promise.resolve();
    const [tools, prompts, resources, templates] = [
      first("tools"),
      first("prompts"),
      first("resources"),
      first("templates"),
    ];
    await tools;
    await this.#within(lateMs, Promise.all([prompts, resources]));
    await this.#within(templatesLateMs, templates);
    // It may have ended meanwhile.
    if (this.#isOver) return;
    if (this.#isOther) this.#tell();
    this.#isListed = true;
    this.#isComplete = true;
    this.#relist();
  }

  /** Lists have changed: those of these capabilities. */
  changed(...capabilities: readonly string[]): void {
    for (const kind of capabilities.flatMap((name) => kindsOf[name] ?? []))
      if (this.#kinds.includes(kind)) this.#stale.add(kind);
    this.#relist();
  }

  /**
   * A client asks for a list: one that its server promised to keep for some time only, and does not tell changes of, is
   * fetched again when that is over. https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
   */
  refresh(kind: Kind): void {
    const listedAt = this.#listedAt.get(kind);
    if (listedAt === undefined || this.#options.clock.now() < listedAt + this.#offer[kind].ttlMs) return;
    this.#stale.add(kind);
    this.#relist();
  }

  /** Fetches the tools anew at once; they stay what they are where that cannot be done. Never rejects. */
  async relistTools(): Promise<void> {
    await this.#listSome(["tools"]);
  }

  /** Asks nothing more, until all is listed again. */
  end(): void {
    this.#isOver = true;
    this.#isComplete = false;
  }

  async #listFirst(kind: Kind): Promise<void> {
    try {
      await this.#list(kind);
    } catch (cause) {
      if (kind === "tools") throw cause;
      if (this.#isOver) return; // It is down, or being stopped.
      if (kind === "templates") this.#kinds = this.#kinds.filter((one) => one !== kind);
      else this.#options.oddity(`its ${kind} could not be listed: ${(cause as Error).message}`, "not_listed");
    }
  }

  /** Resolves with `lists`, and at the latest after `ms`. */
  async #within(ms: number, lists: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      void lists.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  async #list(kind: Kind): Promise<void> {
    const { leftOut, ...list } = await fetchList(kind, this.#options.request, this.#hasHeaders);
    if (this.#isOver) return;
    if (this.#untold.has(kind)) this.#listedAt.set(kind, this.#options.clock.now());
    for (const text of leftOut) this.#options.oddity(text, "left_out");
    const isFirst = this.#offer[kind] === emptyOffer[kind];
    if (isFirst || !isSame(list, this.#offer[kind])) this.#offer = { ...this.#offer, [kind]: list };
    else if (!this.#isOther) return;
    this.#tell();
  }

  #tell(): void {
    this.#isOther = false;
    this.#options.changed();
  }

  #relist(): void {
    if (this.#isRelisting || !this.#isComplete || this.#stale.size === 0 || this.#isOver) return;
    this.#isRelisting = true;
    const { clock } = this.#options;
    const [first = Number.NEGATIVE_INFINITY] = this.#relistedAt.length < closely ? [] : this.#relistedAt;
    clock.after(Math.max(relistMs, first + closely * leastMsBetween - clock.now()), () => {
      if (!this.#isComplete) {
        // It is being listed anew; what is stale is asked for after that.
        this.#isRelisting = false;
        return;
      }
      this.#relistedAt = [...this.#relistedAt, clock.now()].slice(-closely);
      const kinds = [...this.#stale];
      this.#stale.clear();
      void this.#listAgain(kinds);
    });
  }

  async #listAgain(kinds: readonly Kind[]): Promise<void> {
    await this.#listSome(kinds);
    this.#isRelisting = false;
    this.#relist();
  }

  async #listSome(kinds: readonly Kind[]): Promise<void> {
    await Promise.all(
      kinds.map(async (kind) => {
        try {
          await this.#list(kind);
        } catch (cause) {
          if (this.#isOver) return;
          this.#options.oddity(`its ${kind} could not be listed again: ${(cause as Error).message}`, "not_listed");
        }
      }),
    );
  }
}

function isSame(one: OfferedList, other: OfferedList): boolean {
  const { definitions } = other;
  const isAsLong = one.definitions.length === definitions.length;
  if (!isAsLong || one.ttlMs !== other.ttlMs || one.isPublic !== other.isPublic) return false;
  return one.definitions.every(({ bytes }, index) => bytes.equals((definitions[index] as Definition).bytes));
}
