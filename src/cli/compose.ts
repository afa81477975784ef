import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import pLimit, { type LimitFunction } from "p-limit";
import { counted } from "../catalog/definition.ts";
import type { Config, ServerConfig } from "../config/config.ts";
import { stateFolder } from "../config/state-folder.ts";
import { Downstream } from "../downstream/downstream.ts";
import type { Identity } from "../downstream/handshake.ts";
import { createVerdicts, launchKey } from "../downstream/verdicts.ts";
import type { Events } from "../events.ts";
import { noMetaTools } from "../metatools/index.ts";
import { createRedactor } from "../observe/redact.ts";
import { systemClock, systemDate } from "../ports/clock.ts";
import { systemFiles, systemStateFiles } from "../ports/files.ts";
import { systemRandom } from "../ports/random.ts";
import { type StartedProcess, systemSpawn } from "../ports/spawn.ts";
import { startChild } from "../process/child.ts";
import { childEnvironment } from "../process/environment.ts";
import { type CommandFinder, createCommandFinder } from "../process/path.ts";
import { Relay } from "../relay/relay.ts";
import type { OpenLink } from "../transport/link.ts";
import { openStdioChild } from "../transport/stdio-child.ts";
import { Turns } from "../transport/turns.ts";

/** Servers that are spawned in one turn of the event loop, which each of them blocks for some ms. */
const spawnsPerTurn = 1;

/** A whole tutti without a client: the relay and its servers. */
export type Tutti = {
  readonly relay: Relay;
  /** In the order of the configuration, without the disabled ones. */
  readonly downstreams: readonly Downstream[];
  /** Starts all servers at once. Resolves when each is ready or has failed; never rejects. */
  readonly start: () => Promise<void>;
  /** Ends all of them at once; resolves when nothing of them is left. */
  readonly stop: () => Promise<void>;
  /** The same at once and synchronously. */
  readonly kill: () => void;
};

/** Builds the relay and its servers on the real machine; starts nothing yet. `who`: for whom servers are started. */
export function compose(config: Config, version: string, events: Events, who: () => Promise<Identity>): Tutti {
  const shells: StartedProcess[] = [];
  const killShells = (): void => {
    for (const shell of shells) shell.signalGroup("SIGKILL");
  };
  const finder = createCommandFinder({
    env: process.env,
    home: homedir(),
    platform: process.platform,
    marker: randomUUID(),
    files: systemFiles,
    // A shell that is asked for its PATH may hang in its start-up files, and must not outlive us.
    spawn: {
      ...systemSpawn,
      start: (launch) => {
        const shell = systemSpawn.start(launch);
        shells.push(shell);
        return shell;
      },
    },
    clock: systemClock,
  });
  const spawning = pLimit(spawnsPerTurn);
  const turns = new Turns(systemClock);
  const redact = createRedactor(config.secrets);
  const folder = stateFolder({ env: process.env, home: homedir(), platform: process.platform });
  const verdicts = createVerdicts({
    path: join(folder, "eras.json"),
    files: systemStateFiles,
    date: systemDate,
    failed: (reason) => {
      const text = `what protocol each server speaks is not remembered, so each start asks again: ${reason}`;
      events.publish("notice", { text });
    },
  });
  const opener = (server: ServerConfig): OpenLink =>
    withoutSecrets(openLink(server, config, { finder, spawning, turns }, events), redact);
  const downstreams: Downstream[] = config.servers
    .filter(({ disabled }) => !disabled)
    .map((server) => {
      const { name } = server;
      const downstream: Downstream = new Downstream({
        config: server,
        version,
        openLink: opener(server),
        who,
        verdicts,
        launchKey: launchKey(server.launch, version),
        redact,
        isShared: false,
        clock: systemClock,
        events: {
          offerChanged: () => relay.update(downstream),
          stateChanged: () => {
            relay.changed(downstream);
            publishState(downstream, events);
          },
          renewed: () => relay.changed(downstream),
          asked: (method, message) => relay.asked(downstream, method, message),
          notified: (method, message) => relay.notified(downstream, method, message),
          stdoutLine: (line) => events.publish("serverSaid", { server: name, from: "stdout", line }),
          oddity: (text) => events.publish("oddity", { server: name, text }),
          defect: (cause) => events.publish("defect", { cause }),
        },
      });
      return downstream;
    });
  const relay = new Relay({
    config,
    downstreams,
    clock: systemClock,
    events,
    sealKey: systemRandom(32),
    metaTools: noMetaTools,
  });
  return {
    relay,
    downstreams,
    start: () => relay.start(who),
    stop: async () => {
      relay.answerLists();
      killShells();
      await Promise.all(downstreams.map((downstream) => downstream.stop()));
    },
    kill: () => {
      killShells();
      for (const downstream of downstreams) downstream.kill();
    },
  };
}

/** What all servers start with. */
type Shared = { readonly finder: CommandFinder; readonly spawning: LimitFunction; readonly turns: Turns };

function openLink(
  { name, launch }: ServerConfig,
  { limits }: Config,
  { finder, spawning, turns }: Shared,
  events: Events,
): OpenLink {
  return async (linkEvents) => {
    if (launch.kind !== "stdio") {
      throw new Error(`servers at a URL are not supported yet; this version starts servers by "command"`);
    }
    const { command, path } = await finder.find(launch);
    return await spawning(async () => {
      await new Promise<void>((resolve) => systemClock.soon(resolve));
      const env = childEnvironment(process.env, { ...launch.env, PATH: path }, process.platform);
      const child = startChild(
        { command, args: launch.args, env, cwd: launch.cwd },
        { spawn: systemSpawn, clock: systemClock },
        { stderrLine: (line) => events.publish("serverSaid", { server: name, from: "stderr", line }) },
      );
      return openStdioChild(child, limits, systemClock, linkEvents, turns);
    });
  };
}

/** Why a link could not be opened or has closed is told to the client, and may quote the configuration or the server. */
function withoutSecrets(open: OpenLink, redact: (text: string) => string): OpenLink {
  return async (linkEvents) => {
    try {
      return await open({ ...linkEvents, closed: (reason) => linkEvents.closed(redact(reason)) });
    } catch (cause) {
      throw new Error(redact(cause instanceof Error ? cause.message : String(cause)), { cause });
    }
  };
}

function publishState({ name, state, offer }: Downstream, events: Events): void {
  if (state.kind === "ready") {
    const tools = counted("tools", offer.tools.definitions.length);
    const text = `ready with ${tools} in ${(state.startedInMs / 1000).toFixed(1)} s`;
    events.publish("serverChanged", { server: name, state: "ready", text });
  } else if (state.kind === "down") {
    const text = state.isFailure ? `did not start: ${state.reason}` : state.reason;
    events.publish("serverChanged", { server: name, state: state.isFailure ? "failed" : "ended", text });
  }
}
