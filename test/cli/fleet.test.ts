import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test, vi } from "vitest";
import { Fleet } from "../../src/cli/fleet.ts";
import { createMachine } from "../../src/cli/machine.ts";
import { Client } from "../../src/client/client.ts";
import { serverInfo } from "../../src/client/handshake.ts";
import type { Config } from "../../src/config/config.ts";
import { Events } from "../../src/events.ts";
import type { Message, Outgoing } from "../../src/wire/message.ts";
import { readWhole } from "../../src/wire/whole.ts";
import { loadText } from "../config/load-text.ts";
import { killAll, markerEnvironment, processesWith, withoutReapers } from "../e2e/support/processes.ts";
import { type Entry, fixture } from "../e2e/support/program.ts";
import { until } from "../e2e/support/until.ts";
import { expectWithin } from "../support/promise.ts";

const limits = { maxMessageBytes: 1 << 20, maxDepth: 64 };
const nobody = { capabilities: "{}", info: serverInfo("0") };

type Served = {
  readonly fleet: Fleet;
  /** How many processes of it there are. */
  readonly processes: () => number;
};

async function configOf(servers: Readonly<Record<string, Entry>>, settings: object = {}): Promise<Config> {
  const entries = Object.entries(servers).map(([name, entry]) => [name, { ...entry, cwd: process.cwd() }]);
  return await loadText({ mcpServers: Object.fromEntries(entries), ...settings });
}

