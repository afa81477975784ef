import { join } from "node:path";
import pLimit from "p-limit";
import { Keepers } from "../auth/keeper.ts";
import type { Config, ServerConfig } from "../config/config.ts";
import { stateFolder } from "../config/state-folder.ts";
import { Traffic } from "../downstream/brake.ts";
import type { Request } from "../downstream/call.ts";
import { Downstream } from "../downstream/downstream.ts";
import type { Era, Identity } from "../downstream/handshake.ts";
import { createMemory } from "../downstream/memory.ts";
import { createVerdicts, launchKey } from "../downstream/verdicts.ts";
import type { Events } from "../events.ts";
import { Secrets } from "../observe/secrets.ts";
import { guardedClock } from "../ports/clock.ts";
import type { StartedProcess } from "../ports/spawn.ts";
import { type System, thisSystem } from "../ports/system.ts";
import { type CommandFinder, createCommandFinder } from "../process/path.ts";
import { Reaper } from "../process/reaper.ts";
import { HeldBytes } from "../relay/held-bytes.ts";
import type { Relay } from "../relay/relay.ts";
import { Users } from "../relay/users.ts";
import { LoginRequired, type OpenLink, Unopenable } from "../transport/link.ts";
import { Turns } from "../transport/turns.ts";
import { authSurroundings } from "./auth-surroundings.ts";
import { createOpener, keeperOf } from "./open-links.ts";
import { createPinning, type Pinning } from "./pinning.ts";
import { publishBreaker, publishState } from "./publish-servers.ts";

/** Servers that are spawned in one turn of the event loop, which each of them blocks for some ms. */
const spawnsPerTurn = 1;

/** What runs at a server that is not wanted any more has so long to end. */
const leaveMs = 5000;
const leaveReason = "its entry in the configuration was changed or taken away";

/** One server, and the relays that use it. */
export type Member = {
  readonly downstream: Downstream;
  readonly relays: Set<Relay>;
  /** In which era it is spoken with, as far as that is known. */
  readonly era: () => Era | undefined;
  /** Finishes what runs there, as long as that takes no more than 5 s, and ends it. Resolves when nothing of it is left. */
  readonly leave: () => Promise<void>;
  /** The same, and finishes nothing. */
  readonly stop: () => Promise<void>;
};

/** What all servers of one run have in common. */
export type Machine = {
  /** As it is served now. */
  readonly config: Config;
  readonly system: System;
  readonly events: Events;
  readonly users: Users;
  /** What is held for all clients and servers. */
  readonly held: HeldBytes;
  /** Those of the configuration. */
  readonly secrets: Secrets;
  /** Takes them out of a text. */
  readonly redact: (text: string) => string;
  readonly pins: Pinning["of"];
  /** Finds commands as a program with this environment does. */
  readonly finderIn: (env: System["env"]) => CommandFinder;
  /** A server that is not started yet. `who`: whom it is greeted for; `isShared`: whether several clients use it. */
  readonly member: (server: ServerConfig, who: () => Promise<Identity>, isShared: boolean) => Member;
  /** From now on this is the configuration that is served: the same but for its servers. */
  readonly become: (config: Config) => void;
  /** Ends what is only needed to start servers. */
  readonly stopStarting: () => void;
  /** The same, and ends the connections that are kept for later. */
  readonly kill: () => void;
};

