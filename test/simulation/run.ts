import { createMachine } from "../../src/cli/machine.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Events } from "../../src/events.ts";
import type { System } from "../../src/ports/system.ts";
import { SimClient, type Temperament } from "./client.ts";
import { ClientLog } from "./client-log.ts";
import { Configuration } from "./configuration.ts";
import { Dice } from "./dice.ts";
import { end } from "./ending.ts";
import { doSomething } from "./errands.ts";
import { Faults } from "./faults.ts";
import { countIn, Ledger } from "./ledger.ts";
import { clientsOf, serversOf } from "./personas.ts";
import type { Weather } from "./pipes.ts";
import { Processes } from "./processes.ts";
import { Restarts } from "./restarts.ts";
import { Scheduler } from "./scheduler.ts";
import { SimServer } from "./server.ts";
import { Sets } from "./sets.ts";
import { commandsFor, systemOf } from "./system.ts";
import type { World } from "./world.ts";

/** What came of one seed. */
export type Outcome = {
  readonly seed: number;
  /** What must not have been, a sentence each; none where all is well. */
  readonly violations: readonly string[];
  /** The same for two runs of one seed. */
  readonly traceHash: string;
  readonly steps: number;
  /** How long it took, on the clock of the run. */
  readonly virtualMs: number;
  /** The faults that were put in, by name, in order. */
  readonly faults: readonly string[];
  readonly byKind: ReadonlyMap<string, number>;
  readonly states: ReadonlyMap<string, number>;
  readonly counts: Ledger["counts"];
  /** The end of the trace, where it was wanted. */
  readonly tail: readonly string[];
};

export type RunOptions = {
  readonly seed: number;
  /** Names of faults that are left out. */
  readonly without?: ReadonlySet<string>;
  /** How many lines of the trace are kept. */
  readonly tail?: number;
};

/** What ran at a server that is not configured any more has come to its end, and the server too, after so long. */
const leaveMs = 10_000;

/** Runs the whole of tutti once, in a world that is the same for the same seed. */
export async function runSeed({ seed, without = new Set(), tail = 0 }: RunOptions): Promise<Outcome> {
  const dice = new Dice(seed);
  const scheduler = new Scheduler(dice.fork());
  const ledger = new Ledger(scheduler, tail);
  const faults = new Faults(ledger, without);
  const trouble = dice.pick([0, 1, 1, 1, 3]);
  const cuts = dice.pick([0, 20, 60]);
  const mostMs = dice.pick([1, 5, 40]);
  const weather = (own: Dice): Weather => ({
    scheduler,
    dice: own,
    get mostMs() {
      return faults.areOver ? 1 : mostMs;
    },
    get cuts() {
      return faults.areOver ? 0 : cuts;
    },
  });
  const world: World = { scheduler, ledger, faults, weather, trouble, clients: [] };
  const servers = serversOf(dice, trouble).map((persona) => new SimServer(world, persona, dice.fork()));
  const configuration = new Configuration(
    servers.map(({ persona }) => persona.name),
    dice.fork(),
  );
  const processes = new Processes(commandsFor(world, servers, configuration, dice.fork()), weather, dice.fork());
  const system = systemOf(world, processes, dice.fork());
  const temperaments = clientsOf(dice, trouble);
  // What is remembered in the first life is there in the second one.
  const lives = dice.chance(25) ? 2 : 1;
  for (let life = 0; life < lives; life++) {
    const sets = await begin(world, configuration, system, processes);
    const clients = await live(world, sets, configuration, temperaments, life * temperaments.length, dice);
    await end(world, sets, clients, processes, dice);
    for (const server of servers) if (dice.chance(50)) server.change();
  }
  const { violations, counts, faults: byKind, states, tail: kept } = ledger;
  const { steps, now: virtualMs } = scheduler;
  const traceHash = ledger.traceHash();
  return { seed, violations, traceHash, steps, virtualMs, faults: faults.done, byKind, states, counts, tail: kept };
}

