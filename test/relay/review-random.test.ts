import { expect, test } from "vitest";
import { eventually, open, type Setting } from "../support/cells.ts";
import { envelopeMembers } from "../support/envelope.ts";
import type { FakeClient } from "../support/fake-client.ts";
import { quiet } from "../support/turns.ts";

const uris = ["file:///a", "file:///b", "file:///c", "none:x", "tutti://beta/file%3A%2F%2F%2Fa", "tutti://x/y"];
const operations = 2000;

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const envelope = envelopeMembers({ capabilities: "{}", info: '{"name":"x","version":"1"}', logLevel: undefined });

/** A client that uses ids again and hears what comes too late, which those that greet note as a fault. */
function newcomer({ openClient }: Setting<string>, cell: string): FakeClient {
  const client = openClient();
  if (cell[0] === "L") client.send('{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}');
  return client;
}

for (const cell of ["LL", "LM", "ML", "MM"] as const) {
  const seed = Number(process.env["TUTTI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  test(`${operations} operations of clients that come and go leave nothing, ${cell}, TUTTI_SEED=${seed}`, async () => {
    const random = dice(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const refusing = {
      "resources/subscribe": () => (random() < 0.2 ? '"error":{"code":-1,"message":"no"}' : undefined),
    };
    const on = await open(cell, {
      alpha: { resources: ["file:///a", "file:///b"] },
      beta: { resources: ["file:///a", "file:///c"] },
      odd: { resources: ["file:///odd"], ...(cell[1] === "L" && { answers: refusing }) },
    });
    const { servers, relay, clock } = on;
    const clients: FakeClient[] = [newcomer(on, cell)];
    const all = [...uris, "file:///odd"];
    const step = async (): Promise<void> => {
      const client = pick(clients);
      const [uri, id, kind] = [pick(all), 1 + Math.floor(random() * 8), random()];
      if (kind < 0.03 && clients.length > 1) clients.splice(clients.indexOf(client), 1)[0]?.leave();
      else if (kind < 0.07 && clients.length < 6) clients.push(newcomer(on, cell));
      else if (kind < 0.12)
        servers[pick(["alpha", "beta"] as const)].tell("notifications/resources/updated", `{"uri":"${uri}"}`);
      else if (kind < 0.14)
        servers.alpha.change("resources", random() < 0.5 ? ["file:///b"] : ["file:///a", "file:///c"]);
      else if (kind < 0.2) await clock.advance(random() * 2000);
      else if (cell[0] === "M") {
        const resourceSubscriptions = all.filter(() => random() < 0.4);
        const notifications = JSON.stringify({ resourceSubscriptions, toolsListChanged: random() < 0.5 });
        if (kind < 0.5) client.cancel(id);
        else client.request(id, "subscriptions/listen", `{"notifications":${notifications}}`, envelope);
      } else {
        const method = kind < 0.5 ? "resources/unsubscribe" : "resources/subscribe";
        client.request(id, method, `{"uri":"${uri}"}`);
      }
    };
    for (let done = 0; done < operations; done++) {
      await step();
      if (random() < 0.1) await quiet();
    }
    expect(relay.held).toBeGreaterThan(0);
    for (const client of [on.client, ...clients]) client.leave();
    await clock.advance(60_000);
    expect(relay.held).toBe(0);
    const held = () => all.map((uri) => Object.values(servers).reduce((sum, one) => sum + one.subscriptions(uri), 0));
    await eventually(on, () => held().every((count) => count === 0), `nothing held; it is ${held()}`);
  }, 60_000);
}
