import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { eventually, open } from "../../support/cells.ts";
import { metaName } from "../../support/envelope.ts";
import { quiet } from "../../support/turns.ts";

const uri = "file:///a";
const alpha = { tools: ["do"], prompts: ["do"], resources: [uri] };
const updated = "notifications/resources/updated";

cells("listen.acknowledged", async (cell) => {
  const { client, servers } = await open(cell, {
    alpha,
    beta: { resources: ["file:///deaf"], capabilities: { resources: { listChanged: true } } },
  });
  const before = client.peer.lines.length;
  const granted = await client.listen(1, {
    toolsListChanged: true,
    promptsListChanged: false,
    resourceSubscriptions: [uri, "file:///none", "file:///deaf", uri],
  });
  expect(granted).toEqual({ toolsListChanged: true, resourceSubscriptions: [uri] });
  // Nothing stands before it, and it is no reply.
  const [first, ...more] = client.peer.lines.slice(before);
  expect(first?.json).toMatchObject({ method: "notifications/subscriptions/acknowledged" });
  expect(first?.json.id).toBeUndefined();
  expect(more).toEqual([]);
  servers.alpha.tell(updated, `{"uri":"${uri}"}`);
  await client.onListen(1, updated);
});

describe("that asks for nothing, or for what is none", () => {
  someCells("listen.acknowledged", ["ML", "MM"], async (cell) => {
    const { client } = await open(cell, { alpha });
    expect(await client.listen(1, {})).toEqual({});
    for (const params of ["{}", '{"notifications":null}', '{"notifications":[]}', '{"notifications":7}']) {
      expect((await client.ask("subscriptions/listen", params)).json.error).toMatchObject({
        code: -32602,
        message: "subscriptions/listen needs params.notifications, an object that says what to tell of",
      });
    }
  });
});

cells("listen.tagged", async (cell) => {
  const on = await open(cell, { alpha, beta: { resources: ["file:///b"] } });
  const { client, servers, settle } = on;
  const ids = [7, '"7"', '"ä\\u0041"', 0, -1, '""'];
  for (const id of ids) await client.listen(id, { toolsListChanged: true, resourceSubscriptions: [uri] });
  await client.listen('"other"', { promptsListChanged: true, resourceSubscriptions: ["file:///b"] });
  await eventually(on, () => servers.alpha.subscriptions(uri) === 1, "one subscription");
  servers.alpha.tell(updated, `{"uri":"${uri}"}`);
  servers.alpha.change("tools", ["new"]);
  await settle();
  for (const method of [updated, "notifications/tools/list_changed"]) {
    const tags = client.peer.lines.flatMap(({ text }) => {
      const tag =
        text.includes(`"method":"${method}"`) && /subscriptionId":\s*("(?:[^"\\]|\\.)*"|[-\d]+)/.exec(text)?.[1];
      return tag ? [tag] : [];
    });
    expect(tags.toSorted()).toEqual(ids.map(String).toSorted());
  }
});

describe("beside a session on the same pipe", () => {
  someCells("listen.tagged", ["ML", "MM"], async (cell) => {
    const on = await open(cell, { alpha });
    const { client, servers, settle } = on;
    await client.listen(1, { toolsListChanged: true });
    await client.greet({ era: "legacy" });
    await client.ask("tools/list");
    await client.ask("resources/subscribe", `{"uri":"${uri}"}`);
    await eventually(on, () => servers.alpha.subscriptions(uri) === 1, "a subscription");
    servers.alpha.tell(updated, `{"uri":"${uri}"}`);
    servers.alpha.change("tools", ["new"]);
    await settle();
    const tagsOf = (method: string) =>
      client.peer.lines
        .filter(({ text }) => text.includes(`"method":"${method}"`))
        .map(({ json }) => json.params?._meta?.[metaName.subscriptionId]);
    expect(tagsOf(updated)).toEqual([undefined]);
    expect(tagsOf("notifications/tools/list_changed").toSorted()).toEqual([1, undefined]);
  });
});

cells("listen.cancelled", async (cell) => {
  const on = await open(cell, { alpha });
  const { client, servers, settle, relay } = on;
  for (const id of [1, 2]) await client.listen(id, { toolsListChanged: true, resourceSubscriptions: [uri] });
  await eventually(on, () => servers.alpha.subscriptions(uri) === 1, "one subscription");
  client.cancel(1);
  await client.ping();
  servers.alpha.tell(updated, `{"uri":"${uri}"}`);
  servers.alpha.change("tools", ["new"]);
  await settle();
  await client.onListen(2, updated);
  await client.onListen(2, "notifications/tools/list_changed");
  expect([client.count(updated), client.count("notifications/tools/list_changed")]).toEqual([1, 1]);
  client.cancel(2);
  await eventually(on, () => servers.alpha.subscriptions(uri) === 0, "no subscription");
  servers.alpha.change("tools", ["newer"]);
  await settle();
  await quiet();
  expect(client.count("notifications/tools/list_changed")).toBe(1);
  expect(relay.held).toBe(0);
  // A cancellation of what is over, or never was, is nothing.
  for (const id of [1, 2, 3, '"1"', "null"]) client.cancel(id);
  await client.ping();
});

describe("in the moment in which it is opened", () => {
  someCells("listen.cancelled", ["ML", "MM"], async (cell) => {
    const on = await open(cell, { alpha });
    const { client, servers, clock, relay } = on;
    client.request(1, "subscriptions/listen", `{"notifications":{"resourceSubscriptions":["${uri}"]}}`);
    client.cancel(1);
    await client.ping();
    await clock.advance(1000);
    expect(servers.alpha.subscriptions(uri)).toBe(0);
    expect(relay.held).toBe(0);
    servers.alpha.tell(updated, `{"uri":"${uri}"}`);
    await quiet();
    expect(client.count(updated)).toBe(0);
  });
});