/** Tutti starts, with the configuration as it is by now. */
async function begin(world: World, configuration: Configuration, system: System, processes: Processes): Promise<Sets> {
  const { scheduler, ledger } = world;
  configuration.mend();
  const config = await load(configuration.text);
  const events = new Events();
  const restarts = new Restarts(world);
  const machine = restarts.watched(createMachine(config, "1.2.3", events, system));
  let read = 0;
  const readAnew = (): Promise<Config> => {
    read = configuration.generations;
    return load(configuration.text);
  };
  const swapped = (): void => {
    const { steps: step, now: ms } = scheduler;
    ledger.listCauses++;
    const kept = sets.generations;
    for (let one = 0; one < read; one++) {
      if (kept.has(one) || ledger.replacedAt.has(one)) continue;
      ledger.replacedAt.set(one, { step, ms });
      scheduler.later(leaveMs, () => {
        const left = processes.all.find(({ isAlive, log }) => isAlive && log.generation === one);
        if (left !== undefined) ledger.violation(`${left.log.where} lives, though its entry was replaced 10 s ago`);
      });
    }
  };
  const sets: Sets = new Sets(machine, readAnew, swapped);
  events.subscribe({
    defect: ({ cause }) => ledger.violation(`a defect: ${(cause as Error)?.stack ?? cause}`),
    reloaded: ({ text }) => ledger.trace(`= ${text}`),
    serverChanged: ({ server, state, text }) => {
      countIn(ledger.states, state);
      if (state === "ready" && sets.fleet.isReady) ledger.listCauses++;
      ledger.trace(`= ${server} ${state}: ${text}`);
      restarts.look(state === "breaker open" ? server : undefined);
    },
  });
  return sets;
}

/** Clients come, do things and go. */
async function live(
  world: World,
  sets: Sets,
  configuration: Configuration,
  temperaments: readonly Temperament[],
  firstNumber: number,
  dice: Dice,
): Promise<readonly SimClient[]> {
  const { scheduler, ledger } = world;
  const known = { names: sets.servers.map(({ name }) => name) };
  const clients: SimClient[] = [];
  const alone = dice.chance(60) ? firstNumber : -1;
  for (const [index, temperament] of temperaments.entries()) {
    const number = firstNumber + index;
    const log = new ClientLog(ledger, scheduler, number, configuration.areErrorsResults, !temperament.reusesIds);
    const client = new SimClient(world, number, temperament, log, dice.fork());
    clients.push(client);
    world.clients.push(client);
    const { dice: own } = client;
    const pauseMs = own.pick([5, 50, 400]);
    let left = own.between(5, 30);
    const go = (): void => {
      if (client.isGone || left-- <= 0) return;
      doSomething(client, world, known);
      // Some at once: what is issued together runs together.
      scheduler.later(own.chance(30) ? 0 : own.next() * pauseMs, go);
    };
    scheduler.later(own.chance(50) ? 0 : own.next() * 500, () => {
      if (Object.keys(temperament.capabilities).length > 0) ledger.askable.set(number, sets.generations);
      sets.serve(client, number === alone);
      client.greet();
      scheduler.later(own.next() * 20, go);
    });
    if (own.chance(15)) {
      scheduler.later(own.next() * 3000, () => {
        if (world.faults.does("a client leaves")) client.leave(own.chance(50));
      });
    }
  }
  const forMs = dice.pick([500, 5000, 100_000]);
  for (let left = dice.chance(35) ? dice.between(1, 4) : 0; left > 0; left--) {
    scheduler.later(dice.next() * Math.min(forMs, 5000), () => {
      if (!world.faults.does("another configuration")) return;
      configuration.change();
      sets.reloading.reload();
    });
  }
  await scheduler.run(scheduler.now + forMs);
  return clients;
}

function load(text: string): Promise<Config> {
  return loadConfig({
    paths: ["/home/sim/servers.json"],
    env: {},
    files: { readText: () => text, ownership: () => undefined },
  });
}
