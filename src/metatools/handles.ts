import type { Clock, Timer } from "../ports/clock.ts";
import { handlePrefix } from "./plan.ts";

export type HandlesOptions = {
  readonly clock: Clock;
  readonly random: (count: number) => Buffer;
  /** From a value's keeping to its end. */
  readonly lifetimeMs?: number;
  readonly mostBytes?: number;
  readonly mostOwnerBytes?: number;
};

/** All that is kept for one owner; entries hold it in the owner's place, so that nothing here keeps the owner itself. */
type Belongings = { bytes: number };

type Kept = { readonly value: Buffer; readonly of: Belongings; readonly endsAt: number };

const guessableBytes = 16;
/** What a small value costs beside its bytes. */
const entryBytes = 256;

/**
 * Keeps values under names that nobody can guess, each for its owner alone and for a while. What has not been used the
 * longest goes first when there is no room: an owner's own where that owner has too much, anybody's otherwise.
 */
export class Handles {
  readonly #clock: Clock;
  readonly #random: (count: number) => Buffer;
  readonly #lifetimeMs: number;
  readonly #mostBytes: number;
  readonly #mostOwnerBytes: number;
  readonly #owners = new WeakMap<object, Belongings>();
  /** The least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #timer: Timer | undefined;

  constructor({ clock, random, lifetimeMs, mostBytes, mostOwnerBytes }: HandlesOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#lifetimeMs = lifetimeMs ?? 15 * 60_000;
    this.#mostBytes = mostBytes ?? 64 * 1024 * 1024;
    this.#mostOwnerBytes = Math.min(mostOwnerBytes ?? 16 * 1024 * 1024, this.#mostBytes);
  }

  /** How long values are kept, in a sentence. */
  get lifetime(): string {
    return `${Math.round(this.#lifetimeMs / 60_000)} minutes`;
  }

  /** How many values are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** Keeps `value`, JSON, for `owner`; undefined where it is more than one owner may have. */
  keep(owner: object, value: Buffer): string | undefined {
    const size = sizeOf(value);
    if (size > this.#mostOwnerBytes) return undefined;
    const of = this.#owners.get(owner) ?? { bytes: 0 };
    this.#owners.set(owner, of);
    for (const [handle, kept] of this.#kept) {
      const isOwnersTurn = of.bytes + size > this.#mostOwnerBytes && kept.of === of;
      if (isOwnersTurn || this.#bytes + size > this.#mostBytes) this.#forget(handle, kept);
    }
    const handle = `${handlePrefix}${BigInt(`0x${this.#random(guessableBytes).toString("hex")}`).toString(36)}`;
    // A slice would keep the whole message that it stands in.
    this.#kept.set(handle, { value: Buffer.from(value), of, endsAt: this.#clock.now() + this.#lifetimeMs });
    this.#bytes += size;
    of.bytes += size;
    this.#timer ??= this.#clock.after(this.#lifetimeMs, () => this.#sweep());
    return handle;
  }

  /** What `owner` has under `handle`; undefined where that is nothing, has expired, or is another's, which looks the same. */
  value(owner: object, handle: string): Buffer | undefined {
    const kept = this.#kept.get(handle);
    if (kept === undefined || kept.of !== this.#owners.get(owner)) return undefined;
    if (kept.endsAt <= this.#clock.now()) {
      this.#forget(handle, kept);
      return undefined;
    }
    this.#kept.delete(handle);
    this.#kept.set(handle, kept);
    return kept.value;
  }

  /** Why there is nothing under `handle`, for a model: what to do about it. */
  missing(handle: string): string {
    const shown = JSON.stringify(handle.slice(0, 40));
    return `no result ${shown}: results are kept for ${this.lifetime}, for the client that got them; call the tool again`;
  }

  #forget(handle: string, kept: Kept): void {
    const size = sizeOf(kept.value);
    this.#kept.delete(handle);
    this.#bytes -= size;
    kept.of.bytes -= size;
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [handle, kept] of this.#kept) {
      if (kept.endsAt <= now) this.#forget(handle, kept);
      else next = Math.min(next, kept.endsAt);
    }
    if (this.#kept.size > 0) this.#timer = this.#clock.after(next - now, () => this.#sweep());
  }
}

function sizeOf(value: Buffer): number {
  return value.length + entryBytes;
}
