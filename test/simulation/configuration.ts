import type { Dice } from "./dice.ts";

/** What of a server's entry its processes are judged by. */
export type Entry = {
  /** How many calls it may have at once; 0: as many as come. */
  readonly mostCalls: number;
  /** Whether clients share it though it may ask them something. */
  readonly isShared: boolean;
};

/** The variable by which a process tells for which entry it was started. Its value is no part of what is remembered by. */
const variable = "GENERATION";

/** The configuration of a run, which becomes another from time to time. */
export class Configuration {
  readonly #dice: Dice;
  readonly #names: readonly string[];
  readonly #settings: ReturnType<typeof settingsOf>;
  /** By the name of the server. */
  readonly #servers = new Map<string, object>();
  /** All that there ever were, by generation. */
  readonly #entries: Entry[] = [];
  #isUsable = true;

  constructor(names: readonly string[], dice: Dice) {
    this.#names = names;
    this.#dice = dice;
    this.#settings = settingsOf(dice);
    for (const name of names) this.#set(name);
  }

  /** As it stands in the file. */
  get text(): string {
    const text = JSON.stringify({ mcpServers: Object.fromEntries(this.#servers), ...this.#settings });
    return this.#isUsable ? text : text.slice(0, -1).replace("/sim/", "");
  }

  /** How many entries there have been. */
  get generations(): number {
    return this.#entries.length;
  }

  /** The entry that a process with this environment was started for. */
  entryOf(env: Readonly<Record<string, string>>): Entry {
    return this.#entries[generationOf(env)] as Entry;
  }

  /** Whether errors of servers become results. */
  get areErrorsResults(): boolean {
    return this.#settings.errors === "result";
  }

  /** It can be used, whatever it was. */
  mend(): void {
    this.#isUsable = true;
  }

  /** Servers come and go, get another entry or another place; or it cannot be used for a while. */
  change(): void {
    const dice = this.#dice;
    this.#isUsable = !dice.chance(15);
    for (let n = dice.between(1, 2); n > 0; n--) {
      const name = dice.pick(this.#names);
      const how = dice.weighted({ other: 5, away: 3, last: 1 });
      const before = this.#servers.get(name);
      if (before === undefined || how === "other") this.#set(name);
      else if (how === "last") {
        this.#servers.delete(name);
        this.#servers.set(name, before);
      } else if (this.#servers.size > 1) this.#servers.delete(name);
    }
  }

  #set(name: string): void {
    const { entry, ...server } = serverOf(name, this.#dice);
    this.#servers.set(name, { ...server, env: { [variable]: String(this.#entries.length) } });
    this.#entries.push(entry);
  }
}

/** For which of the entries that there ever were a process with this environment was started. */
export function generationOf(env: Readonly<Record<string, string>>): number {
  return Number(env[variable]);
}

function serverOf(name: string, dice: Dice) {
  const callTimeoutMs = dice.pick([300, 2000, 10_000, 60_000]);
  const callTimeoutCapMs = dice.pick([0, callTimeoutMs, callTimeoutMs * 3]);
  const mostCalls = dice.pick([0, 0, 1, 2, 4]);
  const isShared = dice.chance(15);
  return {
    entry: { mostCalls, isShared },
    command: `/sim/${name}`,
    callTimeoutMs,
    callTimeoutCapMs,
    // Without any limit a call may wait for its client for ever.
    askTimeoutMs: dice.pick([callTimeoutCapMs === 0 ? 20_000 : 0, 500, 500, 5000, 60_000]),
    connectTimeoutMs: dice.pick([1000, 5000, 30_000]),
    maxConcurrentCalls: mostCalls,
    maxQueuedCalls: dice.pick([0, 2, 8, 256]),
    maxQueuedBytes: dice.pick([65_536, 16_777_216]),
    ...(isShared && { shared: true }),
    ...lifeOf(dice),
  };
}

/** How a server is started again, given up for a while and stopped when it is not used. */
function lifeOf(dice: Dice): object {
  return {
    restartMinMs: dice.pick([10, 500]),
    restartMaxMs: dice.pick([2000, 30_000, 30_000]),
    breakerFailures: dice.pick([0, 1, 3, 5, 5]),
    breakerPauseMs: dice.pick([100, 5000]),
    idleStopMs: dice.pick([0, 0, 100, 3000]),
    ...(dice.chance(15) && { lazyStart: true }),
  };
}

function settingsOf(dice: Dice) {
  return {
    startup: { mode: dice.pick(["cached", "cached", "lazy", "waiting"]), waitMs: dice.pick([0, 100, 2000, 8000]) },
    errors: dice.pick(["result", "result", "protocol"]),
    callTools: { scope: dice.pick(["all", "all", "read-only"]), deadlineMs: dice.pick([1000, 10_000, 50_000]) },
    limits: { maxOpenRequests: dice.pick([4, 32, 1024]) },
    pins: dice.pick(["off", "warn", "quarantine"]),
    http: { maxSets: dice.pick([1, 4, 16]) },
  };
}
