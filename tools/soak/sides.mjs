// sides.mjs: the two ways in which a soak uses tutti, each with its clients.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CallerClient } from "../swarm/caller.mjs";
import { speaker as speakerTo } from "../swarm/http.mjs";
import { Ledger, randomFrom } from "../swarm/ledger.mjs";
import { SessionClient } from "../swarm/session.mjs";
import { faults as allFaults, nextFault } from "./faults.mjs";
import { troubleOver } from "./http-trouble.mjs";
import { LineClient } from "./line-client.mjs";
import { Pace } from "./pace.mjs";
import { fixture, listeningAt, startTutti } from "./tutti.mjs";

const token = "the-token-of-the-soak";
const clients = 16;
const slots = 4;
/** The share of calls to servers that misbehave. */
const troubleShare = 0.15;
/** A session is ended within this. */
const leaveMs = 20_000;
/** What comes back by itself, as servers that died and sessions that were broken, has come back after that. */
const settleMs = 2500;

const swarmServers = {
  old: { era: "legacy", isShared: false },
  older: { era: "legacy", isShared: true },
  new: { era: "modern", isShared: false },
  newer: { era: "modern", isShared: false },
};

export async function overHttp({ folder, port, rate, seed }) {
  const random = randomFrom(seed);
  const ledger = new Ledger();
  const swarm = Object.entries(swarmServers).map(([name, { era, isShared }]) => {
    const entry = { command: process.execPath, args: [fixture("swarm-server.mjs"), era, name], askTimeoutMs: 25_000 };
    return [name, { ...entry, ...(isShared && { shared: true }) }];
  });
  const config = configuration(join(folder, "http.json"), { ...Object.fromEntries(swarm), ...troublemakers(port) });
  const tutti = startTutti(["serve", "--http", "127.0.0.1:0", "--config", config.path], {
    XDG_STATE_HOME: folder,
    TUTTI_HTTP_TOKEN: token,
  });
  const url = new URL(await listeningAt(tutti));
  const speaker = speakerTo(url);
  const [usual, trouble] = [new Pace(rate * (1 - troubleShare)), new Pace(rate * troubleShare)];
  let isStopping = false;
  const isOver = () => isStopping;
  const told = { ledger, random, servers: swarmServers, speaker, isOver, paced: usual.run, token };
  const stays = () => 20_000 + random() * 60_000;
  // What is kept so that a session's streams can be read on differs from one moment to the next: at rests there are none.
  const inSession = { stays, paced: usual.runOrLeave, pace: usual };
  const all = Array.from({ length: clients }, (_, at) => {
    const one = { ...told, asksInPlans: true, canAsk: (at >> 1) % 4 === 0, hasOwnIds: at % 3 > 0 };
    return at % 2 === 0 ? new SessionClient(`s${at}`, { ...one, ...inSession }) : new CallerClient(`c${at}`, one);
  });
  const side = sideOf("HTTP", `${clients} clients of both eras`, { ledger, tutti, config, paces: [usual, trouble] });
  side.begin = () => {
    const runs = all.map((one) => one.run(slots).catch((error) => ledger.violation("wrong", String(error.stack))));
    const caller = troubleOver(speaker, { ledger, random, token });
    const act = () => misbehave(side, caller, nextFault(random, true));
    const troubles = loops(slots, isOver, () => trouble.run(act), ledger);
    return async () => {
      isStopping = true;
      side.goOn();
      await Promise.all([...runs, ...troubles]);
      speaker.end();
      return await tutti.end(() => tutti.child.kill("SIGTERM"));
    };
  };
  side.atRest = async () => {
    const isHere = (one) => one instanceof SessionClient && !one.isAway;
    const until = performance.now() + leaveMs;
    while (all.some(isHere) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    if (all.some(isHere)) ledger.violation("unanswered", `sessions do not end within ${leaveMs / 1000} s`);
    speaker.rest();
  };
  return side;
}

export async function overStdio({ folder, port, rate, seed }) {
  const random = randomFrom(seed);
  const ledger = new Ledger();
  const config = configuration(join(folder, "stdio.json"), troublemakers(port));
  const tutti = startTutti(["serve", "--config", config.path], { XDG_STATE_HOME: folder });
  const client = new LineClient(tutti.child, ledger, random);
  await client.greet();
  const pace = new Pace(rate);
  let isStopping = false;
  const side = sideOf("stdio", "one client", { ledger, tutti, config, paces: [pace] });
  side.begin = () => {
    const act = () => {
      const fault = nextFault(random);
      return fault === undefined ? client.usual() : misbehave(side, client, fault);
    };
    const runs = loops(
      2 * slots,
      () => isStopping,
      () => pace.run(act),
      ledger,
    );
    return async () => {
      isStopping = true;
      side.goOn();
      await Promise.all(runs);
      return await tutti.end(client.end);
    };
  };
  side.atRest = async () => {
    if (client.waiting > 0) ledger.violation("unanswered", `${client.waiting} calls wait at a rest`);
  };
  return side;
}

function sideOf(name, about, { ledger, tutti, config, paces }) {
  const faults = {};
  const side = {
    name,
    about,
    ledger,
    tutti,
    faults,
    samples: [],
    /** Lets all end that has begun, and everything come back that does so by itself. */
    rest: async (withinMs) => {
      const areOver = await Promise.all(paces.map((pace) => pace.rest(withinMs)));
      if (areOver.includes(false))
        ledger.violation("unanswered", `calls are under way after ${withinMs / 1000} s of rest`);
      await side.atRest();
      await new Promise((resolve) => setTimeout(resolve, settleMs));
    },
    /** Another servers.json. */
    change: () => {
      config.change();
      faults["servers.json changes"] = (faults["servers.json changes"] ?? 0) + 1;
    },
    /** From now on so many times as much is done as usual, as far as the machine can. */
    hurry: (times) => {
      for (const pace of paces) pace.hurry(times);
    },
    goOn: () => {
      side.change();
      for (const pace of paces) pace.goOn();
    },
  };
  return side;
}

function loops(count, isOver, act, ledger) {
  return Array.from({ length: count }, async () => {
    while (!isOver()) await act().catch((error) => ledger.violation("wrong", String(error.stack)));
  });
}

async function misbehave({ faults }, caller, name) {
  faults[name] = (faults[name] ?? 0) + 1;
  await allFaults[name].act(caller);
}

/** Servers that do whatever they are asked to. */
function troublemakers(port) {
  const fake = (more = {}) => ({ command: process.execPath, args: [fixture("fake-server.mjs")], ...more });
  const web = (path) => ({ url: `http://127.0.0.1:${port}${path}`, callTimeoutMs: 2000 });
  return {
    one: fake(),
    other: fake(),
    late: fake({ callTimeoutMs: 2000 }),
    liar: fake(),
    crasher: fake(),
    raw: { command: process.execPath, args: [fixture("raw-server.mjs")], callTimeoutMs: 2000 },
    web: web("/legacy"),
    newweb: web("/modern"),
  };
}

/** A servers.json in which one server comes and goes. */
function configuration(path, servers) {
  let hasGuest = false;
  const change = () => {
    const guest = { command: process.execPath, args: [fixture("fake-server.mjs")] };
    const mcpServers = { ...servers, ...(hasGuest && { guest }) };
    const text = JSON.stringify({ mcpServers, callTools: { scope: "all" }, limits: { maxMessageBytes: 2 ** 21 } });
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    hasGuest = !hasGuest;
  };
  change();
  return { path, change };
}
