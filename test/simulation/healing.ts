import type { ServerConfig } from "../../src/config/config.ts";
import type { SimClient } from "./client.ts";
import type { World } from "./world.ts";

/** A breaker is open, or a start is put off, for no longer at a time. */
const pauseMs = 70_000;
/** A server that fails when it is tried first may be tried again so often. */
const mostTries = 4;

/** With nothing wrong any more each server answers each client, and at once as many calls as its gate lets in. */
export async function checkHealed(
  world: World,
  servers: readonly ServerConfig[],
  clients: readonly SimClient[],
): Promise<void> {
  const { scheduler, ledger, faults } = world;
  faults.end();
  // What was late is over.
  await scheduler.pass(pauseMs);
  const left = clients.filter(({ isGone }) => !isGone);
  for (const { name, maxConcurrentCalls } of servers) {
    let unserved = await unservedOf(world, left, name, 1);
    for (let tries = 1; unserved.length > 0 && tries < mostTries; tries++) {
      await scheduler.pass(pauseMs);
      unserved = await oneByOne(world, unserved, name, 1);
    }
    for (const { number } of unserved) ledger.violation(`client ${number} gets no answer of ${name}, which is well`);
    const most = Math.min(maxConcurrentCalls, 4);
    if (most < 2 || unserved.length > 0) continue;
    for (const { number } of await oneByOne(world, left, name, most))
      ledger.violation(`client ${number} gets no answers to ${most} calls of ${name} at once`);
  }
  // What is under way comes, and whoever is to be told of something is told.
  await scheduler.pass(1000);
  faults.begin();
}

/** The same, each when the one before is done: others may take all places meanwhile. */
async function oneByOne(
  world: World,
  clients: readonly SimClient[],
  server: string,
  times: number,
): Promise<readonly SimClient[]> {
  const unserved: SimClient[] = [];
  for (const client of clients) unserved.push(...(await unservedOf(world, [client], server, times)));
  return unserved;
}

/** Those of the clients that get no answers of a server though each calls it so often. */
async function unservedOf(
  { scheduler, ledger }: World,
  clients: readonly SimClient[],
  server: string,
  times: number,
): Promise<readonly SimClient[]> {
  const calls = clients.map((client) => {
    const nonces = Array.from({ length: times }, () => client.nonce());
    for (const nonce of nonces) {
      const params = `{"name":"${server}__do","arguments":{"nonce":"${nonce}"}}`;
      client.request({ kind: "call", nonces: [nonce], method: "tools/call", params });
    }
    return { client, nonces };
  });
  const isOver = (): boolean => calls.every(({ nonces }) => nonces.every((nonce) => ledger.replied.has(nonce)));
  await scheduler.run(scheduler.now + pauseMs, isOver);
  const isServed = (nonce: string): boolean =>
    [ledger.served, ledger.crowded, ledger.unsure].some((nonces) => nonces.has(nonce));
  return calls.filter(({ nonces }) => !nonces.every(isServed)).map(({ client }) => client);
}
