import { describe, expect, test, vi } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { Relay } from "../../src/relay/relay.ts";
import type { Cell } from "../requirements/requirement.ts";
import { clientEra, open, serverEra } from "../support/cells.ts";
import type { FakeCall } from "../support/fake-call.ts";
import type { FakeClient } from "../support/fake-client.ts";
import type { FakeServer } from "../support/fake-server.ts";
import { quiet } from "../support/turns.ts";
import { able, accepted, address, form, roots, sampling } from "./contract/questions.ts";

/** Sequences of a cell, and what happens in each. */
const sequences = 25;
const steps = 80;
const firstSeed = 1;

const done = '{"content":[{"type":"text","text":"done"}]}';
const questions = [form("A?"), address("Go", "e-1"), address("Go"), sampling("B?"), roots];

/** Pseudo-random numbers that are the same for the same seed (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** A client, and what it has sent: requests by id, with what they need to be sent again. */
type Side = {
  readonly client: FakeClient;
  readonly sent: Map<number, { readonly tool: string; readonly args: string; isCancelled: boolean }>;
  readonly retried: Set<number>;
  hasLeft: boolean;
};

// biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
const repliesOf = ({ client }: Side): any[] =>
  client.peer.lines.map(({ json }) => json).filter(({ id, method }) => method === undefined && id > 1_000_000);

/** Questions that came as requests and are neither answered nor taken back. */
function openQuestions({ client }: Side, answered: ReadonlySet<number>): number[] {
  const lines = client.peer.lines.map(({ json }) => json);
  return lines.flatMap(({ id, method }) => (method && id !== undefined && !answered.has(id) ? [id as number] : []));
}

