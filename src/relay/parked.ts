import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Client } from "../client/client.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";

/** How a state of ours begins. Nobody else's is looked at. */
const mark = "tutti.";
const ourState = /^tutti\.(\d{1,15})\./;
const mostParked = 1024;

const spent =
  "requestState was used before, or has expired (askTimeoutMs): the call that waited for it was ended and may have run. " +
  "Send the request without requestState to begin anew";

/** How long anything waits where no limit is set: a client may never come back. */
const longestMs = 24 * 60 * 60 * 1000;

/** What waits for a client to come back with answers. */
export type Waiting = {
  /** The client is back. `message`: its request. */
  readonly resume: (message: Message) => void;
  /** It did not come back in time, or cannot any more. */
  readonly abandon: () => void;
};

type Entry = Waiting & { readonly client: Client; readonly digest: string; readonly timer: Timer };

/** Why a state is not accepted, for the client. */
export type Refusal = { readonly problem: string };

/**
 * What is parked until its client's next request: each under a state that cannot be guessed, belongs to that client and
 * to that request (method, name and arguments), can be used once, and expires.
 */
export class Parked {
  readonly #clock: Clock;
  readonly #key: Buffer;
  readonly #entries = new Map<string, Entry>();
  #count = 0;

  /** `key`: random bytes that nobody else knows, at least 32. */
  constructor(clock: Clock, key: Buffer) {
    this.#clock = clock;
    this.#key = key;
  }

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#entries.size >= mostParked;
  }

  /** Whether a request carries a state of ours. What others have made passes as it is: the server may be one like us. */
  isOurs(message: Message): boolean {
    return this.#idIn(message) !== undefined;
  }

  /** The state under which `waiting` is resumed, within `ttlMs` (0: a day), by a request of `client` like `message`. */
  add(client: Client, message: Message, ttlMs: number, waiting: Waiting): string {
    const id = String(++this.#count);
    const expire = (): void => {
      this.#entries.delete(id);
      waiting.abandon();
    };
    const timer = this.#clock.after(ttlMs || longestMs, expire);
    this.#entries.set(id, { ...waiting, client, digest: digestOf(message), timer });
    return this.#stateOf(id);
  }

  /** What `message`, a request of `client` with a state of ours, resumes: it is parked no more. */
  take(client: Client, message: Message): Waiting | Refusal {
    const id = this.#idIn(message) ?? "";
    const entry = this.#entries.get(id);
    if (entry === undefined) return { problem: spent };
    if (entry.client !== client) return { problem: "requestState was given to another client" };
    if (entry.digest !== digestOf(message)) return { problem: "requestState belongs to another request" };
    this.#entries.delete(id);
    entry.timer.cancel();
    return entry;
  }

  /** The client has left. */
  drop(client: Client): void {
    for (const [id, entry] of this.#entries) {
      if (entry.client !== client) continue;
      this.#entries.delete(id);
      entry.timer.cancel();
      entry.abandon();
    }
  }

  /** Undefined unless the state is ours to the last character. */
  #idIn(message: Message): string | undefined {
    const state = message.text(slot.requestState) ?? "";
    const id = ourState.exec(state)?.[1];
    return id !== undefined && isSame(state, this.#stateOf(id)) ? id : undefined;
  }

  #stateOf(id: string): string {
    return `${mark}${id}.${createHmac("sha256", this.#key).update(id).digest("base64url")}`;
  }
}

/** The client comes back with the state of a call that is parked, or has been. */
export function resume(parked: Parked, client: Client, message: Message): void {
  const taken = parked.take(client, message);
  if ("resume" in taken) taken.resume(message);
  else {
    const text = `tutti: ${taken.problem}.`;
    client.reply(message, toProtocolError(message.raw(slot.id) as string, rpcCode.invalidParams, text));
  }
}

/** The same for a request and for the one that comes back with answers, whatever else the client changes in between. */
function digestOf(message: Message): string {
  const hash = createHash("sha256").update(message.text(slot.method) ?? "");
  // Only an object has members to step through.
  if (message.firstByte(slot.params) !== 0x7b) return hash.digest("base64");
  const params = message.bytes(message.start(slot.params), message.end(slot.params));
  const members = [...membersOf(params, 0)].filter(
    ({ name }) => name === "name" || name === "uri" || name === "arguments",
  );
  for (const { name, start, end } of members.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`\n${name}:`).update(canonical(JSON.parse(params.toString("utf8", start, end))));
  }
  return hash.digest("base64");
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