/** Prepares a machine for the servers of a configuration; starts nothing. */
export function createMachine(
  config: Config,
  version: string,
  events: Events,
  surroundings: System = thisSystem,
  secrets = new Secrets(config.secrets),
): Machine {
  const clock = guardedClock(surroundings.clock, (cause) => events.publish("defect", { cause }));
  const system: System = { ...surroundings, clock };
  const { redact } = secrets;
  const reaper = new Reaper({
    ...system,
    failed: (reason) => {
      const text = `the process that ends all servers should tutti be killed has failed and is started again: ${reason}`;
      events.publish("notice", { text });
    },
  });
  // What a shell's start-up files start in a session of its own, such as an agent for keys, is meant to stay.
  const spawn = reaper.watched(system.spawn, { isMarked: false });
  const shells: StartedProcess[] = [];
  const finderIn = (env: System["env"]): CommandFinder =>
    createCommandFinder({
      ...system,
      env,
      marker: system.random(16).toString("hex"),
      // A shell that is asked for its PATH may hang in its start-up files, and must not outlive us.
      spawn: {
        ...spawn,
        start: (launch) => {
          const shell = spawn.start(launch);
          shells.push(shell);
          return shell;
        },
      },
    });
  const folder = stateFolder(system);
  const verdicts = createVerdicts({
    path: join(folder, "eras.json"),
    files: system.stateFiles,
    date: system.date,
    failed: (reason) => {
      const text = `what protocol each server speaks is not remembered, so each start asks again: ${reason}`;
      events.publish("notice", { text, topic: "not_kept" });
    },
  });
  const memory = createMemory({
    pathOf: (key) => join(folder, "servers", `${key}.json`),
    files: system.keptFiles,
    date: system.date,
    redact,
    failed: (reason) => {
      const text = `what servers offer is not remembered, so each start waits for them: ${reason}`;
      events.publish("notice", { text, topic: "not_kept" });
    },
  });
  const keepers = new Keepers(
    authSurroundings(config, system, secrets, (text) => events.publish("notice", { text, topic: "not_kept" })),
  );
  const traffic = new Traffic();
  const opener = createOpener(config, events, {
    traffic,
    keepers,
    finder: finderIn(system.env),
    spawning: pLimit(spawnsPerTurn),
    turns: new Turns(clock),
    system: { ...system, spawn: reaper.watched(system.spawn, { isMarked: true }) },
  });
  const pinning = createPinning({ config, system, events, redact });
  const held = new HeldBytes(config.limits.maxHeldBytes, clock);
  const member: Machine["member"] = (server, who, isShared) => {
    const { name } = server;
    const relays = new Set<Relay>();
    let isLeaving = false;
    let left: Promise<void> | undefined;
    const each = (tell: (relay: Relay) => void): void => {
      for (const relay of relays) tell(relay);
    };
    const serving = (request: Request | undefined): Relay | undefined =>
      request && [...relays].find((relay) => relay.serves(request));
    const key = launchKey(server.launch, version);
    const learn = (): void => {
      const { state, offer } = downstream;
      if (state.kind !== "ready") return;
      memory.learn(key, { greeting: state.greeting, offer }, (reason) => {
        const text = `what it offers is not remembered, so each start waits for it: ${reason}`;
        events.publish("oddity", { server: name, text, topic: "not_remembered" });
      });
    };
    const downstream: Downstream = new Downstream({
      config: server,
      version,
      openLink: watched(
        held,
        withoutSecrets(
          opener.open(server, () => downstream.offer),
          redact,
          (reason) => (isLeaving ? `${reason}, after ${leaveReason}` : reason),
        ),
      ),
      who,
      verdicts,
      launchKey: key,
      seen: config.startup.mode === "waiting" ? undefined : memory.recall(key),
      redact,
      signedIn: keeperOf(server, keepers)?.signedIn,
      isShared,
      traffic,
      clock,
      random: system.random,
      events: {
        offerChanged: () => {
          each((relay) => relay.update(downstream));
          learn();
        },
        stateChanged: () => {
          each((relay) => relay.changed(downstream));
          // One that takes its place has the same name.
          if (!isLeaving) publishState(downstream, events);
          learn();
        },
        breakerChanged: () => {
          if (!isLeaving) publishBreaker(downstream, events);
        },
        renewed: () => each((relay) => relay.changed(downstream)),
        asked: (method, message, within) => {
          // What is asked within no request the first one refuses, where there are several.
          const [first] = relays;
          (serving(within) ?? first)?.asked(downstream, method, message, within);
        },
        notified: (method, message, within) => {
          const only = serving(within);
          if (only !== undefined) only.notified(downstream, method, message, within);
          else each((relay) => relay.notified(downstream, method, message));
        },
        stdoutLine: (line) => events.publish("serverSaid", { server: name, from: "stdout", line }),
        oddity: (text, topic) => events.publish("oddity", { server: name, text, ...(topic && { topic }) }),
        defect: (cause) => events.publish("defect", { cause }),
      },
    });
    const leave = async (): Promise<void> => {
      isLeaving = true;
      await downstream.drain(leaveMs, leaveReason);
      pinning.forget(one);
    };
    const one: Member = {
      downstream,
      relays,
      era: () => downstream.era ?? verdicts.known(key),
      leave: () => {
        left ??= leave();
        return left;
      },
      stop: async () => {
        await downstream.stop();
        pinning.forget(one);
      },
    };
    pinning.watch(one);
    return one;
  };
  const stopStarting = (): void => {
    for (const shell of shells) shell.signalGroup("SIGKILL");
  };
  let served = config;
  return {
    get config() {
      return served;
    },
    become: (next) => {
      served = next;
    },
    system,
    events,
    users: new Users(),
    held,
    secrets,
    redact,
    pins: pinning.of,
    finderIn,
    member,
    stopStarting,
    kill: () => {
      stopStarting();
      opener.close();
    },
  };
}

/** What waits for a server to read it, and what of its next message has come, counts until its link has closed. */
function watched(held: HeldBytes, open: OpenLink): OpenLink {
  return async (linkEvents) => {
    let forget: (() => void) | undefined;
    let isClosed = false;
    const closed = (reason: string): void => {
      isClosed = true;
      forget?.();
      linkEvents.closed(reason);
    };
    const link = await open({ ...linkEvents, closed });
    if (!isClosed) forget = held.watch(link.heldBytes);
    return link;
  };
}

/** Why a link could not be opened or has closed is told to the client, and may quote the configuration or the server. */
function withoutSecrets(
  open: OpenLink,
  redact: (text: string) => string,
  explain: (reason: string) => string,
): OpenLink {
  return async (linkEvents) => {
    try {
      return await open({
        ...linkEvents,
        closed: (reason) => linkEvents.closed(redact(explain(reason))),
        failed: (id, failure) => linkEvents.failed?.(id, { ...failure, text: redact(failure.text) }),
      });
    } catch (cause) {
      const text = redact(cause instanceof Error ? cause.message : String(cause));
      if (cause instanceof LoginRequired) throw new LoginRequired(text, { cause });
      throw cause instanceof Unopenable ? new Unopenable(text, { cause }) : new Error(text, { cause });
    }
  };
}
