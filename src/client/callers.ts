import { createHash } from "node:crypto";
import { rpcCode } from "../errors.ts";
import { HttpLink } from "../transport/http-link.ts";
import type { HttpRequest } from "../transport/http-server.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import type { Client } from "./client.ts";
import { headerProblem, paramProblem } from "./http-checks.ts";
import { headerMismatch, refuse, shed } from "./http-refusals.ts";
import { deliver, ownerOf, principalIn, type Serving } from "./http-serving.ts";
import { type LastWord, Roster, type Served } from "./roster.ts";

const closedStream = "the client closed the stream";

/** Of errors that the protocol gives a status of their own; all others come with 200. */
const statuses: ReadonlyMap<number, number> = new Map([
  [rpcCode.methodNotFound, 404],
  [headerMismatch, 400],
  [-32021, 400],
  [-32022, 400],
]);

/**
 * Clients whose requests speak for themselves: one `Client` for all requests with the same credential that say the same
 * of their client. A request whose response is closed is taken back.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
export class Callers {
  readonly #serving: Serving;
  readonly #roster: Roster;

  constructor(serving: Serving, bounds: { readonly most: number; readonly idleMs: number }) {
    this.#serving = serving;
    this.#roster = new Roster(bounds);
  }

  get size(): number {
    return this.#roster.size;
  }

  /** A POST of a request or a notification whose envelope is whole. */
  take(request: HttpRequest, message: Message): void {
    const problem = headerProblem(request.header, message);
    if (problem !== undefined) {
      refuse(request, 400, problem, message, headerMismatch);
      return;
    }
    if (message.text(slot.method) === "notifications/cancelled") {
      // Here a request is taken back by closing its response. Under its id others have requests of their own.
      request.respond(202, {});
      return;
    }
    const served = this.#find(request, message);
    if (served === undefined) {
      shed(request, "tutti: there are too many clients. Try again in a minute.", message);
      return;
    }
    const wrong = this.#paramProblem(request, message, served.client);
    if (wrong === undefined) deliver(this.#serving, served, request, message);
    else refuse(request, 400, wrong, message, headerMismatch);
  }

  tick(): void {
    this.#roster.tick();
  }

  stop(last: LastWord): void {
    this.#roster.removeAll(last);
  }

  /** Those leave whose credential is none of these. */
  keepOnly(principals: ReadonlySet<string>, last: LastWord): void {
    this.#roster.removeAll(last, ({ owner }) => !principals.has(principalIn(owner)));
  }

  #find(request: HttpRequest, message: Message): Served | undefined {
    const owner = ownerOf(request);
    const said = `${message.raw(slot.clientCapabilities)}\n${message.raw(slot.clientInfo)}`;
    const key = createHash("sha256").update(`${owner}\n${said}`, "latin1").digest("base64");
    return this.#roster.get(key) ?? this.#arrive(key, owner, request);
  }

  #arrive(key: string, owner: string, request: HttpRequest): Served | undefined {
    if (!this.#roster.hasRoom()) return undefined;
    const link = new HttpLink({
      ways: this.#serving.ways,
      replay: undefined,
      statusOf: (code) => statuses.get(code) ?? 200,
      abandoned: (message) => client.withdraw(message, closedStream),
      overrun: (message) => client.overrun(message),
    });
    const client: Client = this.#serving.arrive(link, request);
    const served = { client, link, owner };
    this.#roster.add(key, served);
    return served;
  }

  #paramProblem(request: HttpRequest, message: Message, client: Client): string | undefined {
    if (message.kind !== "request" || message.text(slot.method) !== "tools/call") return undefined;
    const params = this.#serving.paramHeaders(client, message.text(slot.name) ?? "");
    return paramProblem(request.header, message, params);
  }
}
