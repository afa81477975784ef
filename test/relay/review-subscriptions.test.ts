import { describe, expect, test } from "vitest";
import { eventually, open } from "../support/cells.ts";
import { envelopeMembers } from "../support/envelope.ts";
import { onListen } from "../support/listening.ts";
import { quiet } from "../support/turns.ts";

const uri = "file:///a";
const alpha = { resources: [uri, "file:///b"] };
const updated = "notifications/resources/updated";
const changed = "notifications/resources/list_changed";
const subscribed = "resources/subscribe";
const unsubscribed = "resources/unsubscribe";
const params = `{"uri":"${uri}"}`;

describe("subscriptions of a client", () => {
  test("outlive the refusal of one that was taken back before", async () => {
    const held = { [subscribed]: () => undefined };
    const { client, servers, relay } = await open("LL", { alpha: { ...alpha, answers: held } });
    client.request(1, subscribed, params);
    client.request(2, unsubscribed, params);
    client.request(3, subscribed, params);
    await client.reply(2);
    const ids = servers.alpha.heard.map((text) => JSON.parse(text)).filter(({ method }) => method === subscribed);
    servers.alpha.send(`{"jsonrpc":"2.0","id":${ids[0].id},"error":{"code":-1,"message":"no"}}`);
    servers.alpha.send(`{"jsonrpc":"2.0","id":${ids[1].id},"result":{}}`);
    expect((await client.reply(1)).json.error.code).toBe(-1);
    expect((await client.reply(3)).json.result).toEqual({});
    servers.alpha.tell(updated, params);
    await client.notification(updated);
    expect(relay.held).toBe(1);
  });

  test("that come while the first one is refused are refused too, and nothing of them is left", async () => {
    const held = { [subscribed]: () => undefined };
    const { client, join, servers, relay } = await open("LL", { alpha: { ...alpha, answers: held } });
    const other = await join();
    client.request(1, subscribed, params);
    await client.ping();
    other.request(2, subscribed, params);
    await other.ping();
    const [{ id }] = servers.alpha.heard.map((text) => JSON.parse(text)).filter(({ method }) => method === subscribed);
    servers.alpha.send(`{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"no"}}`);
    expect((await client.reply(1)).json.error.code).toBe(-1);
    expect((await other.reply(2)).json.error.code).toBe(-1);
    expect([servers.alpha.count(subscribed), relay.held]).toEqual([1, 0]);
  });

  test("that are under way when their server goes down are none, and nothing of them is left", async () => {
    const held = { [subscribed]: () => undefined };
    const { client, servers, relay } = await open("LL", { alpha: { ...alpha, answers: held } });
    client.request(1, subscribed, params);
    await servers.alpha.line(subscribed);
    servers.alpha.crash();
    expect((await client.reply(1)).json.error).toBeDefined();
    expect(relay.held).toBe(0);
  });

  test("that are taken back when their server goes down leave nothing in the log", async () => {
    const held = { [unsubscribed]: () => undefined };
    const { client, servers, published, clock } = await open("LL", { alpha: { ...alpha, answers: held } });
    await client.ask(subscribed, params);
    client.request(1, unsubscribed, params);
    await servers.alpha.line(unsubscribed);
    servers.alpha.crash();
    await client.reply(1);
    await clock.advance(100);
    expect(published.oddities).toEqual([]);
  });

  test("that are taken back while servers start are never made", async () => {
    const { client, servers, clock, relay } = await open("LL", { alpha: { ...alpha, isHeld: true } });
    client.request(1, subscribed, params);
    client.request(2, unsubscribed, params);
    await client.ping();
    servers.alpha.open();
    await clock.advance(1000);
    expect((await client.reply(2)).json.result).toEqual({});
    expect([servers.alpha.subscriptions(uri), relay.held]).toEqual([0, 0]);
  });

  test("under two addresses hear of each under its own, of parts too", async () => {
    const { client, servers } = await open("LL", { alpha: { resources: ["file:///d/", uri] } });
    const own = `tutti://alpha/${encodeURIComponent("file:///d/")}`;
    for (const one of ["file:///d/", own, "file:///d/x"]) await client.ask(subscribed, JSON.stringify({ uri: one }));
    servers.alpha.tell(updated, '{"uri":"file:///d/x"}');
    await client.ping();
    const told = client.peer.lines.filter(({ json }) => json.method === updated).map(({ json }) => json.params.uri);
    expect(told.toSorted()).toEqual(["file:///d/x", `tutti://alpha/${encodeURIComponent("file:///d/x")}`]);
  });

  test("go to the server that has the resource now", async () => {
    const on = await open("LL", { alpha: { resources: ["file:///z"] }, beta: { resources: [uri] } });
    const { client, servers, settle, relay } = on;
    await client.ask(subscribed, params);
    servers.alpha.change("resources", [uri]);
    await settle();
    await eventually(on, () => servers.alpha.subscriptions(uri) === 1, "the subscription at the new owner");
    expect(servers.beta.subscriptions(uri)).toBe(0);
    servers.alpha.tell(updated, params);
    await client.notification(updated);
    await client.ask(unsubscribed, params);
    expect([servers.alpha.subscriptions(uri), relay.held]).toEqual([0, 0]);
  });

  test("are refused where the server is gone, also while others hold them", async () => {
    const { client, join, servers } = await open("LL", { alpha, beta: { resources: ["file:///z"] } });
    await client.ask(subscribed, params);
    servers.alpha.crash();
    await quiet();
    const { error } = (await (await join()).ask(subscribed, params)).json;
    expect(error).toMatchObject({ code: -31_002, data: { "tutti/error": { code: "unavailable", server: "alpha" } } });
    expect(error.message).toMatch(/^alpha: (?!alpha)/);
  });

  test("give no error with a mark of tutti's that the server wrote", async () => {
    const answers = { [subscribed]: () => '"error":{"code":-1,"message":"no","data":{"tutti/error":{}}}' };
    const { client } = await open("LL", { alpha: { ...alpha, answers } });
    const { error } = (await client.ask(subscribed, params)).json;
    expect(error.data).toEqual({ "foreign/tutti-error": {} });
  });

  test("to what nobody has are refused with the code that reading has", async () => {
    const { client } = await open("LL", { alpha, beta: { resources: ["file:///z"] } });
    for (const method of [subscribed, "resources/read"]) {
      expect((await client.ask(method, '{"uri":"none:x"}')).json.error.code).toBe(-32002);
    }
  });
});

