import type { Client } from "../client/client.ts";
import type { Origin } from "../client/handshake.ts";
import { parse } from "../client/identity.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { toProtocolError } from "../errors.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import { hasHints } from "./eras.ts";

const extension = "io.modelcontextprotocol/tasks";
const missingCapability = -32_021;

/** Of those a client has begun, the oldest ones are forgotten. */
const mostTasks = 4096;

/** Which server works on which task. Its id is the server's own, and counts only for the client that began it. */
export class Tasks {
  readonly #begun = new Map<Client, Map<string, Downstream>>();

  /** A server's reply says that it works on a task. */
  begin(client: Client, downstream: Downstream | undefined, reply: Message): void {
    const id = idIn(reply, reply.has(slot.task) ? slot.task : slot.result);
    if (id === undefined || downstream === undefined) return;
    const tasks = this.#begun.get(client) ?? new Map<string, Downstream>();
    this.#begun.set(client, tasks.set(id, downstream));
    const [oldest] = tasks.keys();
    if (tasks.size > mostTasks && oldest !== undefined) tasks.delete(oldest);
  }

  /** The server of the task that a request names; undefined where it names none that the client has begun. */
  serverOf(client: Client, request: Message): Downstream | undefined {
    const id = idIn(request, slot.params);
    return id === undefined ? undefined : this.#begun.get(client)?.get(id);
  }

  /** Whether a request or notification names a task that another client has begun. */
  isOfAnother(client: Client, message: Message): boolean {
    const id = idIn(message, slot.params);
    return id !== undefined && [...this.#begun].some(([one, tasks]) => one !== client && tasks.has(id));
  }

  /** Who has begun the task that a server's notification names; undefined where nobody has. */
  clientOf(downstream: Downstream, notification: Message): Client | undefined {
    const id = idIn(notification, slot.params);
    if (id === undefined) return undefined;
    return [...this.#begun].find(([, tasks]) => tasks.get(id) === downstream)?.[0];
  }

  /** Nothing of the server runs any more: its tasks are gone. */
  lost(downstream: Downstream): void {
    for (const tasks of this.#begun.values()) for (const [id, one] of tasks) if (one === downstream) tasks.delete(id);
  }

  forget(client: Client): void {
    this.#begun.delete(client);
  }
}

function idIn(
  message: Message,
  object: typeof slot.task | typeof slot.result | typeof slot.params,
): string | undefined {
  if (message.firstByte(object) !== 0x7b) return undefined;
  const at = memberOf(message, message.start(object), message.end(object), "taskId");
  const value: unknown = at && JSON.parse(message.bytes(at.start, at.end).toString());
  return typeof value === "string" ? value : undefined;
}

/** Whether a client that says with each request what it can do knows nothing of tasks. */
export function lacksTasks({ era, identity }: Origin): boolean {
  if (!hasHints(era)) return false;
  const { extensions } = parse(identity.capabilities) as { extensions?: Readonly<Record<string, unknown>> };
  return extensions?.[extension] === undefined;
}

/** The reply to a request about a task of a client that knows nothing of them. */
export function undeclared(id: string): Outgoing {
  const data = `{"requiredCapabilities":{"extensions":{"${extension}":{}}}}`;
  return toProtocolError(id, missingCapability, `Missing required client capability: ${extension}`, data);
}
