import type { Client } from "../client/client.ts";
import type { Config } from "../config/config.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Events } from "../events.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Message } from "../wire/message.ts";
import { type Incoming, shed } from "./requests.ts";

/** Requests that wait for servers to start; one more is refused. */
const mostWaiting = 1024;

export type StartupOptions = {
  readonly config: Config;
  readonly downstreams: readonly Downstream[];
  readonly clock: Clock;
  readonly events: Events;
  /** Goes on with a request that has waited. */
  readonly dispatch: (incoming: Incoming) => void;
};

/** The time in which servers start: until it is over, what is about all of them waits. */
export class Startup {
  readonly #options: StartupOptions;
  /** Undefined: the servers have started or failed, or had their time. */
  #waiting: Incoming[] | undefined = [];

  constructor(options: StartupOptions) {
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#waiting === undefined;
  }

  /**
   * Starts all servers at once. Resolves when each is ready or has failed; never rejects. What waits does so no longer than
   * `startup.waitMs` from when a client is there (`who`).
   */
  async start(who: () => Promise<unknown>): Promise<void> {
    const { config, downstreams, clock, events } = this.#options;
    let timer: Timer | undefined;
    let isOver = false;
    const seconds = config.startup.waitMs / 1000;
    void who().then(() => {
      if (isOver) return;
      timer = clock.after(config.startup.waitMs, () => {
        const text = `still starting after ${seconds} s (startup.waitMs); lists do without it until it is ready`;
        for (const { name, state } of downstreams) {
          if (state.kind === "starting") events.publish("oddity", { server: name, text });
        }
        this.end();
      });
    });
    await Promise.all(downstreams.map((downstream) => downstream.start()));
    isOver = true;
    timer?.cancel();
    this.end();
  }

  /** Nothing waits any more: what has waited goes on. */
  end(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const incoming of waiting) this.#options.dispatch(incoming);
  }

  /** Has a request wait until it is over; one too many is refused. */
  wait(incoming: Incoming): void {
    const waiting = this.#waiting ?? [];
    if (waiting.length < mostWaiting) {
      waiting.push(incoming);
      return;
    }
    shed(incoming, `${waiting.length} requests already wait for the servers to start. This one did not run.`);
  }

  /** The requests of a client that wait. */
  waitingOf(client: Client): readonly Incoming[] {
    return (this.#waiting ?? []).filter((incoming) => incoming.client === client);
  }

  /** A request is taken back, or its client has left. */
  forget(gone: Client | Message): void {
    this.#waiting = this.#waiting?.filter(({ client, message }) => client !== gone && message !== gone);
  }
}
