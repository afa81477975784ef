import { expect, onTestFinished } from "vitest";
import type { Config, ServerConfig } from "../../src/config/config.ts";
import { Downstream } from "../../src/downstream/downstream.ts";
import type { Identity } from "../../src/downstream/handshake.ts";
import type { Seen } from "../../src/downstream/memory.ts";
import { type CallEnded, Events } from "../../src/events.ts";
import { type MetaTools, noMetaTools } from "../../src/metatools/index.ts";
import { Relay } from "../../src/relay/relay.ts";
import type { LinkEvents, OpenLink } from "../../src/transport/link.ts";
import {
  type ClientCarrier,
  clientsOverLines,
  type ServerCarrier,
  type ServerSide,
  serverOverLines,
} from "./carriers.ts";
import { type FakeClock, fakeClock } from "./clock.ts";
import type { FakeClient } from "./fake-client.ts";
import { FakeServer, type ServerScript } from "./fake-server.ts";
import { forgetSockets } from "./http-transit.ts";
import type { Streams } from "./peer.ts";
import { until } from "./turns.ts";

/** A server of the stage: how it behaves, and how it is configured. */
export type OnStage = ServerScript & {
  readonly config?: Partial<Omit<ServerConfig, "tools">> & Tools;
  /** Whether its link stays open though it is stopped, as that of a process does that takes its time to end. */
  readonly isSlowToStop?: boolean;
  /** What is remembered of it. */
  readonly seen?: Seen;
};
type Tools = { readonly tools?: Partial<ServerConfig["tools"]> };

export type StageOptions<N extends string> = {
  readonly servers: Readonly<Record<N, OnStage>>;
  readonly errors?: Config["errors"];
  readonly waitMs?: number;
  readonly limits?: Partial<Config["limits"]>;
  /** Whether to wait until every server that is not held is ready or has failed. Default true. */
  readonly isReady?: boolean;
  /** Whether servers are greeted at once, for a client that can do nothing, and not for the first one that speaks. Default: as `isReady`. */
  readonly isGreeted?: boolean;
  readonly instructions?: Config["instructions"];
  readonly hygiene?: Config["hygiene"];
  /** Default: there is no `call_tools`, so that lists hold what servers list alone. */
  readonly metaTools?: MetaTools;
  /** Whether the servers are such as several clients use. */
  readonly isShared?: boolean;
  readonly callTools?: Partial<Config["callTools"]>;
  /** Bytes that a pipe to the client holds before it is full. */
  readonly clientHolds?: number;
  /** Default: lines, as over stdio. */
  readonly carriers?: Carriers;
};

export type Carriers = {
  readonly clients: ClientCarrier;
  /** One for each server. */
  readonly servers: (script: OnStage) => ServerCarrier;
};

/** What tutti has published. */
type Published = {
  readonly oddities: string[];
  readonly stdoutLines: string[];
  readonly ended: CallEnded[];
};

/** The whole relay, as it is, between one fake client and fake servers, on a clock of its own. */
export type Stage<N extends string> = {
  readonly client: FakeClient;
  /** Connects one more client. */
  readonly openClient: () => FakeClient;
  readonly servers: Readonly<Record<N, FakeServer>>;
  readonly clock: FakeClock;
  readonly relay: Relay;
  readonly downstreams: Readonly<Record<N, Downstream>>;
  readonly published: Published;
  /** Where everything is published. */
  readonly events: Events;
  /** Defects of tutti; a test that wants some takes them out. */
  readonly defects: unknown[];
  /** Tutti's own ends of the streams, where there are any: the client's, then each server's. */
  readonly streams: Streams[];
};

const mib = 1024 * 1024;
const limits = { maxMessageBytes: 32 * mib, maxDepth: 512, maxOpenRequests: 1024, maxHeldBytes: 256 * mib };

