import type { Client } from "../client/client.ts";
import type { Downstream } from "../downstream/downstream.ts";

/** Of addresses that were to be opened, the oldest are forgotten. */
const mostOpeners = 1024;

/** Of a longer id nothing is kept. */
const longestId = 1024;

/** Which client was asked to open which address, by the server's id for that: its end is told to nobody else. */
export class Openers {
  readonly #clients = new Map<string, Client>();

  note(downstream: Downstream, id: string, client: Client): void {
    if (id.length > longestId) return;
    const [oldest] = this.#clients.keys();
    if (this.#clients.size >= mostOpeners && oldest !== undefined) this.#clients.delete(oldest);
    this.#clients.set(keyOf(downstream, id), client);
  }

  of(downstream: Downstream, id: string | undefined): Client | undefined {
    return id === undefined ? undefined : this.#clients.get(keyOf(downstream, id));
  }

  forget(client: Client): void {
    for (const [key, one] of this.#clients) if (one === client) this.#clients.delete(key);
  }
}

function keyOf({ name }: Downstream, id: string): string {
  return JSON.stringify([name, id]);
}
