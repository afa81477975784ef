import type { Temperament } from "./client.ts";
import type { Dice } from "./dice.ts";
import type { Persona } from "./server.ts";

const names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];

/** The servers of a run. */
export function serversOf(dice: Dice, trouble: number): readonly Persona[] {
  const count = dice.chance(10) ? dice.between(1, 8) : dice.between(1, 4);
  return names.slice(0, count).map((name) => ({
    name,
    era: dice.pick(["legacy", "modern"] as const),
    mostMs: dice.pick([0, 10, 100, 3000]),
    trouble: trouble === 0 ? 0 : dice.pick([0, 5, 15, 40]),
    asks: dice.pick([0, 0, 15, 50]),
    subscribes: dice.chance(70),
    hasPrompts: dice.chance(70),
    hasResources: dice.chance(70),
    isMute: dice.chance(10),
    leavesOnProbe: dice.chance(10),
  }));
}

/** The text of their configuration. */
export function configOf(servers: readonly Persona[], dice: Dice): string {
  const entries = servers.map(({ name }) => {
    const callTimeoutMs = dice.pick([300, 2000, 10_000, 60_000]);
    const callTimeoutCapMs = dice.pick([0, callTimeoutMs, callTimeoutMs * 3]);
    const entry = {
      command: `/sim/${name}`,
      callTimeoutMs,
      callTimeoutCapMs,
      // Without any limit a call may wait for its client for ever.
      askTimeoutMs: dice.pick([callTimeoutCapMs === 0 ? 20_000 : 0, 500, 5000, 60_000]),
      connectTimeoutMs: dice.pick([1000, 5000, 30_000]),
      maxConcurrentCalls: dice.pick([0, 0, 1, 2, 4]),
      maxQueuedCalls: dice.pick([0, 2, 8, 256]),
      maxQueuedBytes: dice.pick([65_536, 16_777_216]),
      ...(dice.chance(15) && { shared: true }),
      ...lifeOf(dice),
    };
    return [name, entry] as const;
  });
  return JSON.stringify({
    mcpServers: Object.fromEntries(entries),
    startup: { mode: dice.pick(["cached", "cached", "lazy", "waiting"]), waitMs: dice.pick([0, 100, 2000, 8000]) },
    errors: dice.pick(["result", "result", "protocol"]),
    callTools: { scope: dice.pick(["all", "all", "read-only"]), deadlineMs: dice.pick([1000, 10_000, 50_000]) },
    limits: { maxOpenRequests: dice.pick([4, 32, 1024]) },
    pins: dice.pick(["off", "warn", "quarantine"]),
    http: { maxSets: dice.pick([1, 4, 16]) },
  });
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

const able = {
  elicitation: { form: {}, url: {} },
  sampling: {},
  roots: { listChanged: true },
};

/** The clients of a run. */
export function clientsOf(dice: Dice, trouble: number): readonly Temperament[] {
  const count = dice.chance(10) ? dice.between(2, 8) : dice.between(2, 4);
  return Array.from({ length: count }, () => ({
    era: dice.pick(["legacy", "modern"] as const),
    capabilities: dice.pick<object>([{}, {}, able, able, { roots: {} }, { elicitation: {} }, { sampling: {} }]),
    trouble: trouble === 0 ? 0 : dice.pick([0, 5, 15]),
    answers: dice.pick([100, 90, 30]),
    reusesIds: trouble > 0 && dice.chance(25),
    logLevel: dice.pick([undefined, undefined, "debug", "error"]),
  }));
}
