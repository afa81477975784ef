import { createMachine } from "../../src/cli/machine.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Events } from "../../src/events.ts";
import { SimClient, type Temperament } from "./client.ts";
import { ClientLog, checkLeft, checkTakenBack } from "./client-log.ts";
import { Dice } from "./dice.ts";
import { doSomething } from "./errands.ts";
import { Faults } from "./faults.ts";
import { countIn, Ledger } from "./ledger.ts";
import { clientsOf, configOf, serversOf } from "./personas.ts";
import type { Weather } from "./pipes.ts";
import { Processes } from "./processes.ts";
import { Scheduler } from "./scheduler.ts";
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

/** Longer than anything that somebody waits for. */
const longMs = 2 * 60 * 60 * 1000;
/** Longer than anything that tutti keeps. */
const forever = 26 * 60 * 60 * 1000;

/** Runs the whole of tutti once, in a world that is the same for the same seed. */
export async function runSeed({ seed, without = new Set(), tail = 0 }: RunOptions): Promise<Outcome> {
  const dice = new Dice(seed);
  const scheduler = new Scheduler(dice.fork());
  const ledger = new Ledger(scheduler, tail);
  const faults = new Faults(ledger, without);
  const trouble = dice.pick([0, 1, 1, 1, 3]);
  const cuts = dice.pick([0, 20, 60]);
  const mostMs = dice.pick([1, 5, 40]);
  const weather = (own: Dice): Weather => ({ scheduler, dice: own, mostMs, cuts });
  const world: World = { scheduler, ledger, faults, weather, trouble, states: [] };
  const personas = serversOf(dice, trouble);
  const config = await load(configOf(personas, dice));
  const processes = new Processes(commandsFor(world, config, personas, dice.fork()), weather, dice.fork());
  const events = new Events();
  events.subscribe({
    defect: ({ cause }) => ledger.violation(`a defect: ${(cause as Error)?.stack ?? cause}`),
    serverChanged: ({ server, state, text }) => {
      countIn(ledger.states, state);
      ledger.trace(`= ${server} ${state}: ${text}`);
    },
  });
  const system = systemOf(scheduler, processes, dice.fork());
  const temperaments = clientsOf(dice, trouble);
  // What is remembered in the first life is there in the second one.
  const lives = dice.chance(25) ? 2 : 1;
  for (let life = 0; life < lives; life++) {
    const sets = new Sets(createMachine(config, "1.2.3", events, system));
    const clients = await live(world, sets, config, temperaments, life * temperaments.length, dice);
    await end(world, sets, clients, processes, dice);
  }
  const { violations, counts, faults: byKind, states, tail: kept } = ledger;
  const { steps, now: virtualMs } = scheduler;
  const traceHash = ledger.traceHash();
  return { seed, violations, traceHash, steps, virtualMs, faults: faults.done, byKind, states, counts, tail: kept };
}

/** Clients come, do things and go. */
async function live(
  world: World,
  sets: Sets,
  config: Config,
  temperaments: readonly Temperament[],
  firstNumber: number,
  dice: Dice,
): Promise<readonly SimClient[]> {
  const { scheduler, ledger } = world;
  const known = { names: config.servers.map(({ name }) => name) };
  const isResult = config.errors === "result";
  const clients: SimClient[] = [];
  const alone = dice.chance(60) ? firstNumber : -1;
  for (const [index, temperament] of temperaments.entries()) {
    const number = firstNumber + index;
    const log = new ClientLog(ledger, scheduler, number, isResult, !temperament.reusesIds);
    const client = new SimClient(world, number, temperament, log, dice.fork());
    clients.push(client);
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
  await scheduler.run(scheduler.now + own(dice));
  return clients;
}

function own(dice: Dice): number {
  return dice.pick([500, 5000, 100_000]);
}

/** Everything comes to its end, and nothing is left. */
async function end(
  world: World,
  sets: Sets,
  clients: readonly SimClient[],
  processes: Processes,
  dice: Dice,
): Promise<void> {
  const { scheduler, ledger } = world;
  const isAbrupt = dice.chance(50);
  if (!isAbrupt) {
    await scheduler.run(scheduler.now + longMs);
    for (const client of clients) client.log.close(client.hasReadAll);
    checkTakenBack(ledger);
  }
  for (const client of clients) client.leave(dice.chance(50));
  await scheduler.run(scheduler.now + 5000);
  checkLeft(ledger);
  for (const { relay, downstreams } of sets.all) {
    if (relay.held > 0) ledger.violation(`${relay.held} things are held for clients that have left`);
    const open = downstreams.flatMap((downstream) => [...downstream.requests()]);
    if (open.length > 0) ledger.violation(`${open.length} requests of clients that have left are open`);
  }
  for (const { served, number } of clients) {
    const { openAsks, openRequests } = served;
    if (openAsks > 0) ledger.violation(`${openAsks} questions to client ${number} are open`);
    if (openRequests > 0) ledger.violation(`${openRequests} requests of client ${number} are open`);
  }
  let isStopped = false;
  void sets.stop().then(() => {
    isStopped = true;
  });
  await scheduler.run(scheduler.now + forever);
  if (!isStopped) ledger.violation("it does not stop");
  for (const { downstreams } of sets.all) {
    for (const { name, openRequests } of downstreams) {
      if (openRequests > 0) ledger.violation(`${openRequests} requests of ${name} are open though it is stopped`);
    }
  }
  if (scheduler.timers > 0) ledger.violation(`${scheduler.timers} timers are left`);
  if (sets.fleet.setsInAll > 0) ledger.violation(`${sets.fleet.setsInAll} sets are left`);
  if (processes.alive > 0) ledger.violation(`${processes.alive} processes are left`);
}

function load(text: string): Promise<Config> {
  return loadConfig({ paths: ["/home/sim/servers.json"], env: {}, files: { readText: () => text } });
}
