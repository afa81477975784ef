import type { Client } from "../client/client.ts";
import type { CallError } from "../errors.ts";
import { Message } from "../wire/message.ts";

/** What comes for a call while nobody waits for it: that is kept for its client until it is taken. */
export class Parking {
  readonly #client: Client;
  #came: Message | CallError | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  keep(reply: Message | CallError): void {
    this.#came = reply;
    if (reply instanceof Message) this.#client.keeps(reply.length);
  }

  take(): Message | CallError | undefined {
    const came = this.#came;
    this.#came = undefined;
    if (came instanceof Message) this.#client.keeps(-came.length);
    return came;
  }
}
