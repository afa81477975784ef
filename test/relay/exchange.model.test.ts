import fc from "fast-check";
import { expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { stranger } from "../../src/client/handshake.ts";
import type { ServerConfig } from "../../src/config/config.ts";
import { Breaker } from "../../src/downstream/breaker.ts";
import { Call } from "../../src/downstream/call.ts";
import { Connection } from "../../src/downstream/connection.ts";
import { Deadlines } from "../../src/downstream/deadlines.ts";
import type { Downstream } from "../../src/downstream/downstream.ts";
import { Gate } from "../../src/downstream/gate.ts";
import { Health } from "../../src/downstream/health.ts";
import { Repeats } from "../../src/downstream/repeats.ts";
import { Exchange, type Exchanges } from "../../src/relay/exchange.ts";
import type { LinkEvents, OwnLink } from "../../src/transport/link.ts";
import { Message, type Outgoing } from "../../src/wire/message.ts";
import { Whole } from "../../src/wire/whole.ts";
import { ModelClock, settled } from "../support/model-clock.ts";

const whole = new Whole({ maxMessageBytes: 1 << 20, maxDepth: 64 });
const callTimeoutMs = 50;
const bounds = { maxConcurrentCalls: 2, maxQueuedCalls: 3, maxQueuedBytes: 1 << 20 };
const config = { name: "s", callTimeoutMs, callTimeoutCapMs: 120, ...bounds } as ServerConfig;

function paramsOf(id: number): string {
  return `{"name":"t","arguments":{"of":${id}},"_meta":{"progressToken":${id}}}`;
}

function read(text: string): Message {
  const message = whole.read(text);
  if (!(message instanceof Message)) throw new Error(text);
  return message;
}

/** One request, what its client got for it, and what the exchange said of its end. */
type One = { readonly exchange: Exchange; ids: number[]; isCancelled: boolean; isParked: boolean; ends: number };

/** Exchanges with their calls, gate, connection and deadlines, between a client and a server that are lists of lines. */
async function open() {
  const clock = new ModelClock();
  const toClient: {
    readonly id?: number;
    readonly method?: string;
    readonly result?: { of?: number; resultType?: string };
  }[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  const toServer: any[] = [];
  const keep = (list: unknown[]) => (message: Outgoing) => void list.push(JSON.parse(message.toString()));
  const link = { queuedBytes: () => 0, heldBytes: () => 0, end: () => {}, pause: () => {}, resume: () => {} };
  const client = new Client({ ...link, send: keep(toClient) }, "1", () => "");
  const ignore = (): void => {};
  const connection = new Connection(
    {
      heard: ignore,
      notification: ignore,
      request: ignore,
      strayLine: ignore,
      dropped: ignore,
      closed: ignore,
      renewed: ignore,
      defect: (cause: unknown) => {
        throw cause;
      },
    } as ConstructorParameters<typeof Connection>[0],
    { clock },
  );
  let events = {} as LinkEvents;
  await connection.open(async (own) => {
    events = own;
    return { ...link, send: keep(toServer), stop: async () => {}, kill: ignore } as OwnLink;
  });
  const deadlines = new Deadlines(
    clock,
    () => connection.waiters(),
    (cause) => {
      throw cause;
    },
  );
  const told = { silent: ignore, back: ignore, dead: ignore };
  const at = {
    ...{ config, clock, connection, relist: undefined, ended: ignore },
    gate: new Gate(bounds, clock),
    breaker: new Breaker({ failures: 0, pauseMs: 1 }, () => 0, { changed: ignore, tried: ignore }),
    health: new Health({ clock, ping: () => undefined, isAwaited: () => true, ...told }),
    repeats: new Repeats(),
    isUp: () => connection.closedBecause === undefined,
    wait: (call: Call) => call.refuse("the server is gone"),
  };
  const all: One[] = [];
  let lastId = 0;
  const exchanges: Exchanges = {
    errors: "result",
    isHarmlessTwice: () => false,
    redact: undefined,
    resolve: () => '"t"',
    question: () => [],
    shorten: undefined,
    task: ignore,
    soon: clock.soon,
    after: clock.after,
    settled: (exchange) => {
      const one = all.find((each) => each.exchange === exchange);
      if (one !== undefined) one.ends++;
    },
  };
  const request = (id: number): Message =>
    read(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${paramsOf(id)}}`);
  const downstream = { era: "legacy", name: "s", serverInfo: "{}" } as Downstream;
  return {
    clock,
    toClient,
    toServer,
    all,
    connection,
    request: () => request(++lastId),
    events: () => events,
    begin: () => {
      const id = ++lastId;
      const message = request(id);
      const named = { target: "t", nameStart: -1, nameEnd: -1, original: undefined, isWrapped: false, isRetry: false };
      const arrival = { client, origin: stranger, method: "tools/call", message, downstream, arrivedAt: clock.now() };
      const exchange = new Exchange(exchanges, { ...arrival, ...named });
      all.push({ exchange, ids: [id], isCancelled: false, isParked: false, ends: 0 });
      const call = new Call(exchange, at, clock.now());
      exchange.call = call;
      deadlines.watch(call.deadlineAt);
      call.enter(clock.now());
    },
  };
}

type On = Awaited<ReturnType<typeof open>>;

function check({ toClient, toServer, all }: On): void {
  const replies = toClient.filter(({ method }) => method === undefined);
  for (const { ids, isCancelled, isParked, ends } of all) {
    const own = replies.filter(({ id }) => ids.includes(id as number));
    expect(new Set(own.map(({ id }) => id)).size).toBe(own.length);
    for (const { result } of own) if (result?.of !== undefined) expect(result.of).toBe(ids[0]);
    expect(ends).toBeLessThanOrEqual(1);
    // With what it is asked a client has its reply; then nobody waits.
    const plain = own.filter(({ result }) => result?.resultType !== "input_required").map(({ id }) => id);
    if (isCancelled || isParked) expect(plain).not.toContain(ids.at(-1));
  }
  const requests = toServer.filter(({ method }) => method === "tools/call").map(({ id }) => id);
  const cancelled = toServer.filter(({ method }) => method !== "tools/call").map(({ params }) => params.requestId);
  expect(new Set(requests).size).toBe(requests.length);
  expect(new Set(cancelled).size).toBe(cancelled.length);
  for (const id of cancelled) expect(requests).toContain(id);
}

const step = fc.record({
  do: fc.constantFrom(
    "call",
    "call",
    "reply",
    "reply",
    "error",
    "twice",
    "progress",
    "spoilt",
    "cancel",
    "leave",
    "park",
    "resume",
    "pass",
    "turn",
    "close",
  ),
  pick: fc.nat(),
});

test("an exchange ends once and its client hears of it once, whichever of reply, time, cancel and loss comes first", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const on = await open();
      const { clock, toServer, toClient, all } = on;
      let isClosed = false;
      for (const { do: what, pick } of steps) {
        const one = all[pick % (all.length || 1)];
        const sent = toServer.filter(({ method }) => method === "tools/call");
        const wire = sent[pick % (sent.length || 1)];
        const tell = (text: string): void => on.events().message(read(text));
        const result = `"result":{"of":${wire?.params.arguments.of}}`;
        if (what === "call" && !isClosed) on.begin();
        else if (what === "pass") clock.advance(pick % 40);
        else if (what === "turn") clock.turn();
        else if (what === "close" && pick % 4 === 0 && !isClosed) {
          isClosed = true;
          on.events().closed("it is gone");
          // Its downstream refuses what was not sent.
          for (const { exchange } of all) if (exchange.call?.isSent === false) exchange.call.refuse("it is gone");
        } else if (one === undefined) continue;
        else if (what === "cancel" && !one.isCancelled && one.exchange.isAwaited && isOpen(on, one)) {
          one.isCancelled = true;
          one.exchange.cancel(
            read(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${one.ids.at(-1)}}}`),
          );
        } else if (what === "leave" && isOpen(on, one)) {
          one.isCancelled = true;
          one.exchange.abandon("the client has left");
        } else if (what === "park" && one.exchange.isAwaited && one.exchange.call?.isSent && isOpen(on, one)) {
          one.isParked = true;
          one.exchange.park(`{"jsonrpc":"2.0","id":${one.ids.at(-1)},"result":{"resultType":"input_required"}}`);
        } else if (what === "resume" && one.isParked && !one.isCancelled) {
          const message = on.request();
          one.isParked = false;
          one.ids.push(Number(message.raw(1)));
          one.exchange.resume(message);
        } else if (wire === undefined || isClosed) continue;
        else if (what === "reply") tell(`{"jsonrpc":"2.0","id":${wire.id},${result}}`);
        else if (what === "error") tell(`{"jsonrpc":"2.0","id":${wire.id},"error":{"code":1,"message":"no"}}`);
        else if (what === "twice") for (const _ of [1, 2]) tell(`{"jsonrpc":"2.0","id":${wire.id},${result}}`);
        else if (what === "progress") {
          const params = `{"progressToken":${wire.id},"progress":1}`;
          tell(`{"jsonrpc":"2.0","method":"notifications/progress","params":${params}}`);
        } else if (what === "spoilt") {
          const line = {
            problem: "not_json",
            id: String(wire.id),
            hasMethod: false,
            isObject: true,
            head: "",
          } as const;
          on.events().badLine(line);
        }
        await settled();
        check(on);
      }
      for (const one of all) {
        if (!one.isParked || one.isCancelled) continue;
        one.isCancelled = true;
        one.exchange.abandon("nobody came back");
      }
      for (let turn = 0; turn < 20; turn++) {
        clock.advance(200);
        clock.turn();
        await settled();
      }
      check(on);
      for (const { ids, isCancelled, ends } of all) {
        expect(ends).toBe(1);
        if (!isCancelled) expect(toClient.map(({ id }) => id)).toContain(ids.at(-1));
      }
      expect(on.connection.openRequests).toBe(0);
    }),
    { numRuns: 1000 },
  );
});

/** Whether its client has no reply yet to the request that waits now. */
function isOpen({ toClient }: On, { ids, ends }: One): boolean {
  return ends === 0 && !toClient.some(({ id, method }) => method === undefined && id === ids.at(-1));
}
