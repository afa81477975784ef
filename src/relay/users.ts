import type { Client } from "../client/client.ts";
import type { Downstream } from "../downstream/downstream.ts";

/**
 * Who has used the servers that several clients may use. What such a server says of no request may be about any call that
 * it ever got, also long after that was answered or taken back: it is for somebody only where nobody else has used it.
 */
export class Users {
  readonly #users = new WeakMap<Downstream, Client | "several">();

  /** Something of this client's goes to the server. */
  note(downstream: Downstream, client: Client): void {
    if (!downstream.isShared) return;
    const known = this.#users.get(downstream);
    if (known !== client) this.#users.set(downstream, known === undefined ? client : "several");
  }

  /** The client that alone has ever used the server; undefined where there is none, or several. */
  only(downstream: Downstream): Client | undefined {
    const known = this.#users.get(downstream);
    return known === "several" ? undefined : known;
  }
}
