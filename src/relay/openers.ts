import type { Client } from "../client/client.ts";
import type { Downstream } from "../downstream/downstream.ts";

/** Of addresses that were to be opened, the oldest are forgotten. */
const mostOpeners = 1024;

/** Which client was asked to open which address, by the server's id for that: its end is told to nobody else. */
export class Openers {
  readonly #clients = new Map<string, Client>();

  note({ name }: Downstream, id: string, client: Client): void {
    const [oldest] = this.#clients.keys();
    if (this.#clients.size >= mostOpeners && oldest !== undefined) this.#clients.delete(oldest);
    this.#clients.set(`${name} ${id}`, client);
  }

  of({ name }: Downstream, id: string | undefined): Client | undefined {
    return this.#clients.get(`${name} ${id}`);
  }

  forget(client: Client): void {
    for (const [key, one] of this.#clients) if (one === client) this.#clients.delete(key);
  }
}
