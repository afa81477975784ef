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
  /** Goes on with a request that has waited; it may have to wait once more. */
  readonly dispatch: (incoming: Incoming) => void;
  /** It is over. */
  readonly over: () => void;
};

/**
 * The time in which servers start. Lists wait until each server has listed or failed of which nothing is remembered; what
 * is about all servers waits until each has started or failed.
 */
export class Startup {
  readonly #options: StartupOptions;
  #waiting: Incoming[] = [];
  #hasLists: boolean;
  #isOver = false;
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  #endOver: () => void = () => {};

  constructor(options: StartupOptions) {
    this.#options = options;
    this.over = new Promise((resolve) => {
      this.#endOver = resolve;
    });
    this.#hasLists = options.downstreams.every(({ hasOffer }) => hasOffer);
  }

  /** Whether lists are answered. */
  get hasLists(): boolean {
    return this.#hasLists;
  }

  /** Whether each server has started or failed, or had its time. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Starts all servers at once, but those that wait until they are wanted. Resolves when each is ready or has failed; never
   * rejects. What waits does so no longer than `startup.waitMs` from when a client is there (`who`).
   */
  async start(who: () => Promise<unknown>): Promise<void> {
    const { config, downstreams, clock, events } = this.#options;
    let timer: Timer | undefined;
    const seconds = config.startup.waitMs / 1000;
    void who().then(() => {
      if (this.#isOver) return;
      timer = clock.after(config.startup.waitMs, () => {
        for (const { name, state, hasOffer } of downstreams) {
          if (state.kind !== "starting") continue;
          const until = hasOffer ? "lists show what it offered before" : "lists do without it until it is ready";
          events.publish("oddity", {
            server: name,
            text: `still starting after ${seconds} s (startup.waitMs); ${until}`,
          });
        }
        this.end();
      });
    });
    const eager = downstreams.filter((one) => startsUnasked(config, one));
    const unknown = eager.filter(({ hasOffer }) => !hasOffer);
    const all = Promise.all(eager.map((downstream) => downstream.start()));
    await Promise.all(unknown.map((downstream) => downstream.start()));
    this.#go(() => {
      this.#hasLists = true;
    });
    await all;
    timer?.cancel();
    this.end();
  }

  /** Nothing waits any more: what has waited goes on. */
  end(): void {
    if (this.#isOver) return;
    this.#go(() => {
      this.#hasLists = true;
      this.#isOver = true;
    });
    this.#endOver();
    this.#options.over();
  }

  /** Has a request wait; one too many is refused. */
  wait(incoming: Incoming): void {
    if (this.#waiting.length < mostWaiting) {
      this.#waiting.push(incoming);
      return;
    }
    shed(incoming, `${this.#waiting.length} requests already wait for the servers to start. This one did not run.`);
  }

  /** The requests of a client that wait. */
  waitingOf(client: Client): readonly Incoming[] {
    return this.#waiting.filter((incoming) => incoming.client === client);
  }

  /** A request is taken back, or its client has left. */
  forget(gone: Client | Message): void {
    this.#waiting = this.#waiting.filter(({ client, message }) => client !== gone && message !== gone);
  }

  #go(change: () => void): void {
    change();
    for (const incoming of this.#waiting.splice(0)) this.#options.dispatch(incoming);
  }
}

/** Whether a server is started before it is wanted. */
export function startsUnasked({ startup }: Pick<Config, "startup">, { config, hasOffer }: Downstream): boolean {
  // Of what is not known there would be no list.
  return !config.lazyStart || (startup.mode === "lazy" && !hasOffer);
}
