import type { LimitFunction } from "p-limit";
import { authServerOf } from "../auth/auth-server.ts";
import type { Keeper, Keepers } from "../auth/keeper.ts";
import type { Offer } from "../catalog/definition.ts";
import { readParamHeaders } from "../catalog/param-headers.ts";
import type { Config, ServerConfig, StdioLaunch } from "../config/config.ts";
import type { Traffic } from "../downstream/brake.ts";
import type { Events } from "../events.ts";
import { systemOutbound } from "../ports/network.ts";
import type { System } from "../ports/system.ts";
import { startChild } from "../process/child.ts";
import { childEnvironment } from "../process/environment.ts";
import type { CommandError, CommandFinder } from "../process/path.ts";
import { openHttpClient } from "../transport/http-client.ts";
import { LoginRequired, type OpenLink, Unopenable } from "../transport/link.ts";
import { NotOpened, openSseClient } from "../transport/sse-client.ts";
import { openStdioChild } from "../transport/stdio-child.ts";
import type { Turns } from "../transport/turns.ts";
import type { ParamHeader } from "../wire/header-value.ts";

/** What all servers start with. */
type Shared = {
  readonly finder: CommandFinder;
  readonly spawning: LimitFunction;
  readonly turns: Turns;
  readonly traffic: Traffic;
  readonly system: System;
  /** As whom tutti is signed in to servers. */
  readonly keepers: Keepers;
};

/** Opens the links to servers, whatever carries them. */
export type Opener = {
  /** `offer`: what the server offers by now. */
  readonly open: (server: ServerConfig, offer: () => Offer) => OpenLink;
  /** Ends the connections that are kept for later. */
  readonly close: () => void;
};

export function createOpener(config: Config, events: Events, shared: Shared): Opener {
  const { limits, caFiles } = config;
  const { env, clock } = shared.system;
  const outbound = systemOutbound({ env, caFiles });
  const surroundings = { outbound, clock, turns: shared.turns };
  return {
    open: (server, offer) => {
      const { launch, name } = server;
      if (launch.kind === "stdio") return openChild(name, launch, config, shared, events);
      const remote = {
        url: new URL(launch.url),
        headers: launch.headers,
        paramHeaders: (tool: string) => paramHeadersOf(offer(), tool),
        signIn: keeperOf(server, shared.keepers),
      };
      return launch.kind === "sse"
        ? async (linkEvents) => await openSseClient(remote, { limits }, surroundings, linkEvents).catch(explained)
        : async (linkEvents) => openHttpClient(remote, { limits }, surroundings, linkEvents);
    },
    close: () => outbound.close(),
  };
}

/** As whom tutti is signed in to the server; undefined where nobody signs in to it. */
export function keeperOf(server: ServerConfig, keepers: Keepers): Keeper | undefined {
  const known = authServerOf(server);
  return known && keepers.of(known);
}

function explained(cause: unknown): never {
  const isRefused = cause instanceof NotOpened && cause.failure.code === "login_required";
  throw isRefused ? new LoginRequired(cause.message, { cause }) : cause;
}

/** What calls of a tool repeat in headers; its name is its server's own. */
function paramHeadersOf({ tools }: Offer, tool: string): readonly ParamHeader[] {
  const definition = tools.definitions.find(({ key }) => key === tool);
  const headers = definition === undefined ? [] : readParamHeaders(definition.bytes);
  return typeof headers === "string" ? [] : headers;
}

/** Why the system starts no process, where trying again alone does not help. */
const lasting: ReadonlySet<string | undefined> = new Set(["ENOENT", "EACCES", "E2BIG"]);

function openChild(
  name: string,
  launch: StdioLaunch,
  { limits }: Config,
  { finder, spawning, turns, traffic, system }: Shared,
  events: Events,
): OpenLink {
  const { clock, spawn } = system;
  return async (linkEvents) => {
    const { command, path } = await finder.find(launch).catch((cause: CommandError) => {
      throw new Unopenable(cause.message, { cause });
    });
    return await spawning(async () => {
      await new Promise<void>((resolve) => clock.soon(resolve));
      const env = childEnvironment(system.env, { ...launch.env, PATH: path }, system.platform);
      const child = startChild(
        { command, args: launch.args, env, cwd: launch.cwd },
        { spawn, clock },
        {
          stderrLine: (line) => events.publish("serverSaid", { server: name, from: "stderr", line }),
          replies: () => traffic.replies,
        },
      );
      if (child.pid === undefined) {
        const end = await child.ended;
        if (end.kind === "not_started") {
          throw lasting.has(end.code) ? new Unopenable(end.reason) : new Error(end.reason);
        }
      }
      return openStdioChild(child, limits, clock, linkEvents, turns);
    });
  };
}
