import type { Clock } from "../ports/clock.ts";
import type { InResponse, Outbound } from "../ports/network.ts";
import type { BadLine, MessageLimits } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { Message } from "../wire/message.ts";
import { Events, type StreamEvent } from "../wire/sse.ts";
import { readAnswer } from "./http-client-answer.ts";
import { Bodies } from "./http-client-bodies.ts";
import { networkFailure, statusFailure } from "./http-client-failures.ts";
import { ask, type Remote } from "./http-client-request.ts";
import { Emptiness, isStream, mediaType } from "./http-client-stream.ts";
import type { LinkEvents, LinkFailure, OwnLink } from "./link.ts";
import { SsePosts } from "./sse-client-posts.ts";
import type { Turns } from "./turns.ts";

export type SseServer = Pick<Remote, "url" | "headers" | "signIn">;

export type SseBounds = {
  readonly limits: MessageLimits;
  /** For the stream to begin and to say where messages go. Default 10 000. */
  readonly openMs?: number;
};

export type SseSurroundings = { readonly outbound: Outbound; readonly clock: Clock; readonly turns?: Turns };

/** Why a server could not be reached over this transport, as what the request that was to be sent fails with. */
export class NotOpened extends Error {
  readonly failure: LinkFailure;

  constructor(failure: LinkFailure) {
    super(failure.text);
    this.name = "NotOpened";
    this.failure = failure;
  }
}

const usualOpenMs = 10_000;
/** A longer address is none that a server could take back. */
const mostEndpointBytes = 4096;

/**
 * Opens the transport that came before Streamable HTTP: one stream of events, on which all comes that the server says,
 * and a POST for each message to it (https://modelcontextprotocol.io/specification/2024-11-05/basic/transports). A message
 * that is refused fails alone; with the stream all is lost, and the link has closed. Rejects with `NotOpened`.
 */
export async function openSseClient(
  server: SseServer,
  bounds: SseBounds,
  { outbound, clock, turns }: SseSurroundings,
  events: LinkEvents,
): Promise<OwnLink> {
  const remote: Remote = { ...server, outbound };
  const bodies = new Bodies(clock, turns);
  const opening = new Opening(remote, bounds, bodies, clock);
  const response = await opening.response();
  let posts: SsePosts | undefined;
  let isClosed = false;
  const close = (reason: string): void => {
    if (isClosed) return;
    isClosed = true;
    posts?.abort();
    bodies.abort();
    if (posts === undefined) opening.fail(`${reason} before it said where messages go`);
    else events.closed(reason);
  };
  const bring = ({ name, text, message }: StreamEvent): void => {
    if (isClosed) return;
    if (posts === undefined && name === "endpoint") {
      const url = endpointOf(text, server.url);
      if (typeof url === "string") {
        opening.fail(url);
        close(url);
      } else {
        posts = new SsePosts({ ...remote, url }, bounds.limits, bodies, clock, told);
        opening.finish();
      }
    } else if (posts !== undefined && name === "message" && message !== undefined) told(message);
  };
  const told = (message: Message | BadLine | { readonly id: number; readonly failure: LinkFailure }): void => {
    if (isClosed) return;
    try {
      if ("failure" in message) events.failed?.(message.id, message.failure);
      else if (!(message instanceof Message)) events.badLine(message);
      else {
        if (message.kind === "reply") posts?.answered(message.integer(slot.id));
        events.message(message);
      }
    } catch (cause) {
      events.defect(cause);
    }
  };
  const emptiness = new Emptiness(bounds.limits);
  const event = (one: StreamEvent): void => {
    if (one.message !== undefined) emptiness.message();
    bring(one);
  };
  const stream = new Events(bounds.limits, { event });
  bodies.read(response, {
    data: (chunk) => {
      stream.push(chunk);
      const useless = emptiness.came(chunk.length);
      if (useless !== undefined) close(`its stream of events ${useless}`);
    },
    end: () => {
      stream.end();
      close("its stream of events ended");
    },
    failed: (reason) => close(`its stream of events broke off: ${reason}`),
    heldBytes: () => stream.heldBytes,
  });
  await opening.endpoint;
  return {
    send: (message, source) => posts?.send(message, source),
    queuedBytes: () => posts?.queuedBytes ?? 0,
    heldBytes: () => (posts?.queuedBytes ?? 0) + bodies.heldBytes,
    end: () => posts?.end(),
    pause: () => bodies.pause(),
    resume: () => bodies.resume(),
    stop: async () => close("it was stopped"),
    kill: () => close("it was stopped"),
  };
}

/** The time from the request for the stream to its first event, which may come to nothing. */
class Opening {
  readonly endpoint: Promise<void>;
  finish: () => void = () => {};
  #reject: (cause: NotOpened) => void = () => {};
  readonly #remote: Remote;
  readonly #limits: MessageLimits;
  readonly #bodies: Bodies;
  #abort: () => void = () => {};

  constructor(remote: Remote, { limits, openMs = usualOpenMs }: SseBounds, bodies: Bodies, clock: Clock) {
    this.#remote = remote;
    this.#limits = limits;
    this.#bodies = bodies;
    const timer = clock.after(openMs, () => {
      this.fail(`it did not say within ${openMs / 1000} s where messages go`);
      this.#abort();
    });
    this.endpoint = new Promise((resolve, reject) => {
      this.finish = () => {
        timer.cancel();
        resolve();
      };
      this.#reject = (cause) => {
        timer.cancel();
        reject(cause);
      };
    });
    this.endpoint.catch(() => {}); // Whoever waits for the response hears of it there.
  }

  fail(text: string, failure: LinkFailure = { code: "unavailable", text, mayHaveRun: false }): void {
    this.#reject(new NotOpened(failure));
  }

  /** The response that is a stream of events; rejects as soon as anything fails. */
  async response(): Promise<InResponse> {
    const headers = { accept: "text/event-stream", "cache-control": "no-cache" };
    const exchange = ask(this.#remote, { method: "GET", headers });
    this.#abort = exchange.abort;
    const response = await exchange.response.catch((cause: unknown) => {
      const failure = networkFailure(cause);
      this.fail(failure.text, failure.code === "login_required" ? failure : undefined);
    });
    if (response !== undefined && !isStream(response)) this.#refuse(response);
    if (response === undefined || !isStream(response)) await this.endpoint;
    return response as InResponse;
  }

  #refuse(response: InResponse): void {
    if (response.status < 300) {
      response.abort();
      const type = mediaType(response.header("content-type")).slice(0, 100) || "no content-type";
      this.fail(`it answered a GET with ${JSON.stringify(type)}, which is no stream of events`);
      return;
    }
    readAnswer(this.#bodies, response, this.#limits, ({ head }) => {
      const failure = statusFailure(response, head.toString(), this.#remote);
      this.fail(failure.text, { ...failure, code: failure.code === "login_required" ? failure.code : "unavailable" });
    });
  }
}

/** Where messages go, or what is wrong with what the server says of it. Only its own origin is taken. */
function endpointOf(text: string, server: URL): URL | string {
  const said = Buffer.from(text, "latin1").toString().trim();
  if (text.length > mostEndpointBytes || !URL.canParse(said, server.href)) return "its stream named no address";
  const url = new URL(said, server);
  if (url.origin !== server.origin) return `its stream named an address of another server: ${url.origin.slice(0, 200)}`;
  url.username = server.username;
  url.password = server.password;
  url.hash = "";
  return url;
}
