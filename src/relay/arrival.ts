import type { Client } from "../client/client.ts";
import type { Origin } from "../client/handshake.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Message } from "../wire/message.ts";

/** A request that has come in and goes to a server. */
export type Arrival = {
  readonly client: Client;
  readonly origin: Origin;
  readonly method: string;
  readonly message: Message;
  /** What it is for, as the client named it: a tool, a prompt, a URI; the method where it names nothing. */
  readonly target: string;
  /** Where the name stands in the message; −1 where none has to be replaced. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** What replaces it, as JSON in bytes; undefined where nobody has listed it. */
  readonly original: string | undefined;
  /** Whether structured results are wrapped for clients that take objects only. */
  readonly isWrapped: boolean;
  /** Whether it brings answers to what was asked here, with a state of ours. */
  readonly isRetry: boolean;
  /** Undefined where no server can have the target. */
  readonly downstream: Downstream | undefined;
  readonly arrivedAt: number;
};
