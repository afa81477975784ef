import { describe, expect, test } from "vitest";
import { someCells } from "../../requirements.ts";
import { clientEra, eventually, open } from "../../support/cells.ts";
import { metaName } from "../../support/envelope.ts";
import type { FakeServer } from "../../support/fake-server.ts";
import { onListen } from "../../support/listening.ts";
import { quiet } from "../../support/turns.ts";

const uri = "file:///a";
const alpha = { resources: [uri, "file:///b"] };
const beta = { resources: ["file:///c"] };
const updated = "notifications/resources/updated";
const silent = { ...alpha, answers: { "subscriptions/listen": () => undefined } };

/** Acknowledges the newest stream that was asked for, with all that it wants. */
function acknowledge(server: FakeServer): void {
  const asked = server.heard.findLast((text) => text.includes('"subscriptions/listen"')) as string;
  const { id, params } = JSON.parse(asked);
  const granted = JSON.stringify({ notifications: params.notifications });
  server.send(onListen(String(id), "notifications/subscriptions/acknowledged", granted));
}

describe("a server that says nothing to what it is asked to tell", () => {
  someCells("listen.acknowledged", ["MM"], async (cell) => {
    const { client, servers, clock } = await open(cell, { alpha: silent, beta });
    client.request(1, "subscriptions/listen", `{"notifications":{"resourceSubscriptions":["${uri}","file:///c"]}}`);
    // It holds up nobody for longer than some seconds.
    await clock.advance(6000);
    const { json } = await client.onListen(1, "notifications/subscriptions/acknowledged");
    expect(json.params.notifications).toEqual({ resourceSubscriptions: ["file:///c"] });
    servers.beta.tell(updated, '{"uri":"file:///c"}');
    await client.onListen(1, updated);
  });

  someCells("subscriptions.updated", ["LM"], async (cell) => {
    const { client, servers, clock } = await open(cell, { alpha: silent, beta });
    client.request(1, "resources/subscribe", `{"uri":"${uri}"}`);
    expect((await client.ask("resources/subscribe", '{"uri":"file:///c"}')).json.result).toEqual({});
    await clock.advance(60_000);
    expect((await client.reply(1)).json.error).toBeDefined();
    servers.beta.tell(updated, '{"uri":"file:///c"}');
    await client.notification(updated);
  });
});

describe("a server that refuses to tell", () => {
  const refusal = { "subscriptions/listen": () => '"error":{"code":-32603,"message":"Subscription limit reached"}' };

  someCells("listen.acknowledged", ["MM"], async (cell) => {
    const { client } = await open(cell, { alpha: { ...alpha, answers: refusal }, beta });
    const granted = await client.listen(1, { toolsListChanged: true, resourceSubscriptions: [uri, "file:///c"] });
    expect(granted).toEqual({ toolsListChanged: true, resourceSubscriptions: ["file:///c"] });
  });

  someCells("subscriptions.updated", ["LM"], async (cell) => {
    const { client } = await open(cell, { alpha: { ...alpha, answers: refusal }, beta });
    expect((await client.ask("resources/subscribe", `{"uri":"${uri}"}`)).json.error).toBeDefined();
  });

  const members = '"error":{"code":-5,"message":"n\\u006f","data":{"x":1.0}}';
  const answers = { "resources/subscribe": () => members };

  someCells("subscriptions.updated", ["LL"], async (cell) => {
    const { client, servers, relay } = await open(cell, { alpha: { ...alpha, answers } });
    for (let time = 1; time <= 2; time++) {
      expect((await client.ask("resources/subscribe", `{"uri":"${uri}"}`)).text).toContain(members);
      expect(servers.alpha.count("resources/subscribe")).toBe(time);
    }
    expect(relay.held).toBe(0);
  });

  someCells("listen.acknowledged", ["ML"], async (cell) => {
    const { client } = await open(cell, { alpha: { ...alpha, answers }, beta });
    expect(await client.listen(1, { resourceSubscriptions: [uri, "file:///c"] })).toEqual({
      resourceSubscriptions: ["file:///c"],
    });
  });
});

describe("one more wish in the moment in which the last one is granted", () => {
  someCells("listen.acknowledged", ["MM"], async (cell) => {
    const { client, servers } = await open(cell, { alpha: silent });
    const wish = (id: number, wanted: string) =>
      client.request(id, "subscriptions/listen", `{"notifications":{"resourceSubscriptions":["${wanted}"]}}`);
    const streams = () => servers.alpha.count("subscriptions/listen");
    acknowledge(servers.alpha);
    wish(1, uri);
    const before = streams();
    await quiet();
    expect(streams()).toBe(before + 1);
    wish(2, "file:///b");
    acknowledge(servers.alpha);
    await quiet();
    acknowledge(servers.alpha);
    for (const [id, wanted] of [
      [1, uri],
      [2, "file:///b"],
    ] as const) {
      const { json } = await client.onListen(id, "notifications/subscriptions/acknowledged");
      expect(json.params.notifications).toEqual({ resourceSubscriptions: [wanted] });
    }
  });
});

describe("a server that ends its stream with a notification as well", () => {
  someCells("subscriptions.restart", ["LM", "MM"], async (cell) => {
    const on = await open(cell, { alpha, beta });
    const { client, servers, settle } = on;
    if (clientEra(cell) === "legacy") await client.ask("resources/subscribe", `{"uri":"${uri}"}`);
    else await client.listen(1, { resourceSubscriptions: [uri] });
    await eventually(on, () => servers.alpha.subscriptions(uri) === 1, "a subscription");
    for (const id of servers.alpha.listens.keys()) {
      servers.alpha.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`);
    }
    servers.alpha.endListens();
    await settle();
    await eventually(on, () => servers.alpha.subscriptions(uri) === 1, "a subscription once more");
    servers.alpha.tell(updated, `{"uri":"${uri}"}`);
    await client.notification(updated);
    expect(client.count("notifications/cancelled")).toBe(0);
  });
});

describe("what a server tells without being asked", () => {
  for (const cell of ["LL", "LM", "ML", "MM"] as const) {
    test(`of a resource reaches nobody, ${cell}`, async () => {
      const on = await open(cell, { alpha, beta });
      const { client, servers } = on;
      if (client.era === "legacy") await client.ask("resources/subscribe", '{"uri":"file:///c"}');
      else await client.listen(1, { resourceSubscriptions: ["file:///c"] });
      await eventually(on, () => servers.beta.subscriptions("file:///c") === 1, "a subscription");
      for (const params of [`{"uri":"${uri}"}`, '{"uri":"file:///c"}', '{"uri":7}', "{}", "[]", "null"]) {
        servers.alpha.send(`{"jsonrpc":"2.0","method":"${updated}","params":${params}}`);
      }
      servers.alpha.send(`{"jsonrpc":"2.0","method":"${updated}"}`);
      const tag = `"_meta":{"${metaName.subscriptionId}":1}`;
      servers.alpha.send(`{"jsonrpc":"2.0","method":"${updated}","params":{"uri":"file:///c",${tag}}}`);
      await quiet();
      expect(client.count(updated)).toBe(0);
    });
  }
});
