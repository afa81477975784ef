import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { clientEra, eventually, open, type Setting, serverEra } from "../../support/cells.ts";
import type { FakeClient } from "../../support/fake-client.ts";
import { quiet } from "../../support/turns.ts";
import { odd } from "./odd.ts";

const uri = "file:///a";
const alpha = { resources: [uri, "file:///c"], templates: ["db://{x}"] };
const beta = { resources: ["file:///b"] };
const updated = "notifications/resources/updated";

/** Subscribes in the way of the client's era, and gives what takes it back. */
async function subscribe(client: FakeClient, ...uris: readonly string[]): Promise<() => Promise<void>> {
  if (client.era === "modern") {
    const id = client.newId();
    expect(await client.listen(id, { resourceSubscriptions: uris })).toEqual({ resourceSubscriptions: uris });
    return async () => client.cancel(id);
  }
  for (const one of uris) {
    expect((await client.ask("resources/subscribe", JSON.stringify({ uri: one }))).json.result).toEqual({});
  }
  return async () => {
    for (const one of uris) await client.ask("resources/unsubscribe", JSON.stringify({ uri: one }));
  };
}

/** Waits until the servers hold as many subscriptions of their URIs as given. */
async function expectHeld(on: Setting<"alpha" | "beta">, expected: readonly [number, number]): Promise<void> {
  const held = () => [on.servers.alpha.subscriptions(uri), on.servers.beta.subscriptions("file:///b")];
  await eventually(on, () => JSON.stringify(held()) === JSON.stringify(expected), `${expected}; it is ${held()}`);
}

cells("subscriptions.updated", async (cell) => {
  const on = await open(cell, { alpha, beta });
  const { client, join, servers } = on;
  const [other, silent] = [await join(), await join()];
  await subscribe(client, uri);
  await subscribe(other, uri, "file:///b");
  await expectHeld(on, [1, 1]);
  servers.alpha.tell(updated, `{"uri":"${uri}",${odd}}`);
  servers.beta.tell(updated, '{"uri":"file:///b"}');
  for (const one of [client, other]) {
    const { text, json } = await one.notification(updated);
    expect(json.params.uri).toBe(uri);
    expect(text).toContain(odd);
  }
  expect((await other.notification(updated)).json.params.uri).toBe("file:///b");
  await quiet();
  expect([client, other, silent].map((one) => one.count(updated))).toEqual([1, 2, 0]);
});

describe("of a URI that two servers have", () => {
  someCells("subscriptions.updated", ["LL", "LM", "ML", "MM"], async (cell) => {
    const on = await open(cell, { alpha, beta: { resources: ["file:///b", uri] } });
    const { client, join, servers } = on;
    const own = `tutti://beta/${encodeURIComponent(uri)}`;
    const other = await join();
    await subscribe(client, own);
    await subscribe(other, uri);
    await eventually(on, () => servers.beta.subscriptions(uri) === 1, "the second server's subscription");
    servers.beta.tell(updated, `{"uri":"${uri}"}`);
    expect((await client.notification(updated)).json.params.uri).toBe(own);
    await quiet();
    expect(other.count(updated)).toBe(0);
    servers.alpha.tell(updated, `{"uri":"${uri}"}`);
    expect((await other.notification(updated)).json.params.uri).toBe(uri);
    expect(client.count(updated)).toBe(1);
  });
});

describe("of a URI that only a template has", () => {
  someCells("subscriptions.updated", ["LL", "LM", "ML", "MM"], async (cell) => {
    const on = await open(cell, { alpha, beta });
    await subscribe(on.client, "db://7");
    await eventually(on, () => on.servers.alpha.subscriptions("db://7") === 1, "a subscription");
    on.servers.alpha.tell(updated, '{"uri":"db://7"}');
    expect((await on.client.notification(updated)).json.params.uri).toBe("db://7");
  });
});

cells("subscriptions.counted", async (cell) => {
  const on = await open(cell, { alpha, beta });
  const { client, join, servers } = on;
  const others = [await join(), await join()] as const;
  const before = servers.beta.heard.length;
  const release = [
    await subscribe(client, uri),
    await subscribe(client, uri),
    await subscribe(others[0], uri),
  ] as const;
  await subscribe(others[1], uri);
  await expectHeld(on, [1, 0]);
  if (serverEra(cell) === "legacy") expect(servers.alpha.count("resources/subscribe")).toBe(1);
  await release[0]();
  others[1].leave();
  await on.clock.advance(1000);
  expect(servers.alpha.subscriptions(uri)).toBe(1);
  await release[1]();
  await release[2]();
  await expectHeld(on, [0, 0]);
  if (serverEra(cell) === "legacy") expect(servers.alpha.count("resources/unsubscribe")).toBe(1);
  expect(servers.beta.heard.length).toBe(before);
  expect(on.relay.held).toBe(0);
  // What is over can begin anew.
  await subscribe(client, uri);
  await expectHeld(on, [1, 0]);
  servers.alpha.tell(updated, `{"uri":"${uri}"}`);
  await client.notification(updated);
});

describe("where the server ends what it tells on", () => {
  someCells("subscriptions.restart", ["LM", "MM"], async (cell) => {
    const on = await open(cell, { alpha, beta });
    const { client, servers, settle } = on;
    if (clientEra(cell) === "legacy") await client.ask("resources/list");
    await subscribe(client, uri);
    await expectHeld(on, [1, 0]);
    servers.alpha.endListens();
    await settle();
    await expectHeld(on, [1, 0]);
    servers.alpha.tell(updated, `{"uri":"${uri}"}`);
    await client.notification(updated);
    if (clientEra(cell) === "legacy") {
      servers.alpha.change("resources", ["file:///new"]);
      await settle();
      await client.notification("notifications/resources/list_changed");
    }
  });
});

describe("a client that subscribes to what nobody has", () => {
  someCells("errors.unknown", ["LL", "LM"], async (cell) => {
    const { client, servers } = await open(cell, { alpha, beta });
    const before = servers.alpha.heard.length;
    const { error } = (await client.ask("resources/subscribe", '{"uri":"file:///none"}')).json;
    expect([-32002, -32602]).toContain(error.code);
    expect((await client.ask("resources/subscribe", '{"uri":7}')).json.error).toMatchObject({
      code: -32602,
      message: "resources/subscribe needs params.uri, the URI of a resource",
    });
    // Nothing is lost by taking back what never was.
    expect((await client.ask("resources/unsubscribe", '{"uri":"file:///none"}')).json.result).toEqual({});
    expect(servers.alpha.heard.length).toBe(before);
  });
});

describe("a server that offers resources without subscriptions", () => {
  someCells("subscriptions.updated", ["LL"], async (cell) => {
    const { client } = await open(cell, { alpha: { ...alpha, capabilities: { resources: {} } } });
    expect((await client.ask("resources/subscribe", `{"uri":"${uri}"}`)).json.error.code).toBe(-32601);
  });
});

cells("listen.untagged", async (cell) => {
  const on = await open(cell, { alpha: { ...alpha, tools: ["do"] }, beta });
  const { client, servers, settle } = on;
  await subscribe(client, uri);
  await expectHeld(on, [1, 0]);
  servers.alpha.tell(updated, `{"uri":"${uri}","x":1.0}`);
  const { text } = await client.notification(updated);
  expect(text).toContain('"x":1.0');
  expect(text).not.toContain("subscriptionId");
  servers.alpha.change("tools", ["new"]);
  await settle();
  expect((await client.notification("notifications/tools/list_changed")).text).not.toContain("subscriptionId");
});
