import { describe, expect, test } from "vitest";
import { requirement } from "../requirements.ts";
import type { Members, Told } from "../spec/example.ts";
import { problemsOfMessage } from "../spec/schema.ts";
import { metaName } from "../support/envelope.ts";
import { answerTo } from "../support/server-answers.ts";
import { quiet } from "../support/turns.ts";
import { saysWhy } from "../support/ways.ts";
import { library, line, type Side, sides } from "./examples-library.ts";

/** Shows how one notification gets to the other side. */
type Way = (side: Side, told: Told) => Promise<void>;

/** Notifications of a client, by method. */
const fromClient: Readonly<Record<string, Way>> = {
  "notifications/cancelled": async ({ cell }, { method, params }) => {
    const { client, servers } = await library(cell);
    const id = params?.["requestId"];
    client.call(JSON.stringify(id), "library__metronome");
    const call = await servers.library.call();
    client.send(line({ method, params }));
    const { text, json } = await servers.library.line(`"${method}"`);
    if (saysWhy(cell)) expect(text).toBe(line({ method, params: { ...params, requestId: Number(call.id) } }));
    else expect(json.params.requestId).toBe(Number(call.id));
  },
  "notifications/progress": async ({ cell }, { method, params }) => {
    const { client, servers } = await library(cell);
    client.call(1, "library__metronome");
    await servers.library.call();
    const meta = { progressToken: params?.["progressToken"] };
    servers.library.ask("roots/list", JSON.stringify({ _meta: meta }));
    const { id } = await client.asked("roots/list");
    client.send(line({ method, params: { ...params, progressToken: id } }));
    expect((await servers.library.line(`"${method}"`)).text).toBe(line({ method, params }));
  },
  // Said by every client when it greets; a server has heard tutti's own.
  "notifications/initialized": async ({ cell }, { method, params }) => {
    const { client, servers } = await library(cell);
    client.send(line({ method, params }));
    await client.ping();
    expect(servers.library.count(method)).toBe(1);
  },
  "notifications/roots/list_changed": passesToServer,
  "notifications/tasks/status": passesToServer,
};

/** Notifications of a server, by method. */
const fromServer: Readonly<Record<string, Way>> = {
  "notifications/cancelled": async ({ cell }, { method, params }) => {
    const { client, servers } = await library(cell);
    client.call(1, "library__metronome");
    await servers.library.call();
    if (client.era === "modern") {
      // It has asked nothing that it could take back.
      servers.library.send(line({ method, params }));
      await quiet();
      expect(client.peer.left.map(({ text }) => text)).toEqual([]);
      return;
    }
    servers.library.send(line({ id: params?.["requestId"], method: "roots/list" }));
    const { id } = await client.asked("roots/list");
    servers.library.send(line({ method, params }));
    expect((await client.notification(method)).text).toBe(line({ method, params: { ...params, requestId: id } }));
  },
  "notifications/progress": async ({ cell }, { method, params }) => {
    const { client, servers } = await library(cell);
    client.request(1, "tools/call", '{"name":"library__metronome"}', `"progressToken":${token(params)}`);
    const call = await servers.library.call();
    servers.library.send(line({ method, params: { ...params, progressToken: Number(call.id) } }));
    expect((await client.notification(method)).text).toBe(line({ method, params }));
  },
  "notifications/message": async ({ cell }, { method, params = {} }) => {
    const { client, servers } = await library(cell);
    const level = client.era === "modern" ? `"${metaName.logLevel}":"debug"` : "";
    client.request(1, "tools/call", '{"name":"library__metronome"}', level);
    await servers.library.call();
    servers.library.send(line({ method, params }));
    const { logger } = params as { logger?: string };
    const marked = logger === undefined ? { logger: "library", ...params } : { ...params, logger: `library/${logger}` };
    expect((await client.notification(method)).text).toBe(line({ method, params: marked }));
  },
  "notifications/resources/updated": async ({ cell }, { method, params = {} }) => {
    const { client, servers } = await library(cell);
    const uri = params["uri"] as string;
    if (client.era === "legacy") {
      await client.ask("resources/subscribe", JSON.stringify({ uri }));
      servers.library.send(line({ method, params }));
      expect((await client.notification(method)).text).toBe(line({ method, params }));
      return;
    }
    await client.listen('"l"', { resourceSubscriptions: [uri] });
    for (const id of servers.library.listens.keys())
      servers.library.send(line({ method, params: onListen(params, id) }));
    expect((await client.notification(method)).text).toBe(line({ method, params: onListen(params, '"l"') }));
  },
  "notifications/subscriptions/acknowledged": async ({ cell }, { method, params = {} }) => {
    const { client, servers } = await library(cell);
    for (const id of servers.library.listens.keys())
      servers.library.send(line({ method, params: onListen(params, id) }));
    await quiet();
    expect(client.peer.left.map(({ text }) => text)).toEqual([]);
  },
  "notifications/elicitation/complete": passesToClient,
  "notifications/tasks/status": passesToClient,
  "notifications/tools/list_changed": isTold("tools", { toolsListChanged: true }),
  "notifications/prompts/list_changed": isTold("prompts", { promptsListChanged: true }),
  "notifications/resources/list_changed": isTold("resources", { resourcesListChanged: true }),
};

async function passesToServer({ cell }: Side, { method, params }: Told): Promise<void> {
  const { client, servers } = await library(cell);
  client.send(line({ method, params }));
  expect((await servers.library.line(`"${method}"`)).text).toBe(line({ method, params }));
}

async function passesToClient({ cell }: Side, { method, params }: Told): Promise<void> {
  const { client, servers } = await library(cell);
  servers.library.send(line({ method, params }));
  expect((await client.notification(method)).text).toBe(line({ method, params }));
}

/** Tutti lists anew when a server says so, and says it itself where the list is another. */
function isTold(kind: "tools" | "prompts" | "resources", filter: object): Way {
  return async ({ cell, revision }, { method, params }) => {
    let isOther = false;
    const list = `${kind}/list`;
    const before = kind === "resources" ? "thing:///a" : "thing";
    const { client, servers, settle } = await library(cell, {
      answers: { [list]: (_request, { era }) => answerTo(list, era, { [kind]: isOther ? [] : [before] }) },
    });
    const isModern = client.era === "modern";
    await client.ask(list);
    if (isModern) await client.listen('"l"', filter);
    isOther = true;
    const ids = isModern ? [...servers.library.listens.keys()] : [undefined];
    for (const id of ids) {
      servers.library.send(line({ method, params: id === undefined ? params : onListen(params, id) }));
    }
    await settle();
    const { json } = await client.notification(method);
    expect(problemsOfMessage(revision, "to the client", json)).toEqual([]);
    expect((await client.ask(list)).json.result[kind]).toEqual([]);
  };
}

function token(params: Members | undefined): string {
  return JSON.stringify(params?.["progressToken"]);
}

/** Params with the id of a listen, as it stands, in the place of the one that they have. */
function onListen(params: Members | undefined, id: string): Members {
  const meta = params?.["_meta"] as Members | undefined;
  return { ...params, _meta: { ...meta, [metaName.subscriptionId]: JSON.parse(id) } };
}

for (const side of sides) {
  describe(`${requirement("examples.pass", "LL", "MM")} (${side.revision})`, () => {
    for (const example of side.examples) {
      if (example.kind === "exchange") continue;
      const { what, from, method } = example;
      const way = (from === "client" ? fromClient : fromServer)[method];
      test(`${what}, of a ${from}`, async () => {
        if (way === undefined) throw new Error("Nothing shows how it passes");
        await way(side, example);
      });
    }
  });
}
