import type { Clock } from "../ports/clock.ts";
import { LoginRequired } from "../transport/link.ts";
import type { Message } from "../wire/message.ts";
import type { Connection } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { LinkClosed, type Speech } from "./handshake.ts";

/** What tutti itself asks of a server: each has its own limit, and no gate. */
export class OwnRequests implements Speech {
  readonly #connection: Connection;
  readonly #deadlines: Deadlines;
  readonly #clock: Clock;

  constructor(connection: Connection, deadlines: Deadlines, clock: Clock) {
    this.#connection = connection;
    this.#deadlines = deadlines;
    this.#clock = clock;
  }

  /** The reply, which may be an error of the server's. Rejects with one line: `LinkClosed` where the link has closed, `LoginRequired`. */
  request(method: string, params: string, limitMs: number): Promise<Message> {
    const connection = this.#connection;
    const deadlineAt = this.#clock.now() + limitMs;
    this.#deadlines.watch(deadlineAt);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        connection.forget(id);
        reject(error);
      };
      const id = connection.register({
        isSent: true,
        deadlineAt,
        expire: () => {
          connection.giveUp(id);
          reject(new Error(`no answer to ${method} within ${limitMs / 1000} s (connectTimeoutMs)`));
        },
        reply: resolve,
        progress: () => {},
        spoilt: (problem) => fail(new Error(`its answer to ${method} cannot be read (${problem})`)),
        lost: (reason) => fail(new LinkClosed(reason)),
        failed: ({ code, text }) => fail(code === "login_required" ? new LoginRequired(text) : new Error(text)),
      });
      if (connection.closedBecause !== undefined) fail(new LinkClosed(connection.closedBecause));
      else connection.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    });
  }

  notify(message: string): void {
    this.#connection.send(message);
  }
}
