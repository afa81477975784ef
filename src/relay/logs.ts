import type { Client } from "../client/client.ts";
import type { Origin } from "../client/handshake.ts";
import type { Request } from "../downstream/call.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import { slot } from "../wire/members.ts";
import { type Edit, encodeString, type Message } from "../wire/message.ts";
import { memberOf, rewriteObject } from "../wire/object.ts";
import { hasHints, notificationEdits } from "./eras.ts";
import { Exchange } from "./exchange.ts";
import type { Users } from "./users.ts";

/** https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/logging#log-levels, the least important first. */
const levels: readonly string[] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

export type LogsOptions = {
  readonly downstreams: () => readonly Downstream[];
  readonly clients: () => Iterable<Client>;
  readonly users: Users;
};

/** Log messages of servers to clients, and the levels that clients want to servers. */
export class Logs {
  readonly #options: LogsOptions;
  /** The level that servers which are told one were told last: the least important that anybody has asked for. */
  #told: string | undefined;

  constructor(options: LogsOptions) {
    this.#options = options;
  }

  /** `logging/setLevel` of a client. */
  setLevel(message: Message, client: Client): void {
    const id = message.raw(slot.id) as string;
    const level = (message.parsed(slot.params) as { level?: unknown } | undefined)?.level;
    if (typeof level !== "string" || !levels.includes(level)) {
      const text = `logging/setLevel needs params.level, one of ${levels.join(", ")}`;
      client.reply(message, toProtocolError(id, rpcCode.invalidParams, text));
      return;
    }
    client.logLevel = level;
    client.reply(message, `{"jsonrpc":"2.0","id":${id},"result":{}}`);
    this.#tellLeast();
  }

  /** A client has left: what it wanted is wanted no more. */
  forget(): void {
    if (this.#told !== undefined) this.#tellLeast();
  }

  /** A request with a level of its own goes to a server, which may have to be told. */
  wants({ logLevel }: Origin): void {
    if (logLevel === undefined) return;
    if (this.#told === undefined || !isAtLeast(logLevel, this.#told)) this.#tell(logLevel);
  }

  /** A server has become ready. */
  ready(downstream: Downstream): void {
    if (this.#told !== undefined) set(downstream, this.#told);
  }

  /**
   * A server's log message, to those who want it: clients with a session whose level it has, and those that wait for a
   * request under way there which asks for it. Of a server that several clients may use, to nobody but the one that alone has used
   * it. Where it is known `within` which request the server says it, to that one's client alone. The name of the server
   * stands before the logger's.
   */
  message(downstream: Downstream, message: Message, within?: Request): void {
    const { era, name } = downstream;
    if (era === undefined) return;
    const level = levelOf(message);
    if (within instanceof Exchange) {
      if (!within.isHeard) return;
      const { client, arrival, request } = within;
      const wanted = arrival.origin === client.session ? client.logLevel : (arrival.origin.logLevel ?? null);
      if (wanted === null || (wanted !== undefined && !isAtLeast(level, wanted))) return;
      const edits = [...notificationEdits(message, era, arrival.origin.era), ...nameEdits(message, name)];
      client.notify(message.splice(edits), downstream, request);
      return;
    }
    let newest: Exchange | undefined | null = null;
    const only = downstream.isShared ? this.#options.users.only(downstream) : undefined;
    for (const client of this.#options.clients()) {
      if (downstream.isShared && client !== only) continue;
      const { session, logLevel } = client;
      // Servers decide what they say to a client that has not asked for a level.
      const isWanted = session !== undefined && (logLevel === undefined || isAtLeast(level, logLevel));
      if (!isWanted && newest === null) newest = newestThatAsked(downstream, level);
      const origin = isWanted ? session : newest?.client === client ? newest.arrival.origin : undefined;
      if (origin === undefined) continue;
      const edits = [...notificationEdits(message, era, origin.era), ...nameEdits(message, name)];
      client.notify(message.splice(edits), downstream, newestOf(downstream, client)?.request);
    }
  }

  #tellLeast(): void {
    const wanted = [...this.#options.clients()].flatMap(({ logLevel }) => logLevel ?? []);
    const [first, ...others] = wanted;
    if (first !== undefined) this.#tell(others.reduce((one, other) => (isAtLeast(one, other) ? other : one), first));
  }

  #tell(level: string): void {
    if (level === this.#told) return;
    this.#told = level;
    for (const downstream of this.#options.downstreams()) set(downstream, level);
  }
}

/** The newest request under way that asks for messages of this level: which one a message belongs to is not said. */
function newestThatAsked(downstream: Downstream, level: string): Exchange | undefined {
  let newest: Exchange | undefined;
  for (const request of downstream.requests()) {
    if (!(request instanceof Exchange) || !request.client.waitsFor(request.request)) continue;
    const { origin, arrivedAt } = request.arrival;
    const isWanted = origin.logLevel !== undefined && isAtLeast(level, origin.logLevel);
    if (isWanted && (newest === undefined || arrivedAt >= newest.arrival.arrivedAt)) newest = request;
  }
  return newest;
}

/** The newest request of a client under way there. */
function newestOf(downstream: Downstream, client: Client): Exchange | undefined {
  let newest: Exchange | undefined;
  for (const request of downstream.requests()) {
    if (!(request instanceof Exchange) || request.client !== client || !client.waitsFor(request.request)) continue;
    if (newest === undefined || request.arrivedAt >= newest.arrivedAt) newest = request;
  }
  return newest;
}

/** Servers that are told with each request what it wants are not told here. */
function set(downstream: Downstream, level: string): void {
  const { state, era } = downstream;
  if (state.kind !== "ready" || era === undefined || hasHints(era)) return;
  if (state.greeting.capabilities["logging"] === undefined) return;
  downstream.request("logging/setLevel", `"level":"${level}"`).catch(() => {}); // It logs as it likes, then.
}

function isAtLeast(level: string, wanted: string): boolean {
  return levels.indexOf(level) >= levels.indexOf(wanted);
}

/** What is no level is less important than any that a client can ask for. */
function levelOf(message: Message): string {
  const at = paramAt(message, "level");
  const level: unknown = at && JSON.parse(message.bytes(at.start, at.end).toString());
  return typeof level === "string" ? level : "";
}

/** A logger whose name is no text keeps it, as JSON, behind that of the server. */
function nameEdits(message: Message, server: string): Edit[] {
  if (message.firstByte(slot.params) !== 0x7b) return [];
  const at = paramAt(message, "logger");
  if (at === undefined) {
    const [start, end] = [message.start(slot.params), message.end(slot.params)];
    return rewriteObject(message, start, end, new Set(), `"logger":${encodeString(server)}`);
  }
  const json = message.bytes(at.start, at.end).toString();
  const logger: unknown = json.startsWith('"') ? JSON.parse(json) : json;
  return [{ ...at, bytes: encodeString(json === "null" ? server : `${server}/${logger}`) }];
}

function paramAt(message: Message, name: string): { start: number; end: number } | undefined {
  if (message.firstByte(slot.params) !== 0x7b) return undefined;
  return memberOf(message, message.start(slot.params), message.end(slot.params), name);
}
