import type { Machine } from "../../src/cli/machine.ts";
import type { Downstream } from "../../src/downstream/downstream.ts";
import { Exchange } from "../../src/relay/exchange.ts";
import type { World } from "./world.ts";

/** One that was ready for so long has begun anew. */
const wellMs = 60_000;
const longestBreakMs = 60_000;
/** So long after its time a start may be late, where a turn of the event loop is busy. */
const slackMs = 10;

type Life = {
  readonly downstream: Downstream;
  seen: object | undefined;
  tries: number;
  readyAt: number;
  /** When its breaker opened last. */
  openAt: number;
};

/**
 * Looks after all servers of one life of tutti: whatever goes down starts again when it says so, after a pause within its
 * bounds; and while a breaker is open, no more than one call tries.
 */
export class Restarts {
  readonly #world: World;
  readonly #lives: Life[] = [];

  constructor(world: World) {
    this.#world = world;
    world.ledger.watch = () => this.#lookAtBreakers();
  }

  /** The same machine, whose servers are looked after. */
  watched(machine: Machine): Machine {
    const member: Machine["member"] = (...args) => {
      const made = machine.member(...args);
      this.#lives.push({
        downstream: made.downstream,
        seen: undefined,
        tries: 0,
        readyAt: 0,
        openAt: Number.POSITIVE_INFINITY,
      });
      return made;
    };
    return Object.assign(Object.create(machine) as Machine, { member });
  }

  /** Some server has come into another state. `opened`: the breaker of one of this name has opened. */
  look(opened: string | undefined): void {
    for (const life of this.#lives) {
      const { state, name } = life.downstream;
      if (name === opened) life.openAt = this.#world.scheduler.now;
      if (state === life.seen) continue;
      if (state.kind === "ready") life.readyAt = this.#world.scheduler.now;
      else if (state.kind !== "down" || state.nextTryAt === undefined) continue;
      life.seen = state;
      if (state.kind === "down") this.#goesDown(life, state.isFailure, state.nextTryAt as number);
    }
  }

  #lookAtBreakers(): void {
    for (const { downstream, openAt } of this.#lives) {
      const trouble = downstream.breakerTrouble;
      const { state } = downstream;
      // Of one that is to go for ever nobody is told any more.
      const isOver = state.kind === "draining" || (state.kind === "down" && state.nextTryAt === undefined);
      if (trouble === undefined || isOver) continue;
      // Those that wait for a place when it opens are not refused.
      const sent = [...downstream.requests()].filter(
        (request) => request instanceof Exchange && request.arrivedAt > openAt && request.call?.isSent === true,
      );
      const most = trouble.includes("next try in") ? 0 : 1;
      if (sent.length > most) this.#world.ledger.violation(`${sent.length} calls try ${downstream.name}: ${trouble}`);
    }
  }

  #goesDown(life: Life, isFailure: boolean, nextTryAt: number): void {
    const { downstream } = life;
    const { scheduler, ledger } = this.#world;
    const { restartMinMs, restartMaxMs, breakerPauseMs } = downstream.config;
    const { now } = scheduler;
    if (!isFailure && now - life.readyAt >= wellMs) life.tries = 0;
    const mostMs = Math.min(restartMinMs * 2 ** life.tries, restartMaxMs);
    const pauseMs = nextTryAt - now;
    const isLongest = isFailure && pauseMs >= restartMaxMs / 2 && pauseMs <= restartMaxMs;
    const isByBreaker = downstream.breakerTrouble !== undefined && pauseMs <= Math.max(breakerPauseMs, longestBreakMs);
    if (pauseMs < mostMs / 2 || (pauseMs > mostMs && !isLongest && !isByBreaker)) {
      ledger.violation(`${downstream.name} is started again after ${pauseMs} ms, not ${mostMs / 2} to ${mostMs}`);
    }
    // What time alone does not cure waits for the longest pause, and does not count.
    if (pauseMs <= mostMs || !isLongest) life.tries++;
    const { seen } = life;
    scheduler.later(pauseMs + slackMs, () => {
      if (downstream.state === seen) ledger.violation(`${downstream.name} is not started again in time`);
    });
  }
}
