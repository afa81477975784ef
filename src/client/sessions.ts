import { toProtocolError } from "../errors.ts";
import { HttpLink } from "../transport/http-link.ts";
import type { HttpRequest } from "../transport/http-server.ts";
import { Replay } from "../transport/replay.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import { refusalOf, stranger } from "./handshake.ts";
import { sessionVersionProblem } from "./http-checks.ts";
import { idOf, refuse, refuseBody, respond, shed } from "./http-refusals.ts";
import { deliver, ownerOf, principalIn, type Serving } from "./http-serving.ts";
import { type LastWord, Roster, type Served } from "./roster.ts";

const sessionHeader = "mcp-session-id";
const sessionIdBytes = 16;
const nonceBytes = 6;

const replayBounds = { maxEvents: 1024, maxBytes: 4 * 1024 * 1024, retainMs: 2 * 60_000 };

const begin = "Begin with initialize, whose response names a session in Mcp-Session-Id.";
const unknown = "This session is not known, or has ended. Begin a new one with initialize.";

/**
 * Clients whose requests belong to a session: one `Client` for each, under an id that cannot be guessed and is worth
 * nothing to anybody else.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */
export class Sessions {
  readonly #serving: Serving;
  readonly #roster: Roster;

  constructor(serving: Serving, bounds: { readonly most: number; readonly idleMs: number }) {
    this.#serving = serving;
    this.#roster = new Roster(bounds);
  }

  get size(): number {
    return this.#roster.size;
  }

  /** A POST. */
  take(request: HttpRequest, message: Message): void {
    const version = sessionVersionProblem(request.header);
    if (version !== undefined) refuse(request, 400, version, message);
    else if (message.kind === "request" && message.text(slot.method) === "initialize") this.#begin(request, message);
    else {
      const served = this.#find(request, message);
      if (served !== undefined) deliver(this.#serving, served, request, message);
    }
  }

  /** A POST whose body is no message: it may have been the answer to a question. */
  takeBad(request: HttpRequest, line: BadLine): void {
    const id = request.header(sessionHeader);
    const served = id === undefined ? undefined : this.#roster.get(id);
    refuseBody(request, line);
    if (served?.owner === ownerOf(request) && line.id !== undefined && !line.hasMethod) {
      // Whoever sent it is told here; what it was to answer is told there.
      served.link.mute(() => served.client.receiveBadLine(line));
    }
  }

  /** A GET: the client listens, or reads on where a stream has broken off. */
  listen(request: HttpRequest): void {
    const served = this.#find(request);
    if (served === undefined) return;
    const lastId = request.header("last-event-id") ?? "";
    if (lastId === "") served.link.listen(request);
    else if (!served.link.readOn(request, lastId)) {
      refuse(request, 400, "There is nothing after this Last-Event-ID any more. Send the request anew.");
    }
  }

  /** A DELETE. */
  leave(request: HttpRequest, last: LastWord): void {
    if (this.#find(request) === undefined) return;
    this.#roster.remove(request.header(sessionHeader) as string, last);
    request.respond(204, {});
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

  #begin(request: HttpRequest, message: Message): void {
    const { ways, random, arrive } = this.#serving;
    if (!this.#roster.hasRoom()) {
      shed(request, "tutti: there are too many sessions. End one (DELETE), or try again in a minute.", message);
      return;
    }
    const id = random(sessionIdBytes).toString("hex");
    const replay = new Replay(random(nonceBytes).toString("hex"), replayBounds);
    const overrun = (late: Message): void => client.overrun(late);
    const link = new HttpLink({ ways, replay, statusOf: () => 200, abandoned: () => {}, overrun });
    const client = arrive(link, request);
    const served = { client, link, owner: ownerOf(request) };
    this.#roster.add(id, served);
    deliver(this.#serving, served, request, message, { [sessionHeader]: id });
  }

  /** Whose session a request is in; where it is in none that there is, that is responded. */
  #find(request: HttpRequest, message?: Message): Served | undefined {
    const id = request.header(sessionHeader);
    const served = id === undefined ? undefined : this.#roster.get(id);
    const method = message?.kind === "request" ? (message.text(slot.method) as string) : "";
    const refusal = refusalOf(method, stranger.era);
    if (served?.owner === ownerOf(request)) return served;
    if (refusal !== undefined) respond(request, 400, toProtocolError(idOf(message), refusal.code, refusal.message));
    else if (id === undefined) refuse(request, 400, `Mcp-Session-Id is missing. ${begin}`, message);
    else refuse(request, 404, unknown, message);
    return undefined;
  }
}
