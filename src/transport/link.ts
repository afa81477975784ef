import type { BadLine } from "../wire/lines.ts";
import type { Message, Outgoing } from "../wire/message.ts";

/** One two-way stream of messages, whatever carries it. Whoever opened it closes it. */
export type Link = {
  /**
   * Takes `message` for sending; never blocks, and does nothing once the link has closed. Short messages may overtake
   * long ones that wait. While more than 4 MiB of what `source` gave wait here, `source` is paused. `about`: the request of
   * the other side that the message belongs to, as its reply, its progress or a question within it. Where each request
   * has a way back of its own, the message takes that one, and nobody is paused: whoever opens the link is told of a
   * request whose way back holds too much.
   */
  readonly send: (message: Outgoing, source?: Pausable, about?: Message) => void;
  /** Bytes that wait to be taken by the other side; on the way back of its request `about`, where each has one of its own. */
  readonly queuedBytes: (about?: Message) => number;
  /** Bytes of all that it keeps: what was not taken by the other side, and what of a message has come that is not whole. */
  readonly heldBytes: () => number;
  /** Nobody waits for the reply to our request `id` any more: where it has a way back of its own, that is closed. */
  readonly abort?: (id: number) => void;
  /** The request `about` of the other side gets no reply: where it has a way back of its own, that is ended. */
  readonly dismiss?: (about: Message) => void;
  /** Closes for sending, once what waits is sent; what the other side still says is heard. */
  readonly end: () => void;
} & Pausable;

/** A link that we opened, with whatever had to be started for it. */
export type OwnLink = Link & {
  /** Closes it and ends what was started for it, politely first; resolves when nothing of that is left. */
  readonly stop: () => Promise<void>;
  /** Ends it at once and synchronously, for the last moment of our own process. */
  readonly kill: () => void;
};

/** Opens one server's link; rejects with an error whose message is one line where that cannot be done. */
export type OpenLink = (events: LinkEvents) => Promise<OwnLink>;

/** A link cannot be opened, for a reason that does not go away by itself, such as a command that does not exist. */
export class Unopenable extends Error {
  override readonly name = "Unopenable";
}

/** The server wants to know who asks, and only the user can tell it. The message is what to do, in one line. */
export class LoginRequired extends Error {
  override readonly name = "LoginRequired";
}

/** Something whose reading can be held up. */
export type Pausable = {
  readonly pause: () => void;
  readonly resume: () => void;
};

/** What comes over a link. Nothing comes after `closed`. */
export type LinkEvents = {
  /** `within`: the id of our request on whose way back it came, where each request has its own. */
  readonly message: (message: Message, within?: number) => void;
  readonly badLine: (line: BadLine) => void;
  /** Whether somebody waits for a reply with this id, a string or a number as it stands; absent: that is not known before it is whole. */
  readonly isAwaited?: (id: string) => boolean;
  /** So many bytes were read, and what they held was told of; `wasted`: how many of them belong to lines that are no messages. */
  readonly read?: (bytes: number, wasted: number) => void;
  /** The other side has ended or is gone; `reason` is for the log. */
  readonly closed: (reason: string) => void;
  /** `message` or `badLine` threw: a defect of ours, which costs that line alone. */
  readonly defect: (cause: unknown) => void;
  /** The request that was sent under `id` will get no reply; all others live on. Only of links on which each has its own way. */
  readonly failed?: (id: number, failure: LinkFailure) => void;
  /** The server had forgotten us and was greeted anew, in the same words. What it was told since is to be told again. */
  readonly renewed?: () => void;
};

/** Why one request gets no reply. */
export type LinkFailure = {
  readonly code: "unavailable" | "connection_lost" | "bad_reply" | "login_required";
  /** One line that begins in lower case, without the server's name. */
  readonly text: string;
  /** False only where the server has certainly not worked on it. */
  readonly mayHaveRun: boolean;
  /** The server could not be reached at all. */
  readonly isUnreachable?: true;
  /** So long the server wants to be left alone; then the request may succeed. */
  readonly retryAfterMs?: number;
};
