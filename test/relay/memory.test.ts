import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";
import { quiet, until } from "../support/turns.ts";

const kinds = ["result", "error", "bad reply", "cancelled", "timed out", "unknown"] as const;

describe("after thousands of calls of all kinds", () => {
  test("no request, timer or listener is left", async () => {
    const { client, servers, clock, downstreams, streams } = await stage({
      servers: {
        alpha: { tools: ["do"], config: { maxConcurrentCalls: 8, callTimeoutMs: 1000, callTimeoutCapMs: 0 } },
        beta: { tools: ["do"], config: { callTimeoutMs: 1000 } },
      },
    });
    const listeners = () =>
      streams.flatMap(({ input, output }) =>
        [input, output].map((stream) => stream.eventNames().reduce((sum, name) => sum + stream.listenerCount(name), 0)),
      );
    const before = listeners();
    let id = 0;
    for (let round = 0; round < 60; round++) {
      for (const name of ["alpha", "beta"] as const) {
        for (const kind of kinds) {
          id++;
          client.callWithProgress(id, kind === "unknown" ? "nobody" : `${name}__do`, id);
          if (kind === "unknown") continue;
          const call = await servers[name].call();
          call.progress(',"progress":1');
          if (kind === "result") call.result();
          else if (kind === "error") call.error('{"code":1,"message":"m"}');
          else if (kind === "bad reply") servers[name].send(`{"jsonrpc":"2.0","id":${call.id},"result":oops}`);
          else if (kind === "cancelled") client.cancel(id);
        }
      }
      await clock.advance(1000);
      await quiet();
    }
    expect(client.peer.lines.filter(({ json }) => json.id !== undefined).length).toBe(60 * 2 * 5);
    expect(Object.values(downstreams).map(({ openRequests }) => openRequests)).toEqual([0, 0]);
    await clock.advance(400_000);
    expect(clock.timers()).toBe(0);
    expect(listeners()).toEqual(before);
  });
});

/** What `make` refers to weakly; true once none of it is kept by anybody. */
async function isForgotten(refs: readonly WeakRef<object>[]): Promise<boolean> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let attempt = 0; attempt < 20; attempt++) {
    await quiet();
    collect();
    if (refs.every((ref) => ref.deref() === undefined)) return true;
  }
  return false;
}

test("calls that were cancelled while they waited are not kept, however long the one before them runs", async () => {
  const { client, servers, downstreams } = await stage({
    servers: { alpha: { tools: ["do"], config: { maxConcurrentCalls: 1, callTimeoutMs: 0, callTimeoutCapMs: 0 } } },
  });
  client.call("0", "alpha__do");
  await servers.alpha.call();
  const refs: WeakRef<object>[] = [];
  for (let n = 1; n <= 21; n++) {
    client.call(n, "alpha__do", `"${"x".repeat(1000)}"`);
    await until(
      () => downstreams.alpha.openRequests === 2,
      () => "that the call waits",
    );
    for (const request of downstreams.alpha.requests()) {
      if ((request as unknown as { id: string }).id === `${n}`) refs.push(new WeakRef(request));
    }
    client.cancel(n);
    await client.ping();
  }
  expect(refs.length).toBe(21);
  // The last one is still in the frame of this test.
  expect(await isForgotten(refs.slice(0, -1))).toBe(true);
});