async function play(cell: Cell, seed: number): Promise<void> {
  const roll = dice(seed);
  const pick = <T>(items: readonly T[]): T | undefined => items[roll(items.length || 1)];
  const clients: Client[] = [];
  const adding = vi.spyOn(Relay.prototype, "addClient");
  const config = {
    askTimeoutMs: [0, 1000, 300_000][roll(3)] as number,
    callTimeoutMs: [800, 5000][roll(2)] as number,
    callTimeoutCapMs: 20_000,
    maxConcurrentCalls: [0, 3][roll(2)] as number,
  };
  const alpha = { tools: ["do"], config };
  const on = await open(cell, { alpha, beta: alpha, gamma: alpha }, { client: able });
  const second = await on.join(roll(2) === 0 ? undefined : { capabilities: { roots: {} } });
  clients.push(...adding.mock.calls.map(([client]) => client));
  adding.mockRestore();
  await on.clock.advance(10);
  const downstreams = Object.values(on.downstreams);
  const before = downstreams.map(({ openRequests }) => openRequests);
  const sides: Side[] = [on.client, second].map((client) => ({
    client,
    sent: new Map(),
    retried: new Set(),
    hasLeft: false,
  }));
  const answered = new Map(sides.map((side) => [side, new Set<number>()]));
  const asked: { server: FakeServer; id: string }[] = [];
  const ended = new Set<FakeCall>();
  const crashed = new Set<FakeServer>();
  const servers = Object.entries<FakeServer>(on.servers);
  const running = (): [FakeServer, FakeCall][] =>
    servers.flatMap(([, server]) =>
      crashed.has(server)
        ? []
        : server.calls.filter((call) => !ended.has(call)).map((call): [FakeServer, FakeCall] => [server, call]),
    );

  const begin = (side: Side): void => {
    const id = side.client.newId();
    const tool = `${pick(servers.map(([name]) => name))}__do`;
    const args = `{"n":${id}}`;
    side.sent.set(id, { tool, args, isCancelled: false });
    side.client.call(id, tool, args);
  };
  const ask = (): void => {
    const [server, call] = pick(running()) ?? [];
    if (server === undefined || call === undefined) return;
    const some = Array.from({ length: roll(3) + 1 }, () => pick(questions));
    if (serverEra(cell) === "legacy") {
      for (const one of some) {
        asked.push({ server, id: server.ask(one?.method ?? "", JSON.stringify(one?.params)) });
      }
      return;
    }
    const requests = Object.fromEntries(some.map((one, index) => [`k${index}`, one]));
    ended.add(call);
    call.result(`{"resultType":"input_required","inputRequests":${JSON.stringify(requests)},"requestState":"s"}`);
  };
  const finish = (): void => {
    const [, call] = pick(running()) ?? [];
    if (call === undefined) return;
    ended.add(call);
    const how = roll(6);
    const elicitations = [address("Go", "e-2").params];
    if (how === 0) call.error('{"code":-1,"message":"no"}');
    else if (how === 1 && serverEra(cell) === "legacy") {
      call.error(JSON.stringify({ code: -32_042, message: "needs you", data: { elicitations } }));
    } else call.result(done);
  };
  const answer = (side: Side): void => {
    const of = answered.get(side) as Set<number>;
    if (clientEra(cell) === "legacy") {
      const id = pick(openQuestions(side, of));
      if (id === undefined) return;
      of.add(id);
      const how = roll(5);
      if (how === 0) side.client.peer.send(`{"jsonrpc":"2.0","id":${id},"result":{},"error":{}}`);
      else if (how === 1) side.client.peer.send(`{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"no"}}`);
      else side.client.peer.send(JSON.stringify({ jsonrpc: "2.0", id, result: accepted }));
      return;
    }
    const asking = repliesOf(side).filter(({ result }) => result?.resultType === "input_required");
    // Now and then one that was answered already.
    const reply = pick(asking.filter(({ id }) => roll(10) === 0 || !side.retried.has(id)));
    const request = side.sent.get(reply?.id);
    if (request === undefined) return;
    side.retried.add(reply.id);
    const keys = Object.keys(reply.result.inputRequests ?? {}).filter(() => roll(4) > 0);
    const responses = JSON.stringify(Object.fromEntries(keys.map((key) => [key, accepted])));
    const state = JSON.stringify(reply.result.requestState);
    const id = side.client.newId();
    side.sent.set(id, { ...request, isCancelled: false });
    side.client.call(id, request.tool, request.args, `,"inputResponses":${responses},"requestState":${state}`);
  };
  const cancel = async (side: Side): Promise<void> => {
    await quiet(); // What is on its way already would come in spite of it.
    const replied = new Set(repliesOf(side).map(({ id }) => id));
    const id = pick([...side.sent.keys()].filter((one) => !replied.has(one)));
    const request = id === undefined ? undefined : side.sent.get(id);
    if (id === undefined || request === undefined || request.isCancelled) return;
    request.isCancelled = true;
    side.client.cancel(id);
  };
  const takeBack = (): void => {
    const one = pick(asked.filter(({ server }) => !crashed.has(server)));
    if (one === undefined) return;
    const { server, id } = one;
    server.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`);
  };
  const crash = (): void => {
    const [, server] = pick(servers) ?? [];
    if (server === undefined || crashed.has(server)) return;
    crashed.add(server);
    server.crash();
  };

  for (let step = 0; step < steps; step++) {
    const side = pick(sides.filter(({ hasLeft }) => !hasLeft)) as Side;
    const what = roll(100);
    if (what < 25) begin(side);
    else if (what < 45) ask();
    else if (what < 65) answer(side);
    else if (what < 75) finish();
    else if (what < 80) await cancel(side);
    else if (what < 85) takeBack();
    else if (what < 86) crash();
    else if (what < 87 && side.client === second) {
      side.hasLeft = true;
      second.leave();
    } else await on.clock.advance([1, 3, 10, 500, 2000][roll(5)] as number);
    if (roll(2) === 0) await quiet();
  }
  await quiet();
  const end = roll(3);
  if (end === 0) {
    for (const { client, hasLeft } of sides) if (!hasLeft) client.leave();
    await on.clock.advance(100);
  } else {
    if (end === 1) for (const [, server] of servers) if (!crashed.has(server)) server.crash();
    await on.clock.advance(3_600_000);
  }
  const isDown = (index: number) => downstreams[index]?.state.kind === "down";
  expect(on.relay.held).toBe(0);
  expect(clients.map(({ openAsks }) => openAsks)).toEqual([0, 0]);
  expect(downstreams.map(({ openRequests }) => openRequests)).toEqual(
    before.map((count, index) => (isDown(index) ? 0 : count)),
  );
  for (const side of sides) {
    const replied = repliesOf(side).map(({ id }) => id as number);
    expect(new Set(replied).size).toBe(replied.length);
    if (side.hasLeft || end === 0) continue;
    for (const [id, { isCancelled }] of side.sent) if (!isCancelled) expect(replied).toContain(id);
  }
}

describe("whatever happens to calls and questions, each request has one reply and nothing is left over,", () => {
  for (const [index, cell] of (["LL", "LM", "ML", "MM"] as const).entries()) {
    for (let run = 0; run < sequences; run++) {
      const seed = firstSeed + index * sequences + run;
      test(`${cell}, seed ${seed}`, async () => await play(cell, seed));
    }
  }
});
