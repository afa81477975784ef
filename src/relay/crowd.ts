import type { Client } from "../client/client.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../ports/clock.ts";
import type { Message } from "../wire/message.ts";
import { HeldBytes } from "./held-bytes.ts";

export type CrowdOptions = {
  readonly config: Config;
  readonly clock: Clock;
  /** Shared by all relays of a run. */
  readonly held?: HeldBytes;
};

/** The bounds on what clients may have open: each one in number, all together in bytes. */
export class Crowd {
  readonly #maxOpenRequests: number;
  readonly #held: HeldBytes;
  readonly #forget = new Map<Client, () => void>();

  constructor({ config: { limits }, clock, held = new HeldBytes(limits.maxHeldBytes, clock) }: CrowdOptions) {
    this.#maxOpenRequests = limits.maxOpenRequests;
    this.#held = held;
  }

  /** Counts what is kept for this client until it is removed. */
  add(client: Client): void {
    this.#forget.set(
      client,
      this.#held.watch(() => client.heldBytes),
    );
  }

  remove(client: Client): void {
    this.#forget.get(client)?.();
    this.#forget.delete(client);
  }

  /** Why there is no room for one more request; undefined where there is. */
  refusal(message: Message, client: Client): string | undefined {
    if (client.openRequests > this.#maxOpenRequests && !client.isIssued(message)) {
      return `${this.#maxOpenRequests} requests of this client are already open (limits.maxOpenRequests). This one did not run.`;
    }
    if (this.#held.hasRoomFor(client.heldBytes)) return undefined;
    const { mostBytes } = this.#held;
    return `tutti already holds ${mostBytes} bytes of requests and of what is not read (limits.maxHeldBytes). This one did not run.`;
  }
}