describe("a listen", () => {
  const slow = { resources: ["file:///s"], answers: { [subscribed]: () => undefined } };

  test("is told nothing before it is acknowledged, and all of it then", async () => {
    const { client, servers, clock } = await open("ML", { alpha, slow });
    const filter = `{"resourcesListChanged":true,"resourceSubscriptions":["${uri}","file:///s"]}`;
    client.request(1, "subscriptions/listen", `{"notifications":${filter}}`);
    await client.ping();
    servers.alpha.tell(updated, params);
    servers.alpha.change("resources", [uri, "file:///new"]);
    await clock.advance(4000);
    expect([client.count(updated), client.count(changed)]).toEqual([0, 0]);
    await clock.advance(60_000);
    const told = client.peer.lines.map(({ json }) => json.method).filter((method) => method !== undefined);
    expect(told).toEqual(["notifications/subscriptions/acknowledged", updated, changed]);
  });

  test("has nothing granted of a server that is gone, also while others hold it", async () => {
    const { client, join, servers } = await open("ML", { alpha, beta: { resources: ["file:///z"] } });
    await client.listen(1, { resourceSubscriptions: [uri] });
    servers.alpha.crash();
    await quiet();
    expect(await (await join()).listen(1, { resourceSubscriptions: [uri, "file:///z"] })).toEqual({
      resourceSubscriptions: ["file:///z"],
    });
  });

  test("is not ended by a cancellation that may mean a request under the same id", async () => {
    const { openClient, servers, begin } = await open("MM", { alpha: { ...alpha, tools: ["do"] } });
    const client = openClient();
    const envelope = envelopeMembers({ capabilities: "{}", info: '{"name":"x","version":"1"}', logLevel: undefined });
    const filter = `{"notifications":{"resourceSubscriptions":["${uri}"]}}`;
    client.request(7, "subscriptions/listen", filter, envelope);
    await client.onListen(7, "notifications/subscriptions/acknowledged");
    client.request(7, "tools/call", '{"name":"alpha__do"}', envelope);
    const running = await servers.alpha.call();
    client.cancel(7);
    await client.ping();
    servers.alpha.tell(updated, params);
    await client.onListen(7, updated);
    running.result('{"resultType":"complete","content":[]}');
    await client.reply(7);
    // Now it is clear which is meant.
    client.cancel(7);
    await client.ping();
    servers.alpha.tell(updated, params);
    const other = begin("alpha__do");
    (await servers.alpha.call()).result('{"resultType":"complete","content":[]}');
    await other.result();
    expect(client.count(updated)).toBe(1);
  });

  test("is no reason to leave a call that is taken back at work", async () => {
    const { begin, client, servers } = await open("ML", { alpha: { tools: ["do"] } });
    await client.listen(1, { toolsListChanged: true });
    const call = begin("alpha__do");
    await servers.alpha.call();
    client.cancel(call.id);
    await servers.alpha.line("notifications/cancelled");
  });

  test("hears of a change once, whatever else changes later", async () => {
    const { client, servers, settle } = await open("MM", { alpha: { tools: ["a"], prompts: ["p"] } });
    await client.listen(1, { toolsListChanged: true });
    servers.alpha.changeTools(["b"]);
    await settle();
    servers.alpha.change("prompts", ["q"]);
    await settle();
    expect(client.count("notifications/tools/list_changed")).toBe(1);
  });

  test("is refused where a client has very many", async () => {
    const { client, relay } = await open("ML", { alpha });
    for (let id = 1; id <= 256; id++) await client.listen(id, { toolsListChanged: true });
    const { error } = (await client.ask("subscriptions/listen", '{"notifications":{}}')).json;
    expect(error.message).toContain("256");
    expect(relay.held).toBe(256);
    client.cancel(1);
    await client.listen(1, {});
  });

  test("does not hear of a list in which nothing is other than before", async () => {
    const hints = '"ttlMs":5000,"cacheScope":"public"';
    const { client, servers, settle, clock } = await open("MM", {
      alpha: { tools: ["do"], hints },
      late: { prompts: ["do"], hints, isHeld: true },
    });
    await clock.advance(8000);
    await client.listen(1, { toolsListChanged: true, promptsListChanged: true });
    servers.late.open();
    await settle();
    await client.onListen(1, "notifications/prompts/list_changed");
    expect(client.count("notifications/tools/list_changed")).toBe(0);
  });
});

test("a notice of a server for one stream never reaches another", async () => {
  const { client, servers } = await open("MM", { alpha });
  await client.listen(1, { resourceSubscriptions: [uri] });
  servers.alpha.send(onListen("99", updated, '{"uri":"file:///b"}'));
  await client.ping();
  expect(client.count(updated)).toBe(0);
});
