import type { Client } from "../client/client.ts";
import type { Request } from "../downstream/call.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Message } from "../wire/message.ts";
import type { Asking } from "./ask.ts";
import { Exchange } from "./exchange.ts";
import type { Tasks } from "./tasks.ts";
import type { Users } from "./users.ts";

export type NoticesOptions = {
  readonly clients: () => Iterable<Client>;
  readonly asking: Asking;
  readonly tasks: Tasks;
  readonly users: Users;
};

/** Passes on what servers notify of that tutti itself does not know. */
export class Notices {
  readonly #options: NoticesOptions;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** To all clients, or to the one that it is about: the one `within` whose request the server says it, where that is known. */
  pass(downstream: Downstream, method: string, message: Message, within?: Request): void {
    if (within instanceof Exchange) {
      const { client, arrival, request } = within;
      if (arrival.origin.era === downstream.era && within.isHeard)
        client.notify(message.splice([]), downstream, request);
      return;
    }
    for (const client of this.#meantBy(downstream, method, message)) {
      if (client.session?.era === downstream.era) client.notify(message.splice([]), downstream);
    }
  }

  #meantBy(downstream: Downstream, method: string, message: Message): readonly Client[] {
    const { asking, tasks, users } = this.#options;
    const clients = [...this.#options.clients()];
    const isOpened = method === "notifications/elicitation/complete";
    if (!isOpened && !method.startsWith("notifications/tasks/")) {
      if (!downstream.isShared) return clients;
      const only = users.only(downstream);
      return clients.filter((one) => one === only);
    }
    const client = isOpened ? asking.openerOf(downstream, message) : tasks.clientOf(downstream, message);
    if (client !== undefined) return [client];
    // What nobody here has begun may be anybody's.
    return !downstream.isShared && (isOpened || clients.length === 1) ? clients : [];
  }
}
