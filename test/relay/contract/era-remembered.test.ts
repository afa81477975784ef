import { describe, expect, test } from "vitest";
import type { ServerConfig } from "../../../src/config/config.ts";
import { Downstream } from "../../../src/downstream/downstream.ts";
import { createVerdicts, launchKey } from "../../../src/downstream/verdicts.ts";
import type { StateFiles } from "../../../src/ports/files.ts";
import { openLineLink } from "../../../src/transport/line-link.ts";
import { requirement } from "../../requirements.ts";
import { fakeClock } from "../../support/clock.ts";
import type { Era } from "../../support/envelope.ts";
import { FakeServer, type ServerScript } from "../../support/fake-server.ts";
import { pipe } from "../../support/peer.ts";

const dayMs = 24 * 60 * 60 * 1000;
const version = "1.2.3";
const config: ServerConfig = {
  name: "alpha",
  disabled: false,
  prefix: true,
  shared: undefined,
  pins: undefined,
  launch: { kind: "stdio", command: "/fake", args: ["--x"], env: { TOKEN: "s3cret" }, cwd: "/" },
  maxConcurrentCalls: 0,
  maxQueuedCalls: 256,
  maxQueuedBytes: 16_777_216,
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

/** A disk with one file, and a date. */
function machine() {
  const it = { text: undefined as string | undefined, date: Date.parse("2026-11-22T12:00:00Z") };
  const files: StateFiles = {
    readText: () => it.text,
    rewrite: async (_path, change) => {
      it.text = change(it.text);
    },
  };
  return Object.assign(it, { files });
}

/** One start of tutti on this machine, until the server is ready or has failed. */
async function start({ files, date }: ReturnType<typeof machine>, script: ServerScript, launched = config) {
  const server = new FakeServer({ tools: ["do"], ...script });
  const clock = fakeClock();
  const verdicts = createVerdicts({ path: "/state/eras.json", files, date: () => date, failed: () => {} });
  const ignore = () => {};
  const downstream = new Downstream({
    config: launched,
    version,
    redact: (text) => text,
    who: async () => ({ capabilities: "{}", info: '{"name":"x","version":"1"}' }),
    verdicts,
    launchKey: launchKey(launched.launch, version),
    openLink: async (events) => {
      const { ours, theirs } = pipe();
      server.connect(theirs);
      const link = openLineLink(ours, { maxMessageBytes: 1 << 20, maxDepth: 64 }, clock, events);
      return { ...link, kill: () => link.end(), stop: async () => link.end() };
    },
    isShared: false,
    clock,
    random: (count) => Buffer.alloc(count),
    events: {
      breakerChanged: ignore,
      offerChanged: ignore,
      stateChanged: ignore,
      renewed: ignore,
      asked: ignore,
      notified: ignore,
      stdoutLine: ignore,
      oddity: ignore,
      defect: (cause) => {
        throw cause;
      },
    },
  });
  await downstream.start();
  await verdicts.saved();
  return {
    kind: downstream.state.kind,
    probes: server.count("server/discover"),
    greetings: server.count("initialize"),
  };
}

const eras: readonly Era[] = ["legacy", "modern"];

describe(requirement("era.remembered"), () => {
  for (const era of eras) {
    const greetings = era === "legacy" ? 1 : 0;

    test(`a server that is ${era}`, async () => {
      const on = machine();
      expect(await start(on, { era })).toEqual({ kind: "ready", probes: 1, greetings });
      expect(on.text).not.toContain("s3cret");
      // A server of the newer era is asked what it offers, which is no question of its era.
      const probes = era === "legacy" ? 0 : 1;
      expect(await start(on, { era })).toEqual({ kind: "ready", probes, greetings });
    });
  }

  test("but not of another launch, for more than thirty days, or from a file that cannot be read", async () => {
    const on = machine();
    await start(on, {});
    const other = { ...config, launch: { ...config.launch, args: ["--y"] } as ServerConfig["launch"] };
    expect(await start(on, {}, other)).toMatchObject({ probes: 1 });
    expect(await start({ ...on, text: on.text, date: on.date + 31 * dayMs, files: on.files }, {})).toMatchObject({
      probes: 1,
    });
    on.text = '{"broken';
    expect(await start(on, {})).toEqual({ kind: "ready", probes: 1, greetings: 1 });
  });
});

describe(requirement("era.forgotten"), () => {
  test("a server that was updated to the newer era", async () => {
    const on = machine();
    await start(on, { era: "legacy" });
    expect(await start(on, { era: "modern" })).toMatchObject({ kind: "ready", greetings: 1 });
    expect(await start(on, { era: "modern" })).toMatchObject({ kind: "ready", greetings: 0 });
  });

  test("a server that went back to the older era", async () => {
    const on = machine();
    await start(on, { era: "modern" });
    expect(await start(on, { era: "legacy" })).toMatchObject({ kind: "ready", greetings: 1 });
    expect(await start(on, { era: "legacy" })).toEqual({ kind: "ready", probes: 0, greetings: 1 });
  });
});
