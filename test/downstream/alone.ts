import { expect, onTestFinished } from "vitest";
import type { ServerConfig } from "../../src/config/config.ts";
import { Downstream } from "../../src/downstream/downstream.ts";
import type { Era, Identity } from "../../src/downstream/handshake.ts";
import { openLineLink } from "../../src/transport/line-link.ts";
import { type FakeClock, fakeClock } from "../support/clock.ts";
import { FakeServer, type ServerScript } from "../support/fake-server.ts";
import { pipe } from "../support/peer.ts";

const config: ServerConfig = {
  name: "alpha",
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
  tools: { include: [], exclude: [], rename: new Map(), annotations: [] },
};

/** One server of tutti without a relay, on a clock of its own. */
export type Alone = {
  readonly downstream: Downstream;
  readonly server: FakeServer;
  readonly clock: FakeClock;
  /** Resolves when its start is over. */
  readonly started: Promise<void>;
  readonly oddities: readonly string[];
  /** What became of its verdict, in order: an era that was learnt, or `"forgotten"`. */
  readonly verdicts: readonly (Era | "forgotten")[];
  /** How many links were opened, and how many of them were told to stop. */
  readonly links: { opened: number; stopped: number };
};

/** Starts a server that behaves as `script` says. */
export function startAlone(
  script: ServerScript,
  options: {
    readonly known?: Era;
    readonly config?: Partial<ServerConfig>;
    readonly who?: () => Promise<Identity>;
    /** A link takes so long to stop. */
    readonly stopMs?: number;
  } = {},
): Alone {
  const { known, who = async () => ({ capabilities: "{}", info: '{"name":"x","version":"1"}' }), stopMs } = options;
  const server = new FakeServer({ tools: ["do"], ...script });
  const clock = fakeClock();
  const oddities: string[] = [];
  const verdicts: (Era | "forgotten")[] = [];
  const links = { opened: 0, stopped: 0 };
  const defects: unknown[] = [];
  onTestFinished(() => expect(defects).toEqual([]));
  const ignore = (): void => {};
  const downstream = new Downstream({
    config: { ...config, ...options.config },
    version: "1.2.3",
    redact: (text) => text,
    who,
    verdicts: {
      known: () => known,
      learn: (_, era) => void verdicts.push(era),
      forget: () => void verdicts.push("forgotten"),
      saved: async () => {},
    },
    launchKey: "alpha",
    openLink: async (events) => {
      await server.whenOpen;
      if (script.fails !== undefined) throw new Error(script.fails);
      links.opened++;
      const { ours, theirs } = pipe();
      server.connect(theirs);
      const link = openLineLink(ours, { maxMessageBytes: 1 << 20, maxDepth: 64 }, clock, events);
      const kill = (): void => {
        link.end();
        ours.input.destroy();
      };
      const stop = async (): Promise<void> => {
        links.stopped++;
        if (stopMs !== undefined) await new Promise<void>((resolve) => clock.after(stopMs, resolve));
        kill();
      };
      return { ...link, kill, stop };
    },
    isShared: false,
    clock,
    random: (count) => Buffer.alloc(count, 0xff),
    events: {
      breakerChanged: ignore,
      offerChanged: ignore,
      stateChanged: ignore,
      renewed: ignore,
      asked: ignore,
      notified: ignore,
      stdoutLine: ignore,
      oddity: (text) => void oddities.push(text),
      defect: (cause) => void defects.push(cause),
    },
  });
  const started = downstream.start();
  return { downstream, server, clock, started, oddities, verdicts, links };
}
