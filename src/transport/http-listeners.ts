import type { Outgoing } from "../wire/message.ts";
import { commentMs, EventStream } from "./http-events.ts";
import { takesEmptyEvents } from "./http-revisions.ts";
import type { HttpRequest } from "./http-server.ts";
import type { HttpWays } from "./http-ways.ts";
import type { Kept, Replay } from "./replay.ts";

/** Only the newest gets anything, so that more are of no use. */
const mostListeners = 4;
/** Who has more to read than this on such a stream is let go, and may read on where it was. */
const mostQueuedBytes = 8 * 1024 * 1024;
/** Of what belongs to no request. */
const stream = 0;

/**
 * What a client hears that belongs to none of its requests, and waits while it does not listen. It may listen on several
 * streams: each message goes to the newest alone, because older ones may be dead without anybody knowing.
 */
export class Listeners {
  readonly #ways: HttpWays;
  readonly #replay: Replay;
  readonly #changed: () => void;
  /** The newest is the last. */
  #open: EventStream[] = [];
  #toldUpTo = 0;

  /** `changed`: one has gone. */
  constructor(ways: HttpWays, replay: Replay, changed: () => void) {
    this.#ways = ways;
    this.#replay = replay;
    this.#changed = changed;
  }

  get size(): number {
    return this.#open.length;
  }

  get queuedBytes(): number {
    return this.#open.reduce((bytes, { queuedBytes }) => bytes + queuedBytes, 0);
  }

  /** Those of them that are not in the hands of the server yet. */
  get waitingBytes(): number {
    return this.#open.reduce((bytes, { waitingBytes }) => bytes + waitingBytes, 0);
  }

  tell(message: Outgoing): void {
    const now = this.#ways.clock.now();
    const kept = this.#replay.add(stream, message, now);
    const newest = this.#open.findLast(({ isOpen }) => isOpen);
    if (newest === undefined) return;
    this.#write(newest, kept);
    if (newest.queuedBytes <= mostQueuedBytes) return;
    newest.takeBack();
    this.#forget(newest);
  }

  /** Answers `request` with what came after the event `after`, where that is said, else with what waits; and with all that comes. */
  listen(request: HttpRequest, after = this.#toldUpTo): void {
    const now = this.#ways.clock.now();
    const events = new EventStream(request.stream({ "x-accel-buffering": "no" }), now);
    this.#open.push(events);
    request.onGone(() => this.#forget(events));
    for (const old of this.#open.slice(0, -mostListeners)) this.#forget(old);
    const missed = this.#replay.since({ stream, after });
    if (missed.length > 0) for (const kept of missed) this.#write(events, kept);
    else if (takesEmptyEvents(request.header("mcp-protocol-version"))) events.prime(this.#replay.idAt(stream), now);
  }

  /** Whether an event still has to be told a first time. */
  readonly isDue = (event: Kept): boolean => event.stream === stream && event.at > this.#toldUpTo;

  tick(nowMs: number): void {
    for (const events of [...this.#open]) {
      if (events.isStalled(nowMs)) this.#forget(events);
      else if (nowMs - events.lastAtMs >= commentMs) events.comment(nowMs);
    }
  }

  end(): void {
    for (const events of this.#open) events.end();
    this.#open = [];
  }

  #write(events: EventStream, { at, message, id }: Kept): void {
    events.message(message, id, this.#ways.clock.now());
    this.#toldUpTo = Math.max(this.#toldUpTo, at);
  }

  #forget(events: EventStream): void {
    const before = this.#open.length;
    this.#open = this.#open.filter((one) => one !== events);
    events.end();
    if (this.#open.length < before) this.#changed();
  }
}
