import { describe, expect, test } from "vitest";
import { requirement } from "../requirements.ts";
import type { Exchange, Members } from "../spec/example.ts";
import { problemsOfMessage } from "../spec/schema.ts";
import type { Setting } from "../support/cells.ts";
import {
  asExposed,
  asShown,
  exchangesOf,
  library,
  line,
  type Side,
  sides,
  withShown,
  withToken,
} from "./examples-library.ts";

/** What tutti answers by itself. */
const own = new Set([
  "initialize",
  "server/discover",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "subscriptions/listen",
]);

const memberOf: Readonly<Record<string, string>> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
};

type On = Setting<"library">;

/** A request of the client reaches the server, and the reply the client, but for ids, names and tokens as they are. */
async function passes({ client, servers }: On, { method, params, reply }: Exchange): Promise<void> {
  client.send(line({ id: "c-1", method, params: asExposed(method, params) }));
  const asked = await servers.library.request(method);
  const id = Number(asked.id);
  expect(asked.line.text).toBe(line({ id, method, params: withToken(params, id) }));
  servers.library.send(line({ id, ...reply }));
  const shown = "result" in reply ? { result: withShown(reply.result) } : reply;
  expect((await client.reply('"c-1"')).text).toBe(line({ id: "c-1", ...shown }));
}

/** A request of the server reaches the client, whose call waits, and the answer the server. */
async function isAsked({ client, servers }: On, { method, params, reply }: Exchange): Promise<void> {
  client.call(1, "library__metronome");
  await servers.library.call();
  servers.library.send(line({ id: "s-1", method, params }));
  const asked = await client.asked(method);
  expect(asked.line.text).toBe(line({ id: asked.id, method, params: asShown(method, withToken(params, asked.id)) }));
  client.send(line({ id: asked.id, ...reply }));
  expect((await servers.library.answerTo('"s-1"')).text).toBe(line({ id: "s-1", ...reply }));
}

/** What a server lists, on several pages, is in our list, but for names as it is. */
async function isListed({ cell, revision }: Side, { method, params, reply }: Exchange): Promise<void> {
  const member = memberOf[method] as string;
  const { cursor, ...rest } = params ?? {};
  const result = "result" in reply ? reply.result : {};
  const [first, last] = [JSON.stringify(result), JSON.stringify({ ...result, [member]: [], nextCursor: undefined })];
  const on = await library(cell, {
    answers: { [method]: ({ json }) => `"result":${json.params?.cursor === undefined ? first : last}` },
  });
  on.client.send(line({ id: 4, method, params: rest }));
  const { text, json } = await on.client.reply(4);
  expect(problemsOfMessage(revision, "to the client", json, method)).toEqual([]);
  const items = result[member] as readonly Members[];
  const isNamed = member === "tools" || member === "prompts";
  const listed = items.map((item) => (isNamed ? { ...item, name: `library__${item["name"]}` } : item));
  expect(text).toContain(`"${member}":${JSON.stringify(listed)}`);
  expect(json.result.nextCursor).toBeUndefined();
  expect([json.result.ttlMs, json.result.cacheScope]).toEqual([result["ttlMs"], result["cacheScope"]]);
}

/** Tutti's own answer to a request is what the schema says; so is what tells of it when it is open. */
async function isAnswered({ cell, revision }: Side, { method, params }: Exchange): Promise<void> {
  const { client, openClient } = await library(cell);
  const from = method === "initialize" ? openClient() : client;
  from.send(line({ id: "c-1", method, params }));
  if (method === "subscriptions/listen") {
    const told = await from.onListen('"c-1"', "notifications/subscriptions/acknowledged");
    expect(problemsOfMessage(revision, "to the client", told.json)).toEqual([]);
    expect(told.json.params.notifications).toEqual(params?.["notifications"]);
    return;
  }
  const { json } = await from.reply('"c-1"');
  expect(problemsOfMessage(revision, "to the client", json, method)).toEqual([]);
  expect(json.error).toBeUndefined();
}

/** A server that greets like that is taken as it is. */
async function isTaken({ cell }: Side, { method, reply }: Exchange): Promise<void> {
  const { downstreams } = await library(cell, {
    answers: { [method]: () => `"result":${JSON.stringify("result" in reply ? reply.result : {})}` },
  });
  expect(downstreams.library.state.kind).toBe("ready");
}

for (const side of sides) {
  const { cell, revision, examples } = side;
  const exchanges = exchangesOf(examples);

  describe(`${requirement("examples.pass", "LL", "MM")} (${revision})`, () => {
    for (const example of exchanges) {
      const { what, from, method } = example;
      if (from === "client" && !own.has(method) && memberOf[method] === undefined) {
        test(`${what}, and its answer`, async () => await passes(await library(cell), example));
      }
      if (from === "server" && !own.has(method)) {
        test(`${what}, asked by the server, and its answer`, async () => await isAsked(await library(cell), example));
      }
      if (memberOf[method] !== undefined) test(`${what}, from every page`, () => isListed(side, example));
      if (method === "initialize" || method === "server/discover") {
        test(`${what}, of a server`, () => isTaken(side, example));
      }
    }
  });

  describe(`${requirement("says.valid", "LL", "MM")} (${revision}), in answer to`, () => {
    for (const example of exchanges) {
      if (!own.has(example.method)) continue;
      if (example.from === "client") test(example.what, () => isAnswered(side, example));
      else {
        test(`${example.what}, of a server`, async () => {
          const { servers } = await library(cell);
          servers.library.send(line({ id: "s-1", method: example.method, params: example.params }));
          const { json } = await servers.library.answerTo('"s-1"');
          expect(problemsOfMessage(revision, "to the server", json, example.method)).toEqual([]);
          expect(json.error).toBeUndefined();
        });
      }
    }
  });
}
