import { serverInfo } from "../client/handshake.ts";
import { HttpClients } from "../client/http-clients.ts";
import { ConfigError } from "../config/config-error.ts";
import { systemListener } from "../ports/listener.ts";
import { systemRandom } from "../ports/random.ts";
import { isLoopback } from "../transport/http-guards.ts";
import { type HttpRequest, serveHttp } from "../transport/http-server.ts";
import type { Invocation } from "./commands.ts";
import { Fleet } from "./fleet.ts";
import { readHttpAddress } from "./http-address.ts";
import { httpTokens } from "./http-tokens.ts";
import type { Machine } from "./machine.ts";
import { repeatedArguments } from "./repeated-arguments.ts";

/** One on which a client listens, and some on which it calls. */
const connectionsPerClient = 4;

/** What serves clients over HTTP, as `Serving`. */
export type HttpServing = {
  readonly fleet: Fleet;
  /** Has the tokens be those that are there now; says so where they are others. */
  readonly renewTokens: () => void;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly kill: () => void;
};

/** Listens for clients over HTTP. Throws a ConfigError where it cannot, or must not. */
export async function serveOverHttp(machine: Machine, invocation: Invocation): Promise<HttpServing> {
  const { config, events } = machine;
  const { version, options } = invocation;
  const { http = "", "token-file": tokenFile } = options;
  const { host, port } = readHttpAddress(http);
  let tokens = httpTokens(tokenFile);
  if (tokens.length === 0 && !isLoopback(host)) {
    const cure = "Name a file with tokens (--token-file) or set TUTTI_HTTP_TOKEN; or serve localhost.";
    throw new ConfigError(`--http ${http}: other machines can reach it, so clients must bring a token. ${cure}`);
  }
  const fleet = new Fleet(machine, { capabilities: "{}", info: serverInfo(version) });
  const repeated = repeatedArguments();
  const clients = new HttpClients({
    version,
    limits: config.limits,
    clock: machine.system.clock,
    random: systemRandom,
    firstInstructions: () => "",
    paramHeaders: (client, tool) => repeated(fleet.catalogOf(client), tool),
    idleMs: config.http.idleMs,
    maxClients: config.http.maxClients,
    defect: (cause) => events.publish("defect", { cause }),
    arrived: (client, { isLazy }) => {
      client.isLazy = isLazy;
      client.firstAbout = () => fleet.common.relay.about(client);
      fleet.arrived(client);
    },
  });
  const { hosts, origins, maxClients } = config.http;
  const maxUnreadBytes = config.limits.maxHeldBytes;
  const limits = { maxConnections: connectionsPerClient * maxClients, maxUnreadBytes };
  const defect = (cause: unknown): void => events.publish("defect", { cause });
  const accept = (request: HttpRequest): void => clients.accept(request);
  const server = await serveHttp(
    { host, port, tokens, hosts, origins, limits, accept, defect, isReady: () => fleet.isReady },
    { listener: systemListener, clock: machine.system.clock },
  ).catch((cause: Error) => {
    throw new ConfigError(cause.message, { cause });
  });
  machine.held.watch(server.heldBytes);
  events.publish("listening", { urls: server.addresses.map((address) => `http://${address}/mcp`) });
  return {
    fleet,
    renewTokens: () => {
      const before = tokens;
      try {
        tokens = httpTokens(tokenFile);
      } catch (cause) {
        // It was another one when the configuration was read just now, and is read again.
        events.publish("unusable", { text: (cause as Error).message });
        return;
      }
      const added = tokens.filter((one) => !before.includes(one)).length;
      const gone = before.filter((one) => !tokens.includes(one)).length;
      if (added + gone === 0) return;
      clients.keepOnly(server.setTokens(tokens));
      const text = [added > 0 ? `${countedTokens(added)} more` : "", gone > 0 ? `${countedTokens(gone)} fewer` : ""];
      events.publish("notice", {
        text: `clients over HTTP must bring one of other tokens than before: ${text.filter((one) => one !== "").join(", ")}`,
      });
    },
    start: () => fleet.start(),
    stop: async () => {
      clients.stop();
      await Promise.all([server.stop(), fleet.stop()]);
    },
    kill: () => fleet.kill(),
  };
}

function countedTokens(count: number): string {
  return `${count} token${count === 1 ? "" : "s"}`;
}
