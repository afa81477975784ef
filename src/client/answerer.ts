import type { Message, Outgoing } from "../wire/message.ts";
import type { Client } from "./client.ts";
import type { About, Origin } from "./handshake.ts";

/** Who answers what a client itself does not: the relay, once it is there. */
export type Answerer = {
  readonly request: (method: string, message: Message, client: Client, origin: Origin) => void;
  readonly notification: (method: string, message: Message, client: Client) => void;
  /** Nobody waits for the reply to this request any more; `reason` is for its server. Whether that may have had it. */
  readonly withdrawn: (request: Message, client: Client, reason: string) => boolean;
  /** More is said about this request than the client reads: it is to be failed. */
  readonly overrun?: (request: Message, client: Client, origin: Origin) => void;
  /** What a handshake tells of us. */
  readonly about: (client: Client) => About;
  /** The client has ended its side or is gone, after everything that it has said. */
  readonly closed?: (client: Client) => void;
};

/** Who issued a request in the name of a client, and gets what comes of it in its stead. */
export type Issuer = {
  /** The client's own request within which this one was issued: the one that waits now. */
  readonly within: Message;
  /** Its one reply. One that a server has written may come as it was read, under another id. */
  readonly reply: (reply: Outgoing | Message) => void;
  /** The client is asked something about it, until what this gives is called. */
  readonly hold?: () => (() => void) | undefined;
};