export async function stage<const N extends string>(options: StageOptions<N>): Promise<Stage<N>> {
  const names = Object.keys(options.servers) as N[];
  const clock = fakeClock();
  const published: Published = { oddities: [], stdoutLines: [], ended: [] };
  const defects: unknown[] = [];
  onTestFinished(forgetSockets);
  onTestFinished(() => expect(defects).toEqual([]));
  const events = new Events();
  events.subscribe({
    oddity: ({ server, text }) => published.oddities.push(`${server}: ${text}`),
    serverSaid: ({ server, line }) => published.stdoutLines.push(`${server}: ${line}`),
    notice: ({ text }) => published.oddities.push(text),
    callEnded: (event) => published.ended.push(event),
    defect: ({ cause }) => defects.push(cause),
  });
  const streams: Streams[] = [];
  const carriers = options.carriers ?? { clients: clientsOverLines, servers: () => serverOverLines };
  const bounds = { ...limits, ...options.limits };
  const config: Config = {
    files: [],
    servers: names.map((name) => serverConfig(name, options.servers[name].config)),
    startup: { mode: "cached", waitMs: options.waitMs ?? 8000 },
    errors: options.errors ?? "result",
    instructions: options.instructions ?? "digest",
    pins: "off",
    hygiene: options.hygiene ?? "flag",
    callTools: { scope: "off", deadlineMs: 50_000, maxTokens: 20_000, ...options.callTools },
    results: { maxTokens: 0 },
    http: { hosts: [], origins: [], idleMs: 1_800_000, maxClients: 256, maxSets: 16 },
    caFiles: [],
    limits: bounds,
    log: { level: "silent", file: false },
    secrets: [],
    notices: [],
    exposed: [],
  };
  // Servers are greeted for the first client that says who it is.
  let greet = (_: Identity): void => {};
  const whoever = new Promise<Identity>((resolve) => {
    greet = resolve;
  });
  if (options.isGreeted ?? options.isReady !== false)
    greet({ capabilities: "{}", info: '{"name":"stage","version":"1"}' });
  const servers = names.map((name) => new FakeServer(options.servers[name]));
  const downstreams = config.servers.map((server, index): Downstream => {
    const downstream: Downstream = new Downstream({
      config: server,
      version: "1.2.3",
      redact: (text) => text,
      who: () => whoever,
      isShared: options.isShared ?? false,
      verdicts: { known: () => undefined, learn: () => {}, forget: () => {}, saved: async () => {} },
      launchKey: server.name,
      seen: options.servers[server.name as N].seen,
      openLink: opener(servers[index] as FakeServer, options.servers[names[index] as N], carriers, (events) => ({
        events,
        limits: bounds,
        clock,
        holds: (own) => void streams.push(own),
      })),
      clock,
      random: (count) => Buffer.alloc(count, 0xff),
      events: {
        breakerChanged: () => {},
        offerChanged: () => relay.update(downstream),
        stateChanged: () => relay.changed(downstream),
        renewed: () => relay.changed(downstream),
        asked: (method, message, within) => relay.asked(downstream, method, message, within),
        notified: (method, message, within) => relay.notified(downstream, method, message, within),
        stdoutLine: (line) => events.publish("serverSaid", { server: server.name, from: "stdout", line }),
        oddity: (text) => events.publish("oddity", { server: server.name, text }),
        defect: (cause) => events.publish("defect", { cause }),
      },
    });
    return downstream;
  });
  const relay = new Relay({
    config,
    downstreams,
    clock,
    events,
    sealKey: Buffer.alloc(32, 7),
    metaTools: options.metaTools ?? noMetaTools,
  });
  let hold = (own: Streams): void => void streams.unshift(own);
  const openClient = await carriers.clients({
    limits: bounds,
    clock,
    version: "1.2.3",
    defect: (cause) => void defects.push(cause),
    arrived: (one) => {
      void one.identity.then(greet);
      relay.addClient(one);
    },
    holds: (own) => hold(own),
    clientHolds: options.clientHolds,
  });
  const client = openClient();
  hold = () => {};
  void relay.start(() => whoever);
  if (options.isReady !== false) {
    const awaited = downstreams.filter(({ name }) => !options.servers[name as N].isHeld);
    const areReady = () => awaited.every(({ state }) => state.kind !== "starting");
    await until(areReady, () => "that all servers are ready");
  }
  return {
    client,
    openClient,
    servers: Object.fromEntries(servers.map((server, index) => [names[index], server])) as Record<N, FakeServer>,
    clock,
    relay,
    downstreams: Object.fromEntries(downstreams.map((one) => [one.name, one])) as Record<N, Downstream>,
    published,
    events,
    defects,
    streams,
  };
}

/** A server's configuration: the defaults but for `some`. */
export function serverConfig(name: string, some: OnStage["config"] = {}): ServerConfig {
  return {
    name,
    disabled: false,
    prefix: true,
    shared: undefined,
    pins: undefined,
    launch: { kind: "stdio", command: "/fake", args: [], env: {}, cwd: "/" },
    maxConcurrentCalls: 0,
    maxQueuedCalls: 256,
    maxQueuedBytes: 16 * 1024 * 1024,
    callTimeoutMs: 300_000,
    callTimeoutCapMs: 3_600_000,
    askTimeoutMs: 300_000,
    connectTimeoutMs: 30_000,
    restartMinMs: 500,
    restartMaxMs: 30_000,
    breakerFailures: 5,
    breakerPauseMs: 5_000,
    idleStopMs: 0,
    lazyStart: false,
    ...some,
    tools: { include: [], exclude: [], rename: new Map(), annotations: [], ...some.tools },
  };
}

function opener(
  server: FakeServer,
  script: OnStage,
  carriers: Carriers,
  side: (events: LinkEvents) => ServerSide,
): OpenLink {
  return async (events) => {
    await server.whenOpen;
    if (script.fails !== undefined) throw new Error(script.fails);
    return await carriers.servers(script)(server, script, side(events));
  };
}
