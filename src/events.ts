import type { CallErrorCode } from "./errors.ts";

/**
 * What happens, for whoever wants to know. The relay publishes and never waits for an observer; with none, publishing
 * costs a lookup.
 */
export type Observer = {
  /** A server is in another state. */
  readonly serverChanged?: (event: ServerChanged) => void;
  /** A line of a server's stderr, or one on its stdout that is no message. Like all texts here, harmless only once it is shown. */
  readonly serverSaid?: (event: {
    readonly server: string;
    readonly from: "stderr" | "stdout";
    readonly line: string;
  }) => void;
  /** A reply or notification that belongs to nothing was dropped, or a tool was left out: worth a line, harmless to others. */
  readonly oddity?: (event: { readonly server: string; readonly text: string; readonly topic?: Topic }) => void;
  /** What a server offers is not what was pinned, in a way that was not told before. */
  readonly definitionsChanged?: (event: { readonly server: string; readonly text: string }) => void;
  readonly callEnded?: (event: CallEnded) => void;
  /** Clients can come to these addresses now. */
  readonly listening?: (event: { readonly urls: readonly string[] }) => void;
  /** Other servers are served from now on: these, of which some are `idle` until they are called. `text`: what became of the others. */
  readonly reloaded?: (event: {
    readonly servers: readonly string[];
    readonly idle: readonly string[];
    readonly text: string;
  }) => void;
  /** A configuration was read that cannot be used: what is served stays as it was. */
  readonly unusable?: (event: { readonly text: string }) => void;
  /** Something about the configuration that its owner should know. */
  readonly notice?: (event: { readonly text: string; readonly topic?: Topic }) => void;
  /** A defect of ours. */
  readonly defect?: (event: { readonly cause: unknown }) => void;
};

/**
 * What an oddity or a notice is about, for whoever knows a cure.
 *
 * - `left_out`: something that a server offers is not offered to clients.
 * - `not_listed`: one of its lists could not be had.
 * - `hidden_characters`: a definition holds what nobody sees.
 * - `name_conflict`: two servers have something of the same name or URI.
 * - `pins_lost`: what a server offered before is not known any more; `pins_anew`: it is not comparable with what is now.
 * - `not_kept`: what is to be kept for the next start cannot be written; `not_remembered`: what one server offers may not be.
 */
export type Topic =
  | "left_out"
  | "not_listed"
  | "hidden_characters"
  | "name_conflict"
  | "pins_lost"
  | "pins_anew"
  | "not_kept"
  | "not_remembered";

export type ServerChanged = {
  readonly server: string;
  /** `failed`: it did not start. `needs sign-in`: nor will it before the user has signed in to it. `ended`: it has ended, or is started again after a pause. `idle`: the next call starts it. */
  readonly state:
    | "ready"
    | "failed"
    | "needs sign-in"
    | "ended"
    | "idle"
    | "draining"
    | "breaker open"
    | "breaker closed";
  /** One line: what it offers, or why it does not and when it may again. */
  readonly text: string;
};

/** States of a server in which it cannot be used, though it should. */
export const troubles: ReadonlySet<ServerChanged["state"]> = new Set([
  "failed",
  "needs sign-in",
  "ended",
  "breaker open",
]);

export type CallEnded = {
  readonly server: string | undefined;
  /** The name as the client gave it. */
  readonly tool: string;
  /** The client's id as it stands. */
  readonly id: string;
  /** From arrival until it was sent; all of its time where it was not. */
  readonly queuedMs: number;
  readonly totalMs: number;
  readonly outcome: "answered" | "server_error" | CallErrorCode;
};

/** Publishes to its observers, in the order in which they subscribed. One that throws is a defect, and changes nothing for others. */
export class Events {
  readonly #observers: Observer[] = [];
  readonly #wanted = new Set<string>();

  subscribe(observer: Observer): void {
    this.#observers.push(observer);
    for (const [kind, observe] of Object.entries(observer)) if (observe !== undefined) this.#wanted.add(kind);
  }

  /** Whether anybody wants events of this kind: for those that cost something to make. */
  wants(kind: keyof Observer): boolean {
    return this.#wanted.has(kind);
  }

  publish<K extends keyof Observer>(kind: K, event: Parameters<NonNullable<Observer[K]>>[0]): void {
    for (const observer of this.#observers) {
      try {
        (observer[kind] as ((event: unknown) => void) | undefined)?.(event);
      } catch (cause) {
        // Who cannot even be told of a defect is not told of that either.
        if (kind !== "defect") this.publish("defect", { cause });
      }
    }
  }
}