/** A fleet of these servers on the real machine, started. */
async function start(servers: Readonly<Record<string, Entry>>, settings: object = {}): Promise<Served> {
  const marker = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), "tutti-fleet-"));
  for (const [name, value] of Object.entries({ ...markerEnvironment(marker), XDG_STATE_HOME: folder })) {
    vi.stubEnv(name, value);
  }
  onTestFinished(() => {
    vi.unstubAllEnvs();
    killAll(marker);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const config = await configOf(servers, settings);
  const fleet = new Fleet(createMachine(config, "0", new Events()), nobody);
  onTestFinished(() => fleet.stop());
  await fleet.start();
  return { fleet, processes: () => withoutReapers(processesWith(marker)).length };
}

type Guest = {
  readonly client: Client;
  /** Sends a request; gives the reply. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly request: (method: string, params?: object) => Promise<any>;
  readonly greet: (capabilities: object) => void;
};

/** A client that has arrived, and has not said who it is. */
function arrive(fleet: Fleet): Guest {
  const replies = new Map<unknown, unknown>();
  let lastId = 0;
  const none = () => {};
  const send = (message: Outgoing): void => {
    const text = typeof message === "string" ? Buffer.from(message, "latin1") : Buffer.concat([...message]);
    const said = JSON.parse(text.toString()) as { id?: unknown; method?: string };
    if (said.method === undefined) replies.set(said.id, said);
  };
  const client = new Client(
    { send, queuedBytes: () => 0, heldBytes: () => 0, end: none, pause: none, resume: none },
    "0",
    () => "",
  );
  const say = (method: string, params: object): number => {
    const id = ++lastId;
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    client.receive(readWhole([body], limits) as Message);
    return id;
  };
  fleet.arrived(client);
  return {
    client,
    request: async (method, params = {}) => {
      const id = say(method, params);
      return await until(`a reply to ${method}`, () => replies.get(id));
    },
    greet: (capabilities) => {
      const clientInfo = { name: "guest", version: "1" };
      say("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
    },
  };
}

const old = fixture("fake-server.mjs");
const askable = { elicitation: {} };
const call = { name: "old__pid", arguments: {} };

test("a client that can be asked has its own catalog and processes until it leaves, others the common ones", async () => {
  const { fleet, processes } = await start({ old, new: fixture("modern-server.mjs", "new", "modern") });
  const [plain, guest] = [arrive(fleet), arrive(fleet)];
  expect(fleet.catalogOf(guest.client)).toBe(fleet.common.relay.catalog);
  plain.greet({});
  guest.greet(askable);
  const [common, own] = await Promise.all([plain.request("tools/call", call), guest.request("tools/call", call)]);
  expect(common.result.content).not.toEqual(own.result.content);
  expect(fleet.catalogOf(plain.client)).toBe(fleet.common.relay.catalog);
  expect(fleet.catalogOf(guest.client)).not.toBe(fleet.common.relay.catalog);
  expect([fleet.ownSets, processes()]).toEqual([1, 3]);
  guest.client.closed();
  await until("its process to end", () => processes() === 2);
  expect(fleet.ownSets).toBe(0);
});

test("a client that has left before it could be served leaves no process", async () => {
  const { fleet, processes } = await start({ old });
  const guests = [arrive(fleet), arrive(fleet)];
  for (const guest of guests) {
    guest.greet(askable);
    guest.client.closed();
  }
  await until("nothing of them", () => fleet.ownSets === 0 && processes() === 1);
  await fleet.stop();
  // What was being started when it left is stopped as soon as it has been.
  await until("no process", () => processes() === 0);
});

/** A client that is served by processes of its own, calls, and leaves. */
async function comeAndGo(fleet: Fleet): Promise<WeakRef<Client>> {
  const guest = arrive(fleet);
  guest.greet(askable);
  await guest.request("tools/call", call);
  guest.client.closed();
  return new WeakRef(guest.client);
}

test("nothing is kept of clients that have left, nor of the sets that were theirs", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { fleet } = await start({ old, new: fixture("modern-server.mjs", "new", "modern") });
  const left = await Promise.all([1, 2, 3].map(() => comeAndGo(fleet)));
  await until("the end of their sets", () => fleet.setsInAll === 0);
  await until("that they are forgotten", () => {
    collect();
    return left.every((client) => client.deref() === undefined);
  });
});

test("one client too many is refused as long as there is no room, and served from then on", async () => {
  const { fleet, processes } = await start({ old }, { http: { maxSets: 1 } });
  const [first, second] = [arrive(fleet), arrive(fleet)];
  for (const guest of [first, second]) guest.greet(askable);
  const { result } = await first.request("tools/call", call);
  const refused = await second.request("tools/list");
  expect(refused.error.message).toMatch(/^1 clients have servers of their own already \(http\.maxSets\)/);
  first.client.closed();
  await until("the first one's process to end", () => processes() === 1);
  await until("the end of its set", () => fleet.setsInAll === 0);
  const reply = await second.request("tools/call", call);
  expect(reply.result.content).not.toEqual(result.content);
  expect([fleet.ownSets, processes()]).toEqual([1, 2]);
});

test("whatever sets there are, stopping ends them all at once", async () => {
  const stubborn = fixture("stubborn-server.mjs");
  const { fleet, processes } = await start({ stubborn });
  const guests = [1, 2, 3].map(() => arrive(fleet));
  for (const guest of guests) guest.greet(askable);
  await Promise.all(guests.map((guest) => guest.request("tools/list")));
  await until("four processes", () => processes() === 4);
  guests[0]?.client.closed();
  const startedAt = performance.now();
  await fleet.stop();
  expect(processes()).toBe(0);
  await expectWithin(2000, performance.now() - startedAt);
});

test("killing ends the processes of all sets", async () => {
  const { fleet, processes } = await start({ stubborn: fixture("stubborn-server.mjs") });
  const guest = arrive(fleet);
  guest.greet(askable);
  await guest.request("tools/list");
  await until("two processes", () => processes() === 2);
  fleet.kill();
  await until("no process", () => processes() === 0);
});

test("a change that another one has overtaken starts nothing when the last of its servers has started", async () => {
  const { fleet, processes } = await start({ old });
  const outdated = await configOf({
    old: fixture("fake-server.mjs", "outdated"),
    late: fixture("slow-start.mjs", 1500),
  });
  const newest = await configOf({ old: fixture("fake-server.mjs", "newest") });
  const first = fleet.prepare(outdated.servers);
  const firstLeft = first.swap();
  const second = fleet.prepare([...newest.servers, ...outdated.servers.filter(({ name }) => name === "late")]);
  await Promise.all([firstLeft, second.swap()]);
  const guest = arrive(fleet);
  guest.greet(askable);
  await guest.request("tools/call", call);
  await first.started;
  // Two in common, and the one that the machine's configuration has for the guest.
  expect(processes()).toBe(3);
});
