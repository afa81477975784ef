import { expect, onTestFinished } from "vitest";
import type { ServerConfig } from "../../src/config/config.ts";
import type { Call } from "../../src/downstream/call.ts";
import { Downstream } from "../../src/downstream/downstream.ts";
import type { Era, Identity } from "../../src/downstream/handshake.ts";
import type { CallError } from "../../src/errors.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { openHttpClient, type RemoteServer } from "../../src/transport/http-client.ts";
import { slot } from "../../src/wire/members.ts";
import { encodeString, type Message } from "../../src/wire/message.ts";
import { network } from "../support/outbound.ts";

const config: ServerConfig = {
  name: "far",
  disabled: false,
  prefix: true,
  shared: undefined,
  pins: undefined,
  launch: { kind: "stdio", command: "/none", args: [], env: {}, cwd: "/" },
  maxConcurrentCalls: 0,
  maxQueuedCalls: 256,
  maxQueuedBytes: 16 * 1024 * 1024,
  callTimeoutMs: 20_000,
  callTimeoutCapMs: 20_000,
  askTimeoutMs: 20_000,
  connectTimeoutMs: 10_000,
  restartMinMs: 500,
  restartMaxMs: 30_000,
  breakerFailures: 5,
  breakerPauseMs: 5_000,
  idleStopMs: 0,
  lazyStart: false,
  tools: { include: [], exclude: [], rename: new Map(), annotations: [] },
};

const ada: Identity = { capabilities: '{"elicitation":{},"roots":{}}', info: '{"name":"ada","version":"7"}' };

/** What became of a call. */
export type Ended = {
  /** The reply's result; undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly result?: any;
  /** Code and message of the server's error. */
  readonly error?: string;
  /** Why there is no reply. */
  readonly failure?: CallError;
  /** The messages of its progress. */
  readonly progress: readonly string[];
};

/** One server of tutti over HTTP, without a relay. */
export type Remote = {
  readonly downstream: Downstream;
  readonly started: Promise<void>;
  readonly learnt: readonly (Era | "forgotten")[];
  readonly notified: readonly string[];
  readonly oddities: readonly string[];
  readonly asked: readonly Message[];
  readonly renewals: () => number;
  readonly call: (name: string, args?: string) => Calling;
};

export type Calling = {
  readonly ended: Promise<Ended>;
  readonly cancel: () => void;
};

/** Starts, as tutti does, the server at `url`; `answer` answers what it asks. */
export function startRemote(
  url: URL,
  options: Partial<RemoteServer> & {
    readonly known?: Era;
    readonly answer?: (method: string, message: Message) => string;
    readonly config?: Partial<ServerConfig>;
  } = {},
): Remote {
  const { headers = {}, paramHeaders = () => [], known, answer = () => '"result":{}' } = options;
  const learnt: (Era | "forgotten")[] = [];
  const notified: string[] = [];
  const oddities: string[] = [];
  const asked: Message[] = [];
  const defects: unknown[] = [];
  let renewals = 0;
  const outbound = network();
  const downstream = new Downstream({
    config: { ...config, ...options.config },
    version: "1.2.3",
    redact: (text) => text,
    who: async () => ada,
    verdicts: {
      known: () => known,
      learn: (_, era) => void learnt.push(era),
      forget: () => void learnt.push("forgotten"),
      saved: async () => {},
    },
    launchKey: "far",
    isShared: false,
    openLink: async (events) =>
      openHttpClient(
        { url, headers, paramHeaders },
        { limits: { maxMessageBytes: 1 << 22, maxDepth: 64 } },
        { outbound, clock: systemClock },
        events,
      ),
    clock: systemClock,
    random: (count) => Buffer.alloc(count),
    events: {
      breakerChanged: () => {},
      offerChanged: () => {},
      stateChanged: () => {},
      renewed: () => void renewals++,
      asked: (method, message) => {
        asked.push(message);
        downstream.answer(`{"jsonrpc":"2.0","id":${message.raw(slot.id)},${answer(method, message)}}`);
      },
      notified: (method) => void notified.push(method),
      stdoutLine: (line) => void oddities.push(line),
      oddity: (text) => void oddities.push(text),
      defect: (cause) => void defects.push(cause),
    },
  });
  onTestFinished(async () => {
    await downstream.stop();
    expect(defects).toEqual([]);
  });
  const started = downstream.start();
  const call = (name: string, args = "{}"): Calling => calling(downstream, name, args);
  return { downstream, started, learnt, notified, oddities, asked, renewals: () => renewals, call };
}

function calling(downstream: Downstream, name: string, args: string): Calling {
  const progress: string[] = [];
  let sent: Call | undefined;
  const ended = new Promise<Ended>((resolve) => {
    const envelope = downstream.envelopeFor(ada, undefined);
    const meta = (id: number) => `"_meta":{"progressToken":${id}${envelope === "" ? "" : `,${envelope}`}}`;
    sent = downstream.send({
      arrivedAt: systemClock.now(),
      client: downstream,
      bytes: args.length,
      encode: (id) =>
        `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":${encodeString(name)},"arguments":${args},${meta(id)}}}`,
      reply: (reply) => {
        const error = reply.has(slot.error) ? `${reply.raw(slot.code)} ${reply.text(slot.message)}` : undefined;
        resolve({ progress, ...(error === undefined ? { result: reply.parsed(slot.result) } : { error }) });
      },
      progress: (notice) => {
        const { message } = notice.parsed(slot.params) as { message: string };
        progress.push(message);
      },
      fail: (failure) => resolve({ failure, progress }),
    });
  });
  const notice = (id: number): string =>
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`;
  return { ended, cancel: () => sent?.cancel(notice) };
}
