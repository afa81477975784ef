import type { SimClient } from "./client.ts";
import type { Dice } from "./dice.ts";
import { checkHealed } from "./healing.ts";
import type { Arrival, Ledger } from "./ledger.ts";
import type { Processes } from "./processes.ts";
import type { Sets } from "./sets.ts";
import type { World } from "./world.ts";

/** Longer than anything that somebody waits for. */
const longMs = 20 * 60 * 1000;
/** Longer than anything that tutti keeps. */
const forever = 26 * 60 * 60 * 1000;

/** Everything comes to its end, and nothing is left. */
export async function end(
  world: World,
  sets: Sets,
  clients: readonly SimClient[],
  processes: Processes,
  dice: Dice,
): Promise<void> {
  const { scheduler, ledger } = world;
  const isAbrupt = dice.chance(50);
  if (!isAbrupt) {
    await scheduler.pass(longMs);
    await checkHealed(world, sets.servers, clients);
    for (const client of clients) client.log.close(client.hasReadAll, sets.catalogOf(client));
    checkTakenBack(ledger);
  }
  for (const client of clients) client.leave(dice.chance(50));
  await scheduler.run(scheduler.now + 5000);
  checkLeft(ledger);
  checkNothingHeld(world, sets, clients);
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

function checkNothingHeld({ ledger }: World, sets: Sets, clients: readonly SimClient[]): void {
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
}

/** Nothing that has no reply may be open at a server once its client has left. */
function checkLeft(ledger: Ledger): void {
  // A stray under its id is a reply too.
  const isLeft = ({ repliedAt, answers, isTakenBack, isLost }: Arrival): boolean =>
    answers.length === 0 && repliedAt === undefined && !isTakenBack && !isLost;
  for (const [nonce, arrivals] of ledger.arrivals) {
    if (arrivals.some(isLeft)) ledger.violation(`${nonce} goes on at its server though its client has left`);
  }
}

/** Calls whose client took them back must have been taken back at their server, or be over there. */
function checkTakenBack(ledger: Ledger): void {
  const isLeft = ({ answers, isTakenBack, isLost, isLate }: Arrival): boolean =>
    (answers.length === 0 || isLate) && !isTakenBack && !isLost;
  for (const nonce of ledger.takenBack) {
    if (ledger.arrivals.get(nonce)?.some(isLeft)) ledger.violation(`${nonce} was taken back and its server not told`);
  }
}
