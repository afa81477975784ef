import type { ServerConfig } from "../config/config.ts";
import type { Topic } from "../events.ts";
import type { Clock } from "../ports/clock.ts";
import type { OpenLink } from "../transport/link.ts";
import type { Message } from "../wire/message.ts";
import type { Traffic } from "./brake.ts";
import type { Request } from "./call.ts";
import type { Greeting, Identity } from "./handshake.ts";
import type { Seen } from "./memory.ts";
import type { Verdicts } from "./verdicts.ts";

export type State =
  /** Nothing of it runs: the next call starts it. */
  | { readonly kind: "idle" }
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly greeting: Greeting; readonly startedInMs: number }
  /** It finishes what runs, and takes nothing new. */
  | { readonly kind: "draining" }
  | {
      readonly kind: "down";
      /** One line. */
      readonly reason: string;
      /** Its last start came to nothing. */
      readonly isFailure: boolean;
      /** Only the user can help, by signing in to it; then it starts again. */
      readonly needsLogin?: true;
      /** When it starts again unless a call does so before (ms, `clock.now()`); undefined: it does not. */
      readonly nextTryAt: number | undefined;
    };

export type DownstreamEvents = {
  /** Its lists are other than before. */
  readonly offerChanged: () => void;
  /** It is ready, down, idle or draining. */
  readonly stateChanged: () => void;
  /** Its breaker has opened, or opened again, or is closed. */
  readonly breakerChanged: () => void;
  /** It is ready as before, and knows nothing of what it was told since it was greeted. */
  readonly renewed: () => void;
  /** It asks the client something; `answer` it. `within`: the request in which it asks, where that is known. */
  readonly asked: (method: string, message: Message, within: Request | undefined) => void;
  /** It notifies of something that is neither progress nor a change of its lists; `within` as before. */
  readonly notified: (method: string, message: Message, within: Request | undefined) => void;
  readonly stdoutLine: (line: string) => void;
  readonly oddity: (text: string, topic?: Topic) => void;
  readonly defect: (cause: unknown) => void;
};

export type DownstreamOptions = {
  readonly config: ServerConfig;
  readonly version: string;
  readonly openLink: OpenLink;
  /** Whom a server that greets its client once is greeted for; resolves when a client is there. */
  readonly who: () => Promise<Identity>;
  /** What was learnt of the server under `launchKey` before. */
  readonly verdicts: Verdicts;
  readonly launchKey: string;
  /** What was seen of it at an earlier start: what it offers until it says so itself. */
  readonly seen?: Seen | undefined;
  /** Takes secrets out of what the server says of itself, before anybody is told. */
  readonly redact: (text: string) => string;
  /** Has `then` run once when the user has signed in to it; what is given ends that. Absent: there is nothing to wait for. */
  readonly signedIn?: ((then: () => void) => () => void) | undefined;
  /** Whether several clients use it, so that what it says outside its replies may be about any of them. */
  readonly isShared: boolean;
  /** What it is a part of, for whose sake it is held up when it floods us. Absent: it is alone. */
  readonly traffic?: Traffic;
  readonly clock: Clock;
  /** So many random bytes. */
  readonly random: (count: number) => Buffer;
  readonly events: DownstreamEvents;
};
