import { describe, expect, test, vi } from "vitest";
import type { Cell } from "../requirements/requirement.ts";
import { cells } from "../requirements.ts";
import type { Direction, JsonRpc } from "../spec/json-rpc.ts";
import { problemsOfMessage, type Revision, revisions } from "../spec/schema.ts";
import { clientEra, connected, open, type Setting, serverEra } from "../support/cells.ts";
import { metaName, revisionOf } from "../support/envelope.ts";
import type { Question } from "../support/fake-call.ts";
import type { FakeServer } from "../support/fake-server.ts";
import { quiet } from "../support/turns.ts";
import { able, address, form, roots, sampled, sampling } from "./contract/questions.ts";

/** One side of a conversation with tutti: what it heard, and what it said. */
type Talk = { readonly direction: Direction; readonly heard: readonly string[]; readonly said: readonly string[] };

/** What is wrong with what one side heard, by the schema of its revision. */
function problemsIn(revision: Revision, { direction, heard, said }: Talk): readonly string[] {
  const asked = new Map(said.map(read).map(({ id, method }) => [JSON.stringify(id), method]));
  return heard.flatMap((line) => {
    const whole = JSON.parse(line) as JsonRpc;
    const { id, ...rest } = whole;
    // JSON-RPC wants a null where no id could be read; the schemas want none: https://www.jsonrpc.org/specification#response_object
    const message: JsonRpc = id === null && "error" in rest ? rest : whole;
    // The probe comes before it is known what the server speaks.
    const spoken = message.method === "server/discover" ? revisionOf.modern : revision;
    const method = message.method === undefined ? asked.get(JSON.stringify(message.id)) : undefined;
    const problems = problemsOfMessage(spoken as Revision, direction, message, method);
    return problems.map((problem) => `${problem}: ${line.slice(0, 300)}`);
  });
}

function read(line: string): JsonRpc {
  try {
    return JSON.parse(line);
  } catch {
    return {}; // It was no message, on purpose.
  }
}

/** Keeps what a fake says from now on. */
function listenTo(fake: { send: (line: string | Buffer) => void }): readonly string[] {
  const said: string[] = [];
  const send = fake.send.bind(fake);
  vi.spyOn(fake, "send").mockImplementation((line) => {
    said.push(line.toString());
    send(line);
  });
  return said;
}

const server = {
  tools: ["do", '{"name":"list","inputSchema":{"type":"object"},"outputSchema":{"type":"object"}}'],
  prompts: ["do"],
  resources: ["file:///same", "file:///own"],
  templates: ["db://{table}/{row}"],
  instructions: "Be gentle.",
  capabilities: { completions: {}, logging: {} },
};

type On = Setting<"alpha" | "beta"> & { readonly check: () => void };

/** Two servers, and a client that can do everything; all that either hears from the beginning is checked at the end. */
async function begin(cell: Cell): Promise<On> {
  const saidBy = new Map<unknown, readonly string[]>();
  const on = await open(
    cell,
    { alpha: server, beta: server },
    {
      client: able,
      connect: async (options) => {
        const stage = await connected(options);
        const servers = Object.values<FakeServer>(stage.servers);
        for (const fake of [stage.client, ...servers]) saidBy.set(fake, listenTo(fake));
        return stage;
      },
    },
  );
  const check = () => {
    const revision = (era: "legacy" | "modern") => revisionOf[era] as Revision;
    const heard = on.client.peer.lines.map(({ text }) => text);
    const talk: Talk = { direction: "to the client", heard, said: saidBy.get(on.client) ?? [] };
    expect(problemsIn(revision(clientEra(cell)), talk)).toEqual([]);
    for (const fake of Object.values(on.servers)) {
      const talk: Talk = { direction: "to the server", heard: fake.heard, said: saidBy.get(fake) ?? [] };
      expect(problemsIn(revision(serverEra(cell)), talk)).toEqual([]);
    }
  };
  return { ...on, check };
}

describe("lists, results and errors of its own", () => {
  cells("says.valid", async (cell) => {
    const { client, servers, begin: call, send, check } = await begin(cell);
    for (const method of ["tools/list", "prompts/list", "resources/list", "resources/templates/list"]) {
      await client.ask(method);
      await client.ask(method, '{"cursor":"no such"}');
    }
    const requests = [
      ["tools/call", '{"name":"alpha__do"}'],
      ["prompts/get", '{"name":"alpha__do"}'],
      ["resources/read", '{"uri":"file:///own"}'],
      ["resources/read", `{"uri":"tutti://beta/${encodeURIComponent("file:///own")}"}`],
      ["completion/complete", '{"ref":{"type":"ref/prompt","name":"alpha__do"},"argument":{"name":"a","value":""}}'],
    ] as const;
    for (const [method, params] of requests) {
      for (const reply of ["result", "error"] as const) {
        const request = send(method, params);
        const asked = await (params.includes("beta") ? servers.beta : servers.alpha).request(method);
        if (reply === "result") asked.result();
        else asked.error('{"code":-32603,"message":"no","data":[1]}');
        await request.reply();
      }
    }
    const refused = [
      ["tools/call", '{"name":"alpha__none"}'],
      ["tools/call", "{}"],
      ["prompts/get", '{"name":"none"}'],
      ["resources/read", '{"uri":"none:///"}'],
      ["completion/complete", '{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"a","value":""}}'],
      ["logging/setLevel", '{"level":"loud"}'],
      ["resources/subscribe", '{"uri":"none:///"}'],
      ["subscriptions/listen", "{}"],
      ["tasks/get", '{"taskId":"t"}'],
      ["vendor/method", "{}"],
      ["ping", "{}"],
    ] as const;
    for (const [method, params] of refused) await client.ask(method, params);
    const [lost, alsoLost] = [call("beta__do"), call("alpha__do")];
    await servers.beta.call();
    servers.beta.crash();
    await lost.reply();
    client.cancel(alsoLost.id);
    await quiet();
    check();
  });
});

describe("questions, round after round", () => {
  cells("says.valid", async (cell) => {
    const { begin: call, servers, check } = await begin(cell);
    const asking = call("alpha__do");
    const isOlder = serverEra(cell) === "legacy";
    let running = await servers.alpha.call();
    const answers = [
      { action: "accept", content: { name: "Ada", age: 36, older: true, tags: ["a"] } },
      { action: "decline" },
      sampled,
      { roots: [{ uri: "file:///a" }] },
    ];
    for (let round = 0; round < 2; round++) {
      const questions = {
        a: form("Who?"),
        b: address("There?", isOlder ? `e${round}` : undefined),
        c: sampling("Say.", { tools: [{ name: "t", inputSchema: { type: "object" } }], toolChoice: { mode: "auto" } }),
        d: roots,
      };
      const all = running.ask(questions, "s");
      await asking.questions(4);
      asking.answer(...answers);
      running = (await all).call;
    }
    running.result();
    await asking.reply();
    check();
  });
});

describe("questions that end otherwise", () => {
  cells("says.valid", async (cell) => {
    const { begin: call, client, clock, servers, check } = await begin(cell);
    const asking = call("alpha__do");
    const running = await servers.alpha.call();
    const isOlder = serverEra(cell) === "legacy";
    client.answering = { "roots/list": () => ({ error: { code: -32603, message: "no" } }) };
    const unknown: Record<string, Question> = isOlder ? { b: { method: "vendor/ask", params: {} } } : {};
    running.ask({ a: form("Who?"), ...unknown }, "s").catch(() => {});
    await clock.advance(10);
    await quiet();
    client.cancel(asking.id);
    const late = call("alpha__do");
    void (await servers.alpha.call()).ask({ a: form("Who?") }, "s").catch(() => {});
    await clock.advance(10);
    await clock.advance(4_000_000);
    await late.reply();
    if (isOlder) {
      await servers.alpha.question(roots);
      const opening = call("alpha__do");
      const elicitations = [address("There?", "e1").params];
      (await servers.alpha.call()).error(JSON.stringify({ code: -32042, message: "Open.", data: { elicitations } }));
      await opening.reply();
    }
    check();
  });
});

describe("what changes, what is logged, and how far it is", () => {
  cells("says.valid", async (cell) => {
    const { client, servers, begin: call, settle, check } = await begin(cell);
    const isOlder = clientEra(cell) === "legacy";
    for (const kind of ["tools", "prompts", "resources"]) await client.ask(`${kind}/list`);
    if (isOlder) {
      await client.ask("logging/setLevel", '{"level":"debug"}');
      await client.ask("resources/subscribe", '{"uri":"file:///own"}');
    } else {
      const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
      await client.listen(1, { ...lists, resourceSubscriptions: ["file:///own", "none:///"] });
      await client.listen('"two"', { resourceSubscriptions: ["file:///own"] });
    }
    const level = isOlder ? "" : `,"${metaName.logLevel}":"debug"`;
    const running = call("alpha__do", {}, `"progressToken":"p"${level}`);
    const asked = await servers.alpha.call();
    asked.progress(',"progress":1,"total":2.5');
    servers.alpha.log('{"level":"error","data":null}');
    servers.alpha.tell("notifications/resources/updated", '{"uri":"file:///own"}');
    for (const kind of ["tools", "prompts", "resources", "templates"] as const) servers.alpha.change(kind, []);
    await settle();
    asked.result();
    await running.reply();
    if (isOlder) await client.ask("resources/unsubscribe", '{"uri":"file:///own"}');
    else client.cancel(1);
    if (isOlder) client.send('{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}');
    await settle();
    check();
  });
});

describe("what cannot be served", () => {
  cells("says.valid", async (cell) => {
    const { openClient } = await begin(cell);
    const client = openClient();
    const said = listenTo(client);
    const isOlder = clientEra(cell) === "legacy";
    if (isOlder) {
      const params = { protocolVersion: revisionOf.legacy, capabilities: {}, clientInfo: { name: "c", version: "1" } };
      client.request(1, "initialize", JSON.stringify(params));
      await client.reply(1);
    }
    const version = (text: string) => `{"_meta":{"${metaName.version}":${text},"${metaName.capabilities}":{}}}`;
    const incomplete = `{"_meta":{"${metaName.version}":"${revisionOf.modern}"}}`;
    for (const [index, params] of (isOlder ? [] : [version('"1999-01-01"'), version("7"), incomplete]).entries()) {
      client.request(`"v${index}"`, "tools/list", params);
      await client.reply(`"v${index}"`);
    }
    client.send('{"jsonrpc":"2.0","id":"x1","method":"tools/list","params":');
    client.send('{"jsonrpc":"1.0","id":"x2","method":"tools/list"}');
    client.send(`{"jsonrpc":"2.0","id":"x3","method":"tools/call","params":${"[".repeat(600)}${"]".repeat(600)}}`);
    for (const line of ["[]", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', "1", "{}", "nonsense"]) client.send(line);
    await quiet();
    const heard = client.peer.lines.map(({ text }) => text);
    expect(heard.length).toBe(isOlder ? 9 : 11);
    const revision = revisionOf[clientEra(cell)] as Revision;
    expect(problemsIn(revision, { direction: "to the client", heard, said })).toEqual([]);
  });
});

describe("in the revision that the client asked for", () => {
  for (const revision of revisions.slice(0, -1)) {
    test(`${revision} it is valid`, async () => {
      const { openClient, servers } = await begin("LL");
      const client = openClient();
      const said = listenTo(client);
      const info = '"capabilities":{},"clientInfo":{"name":"c","version":"1"}';
      client.send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"${revision}",${info}}}`);
      expect((await client.reply(1)).json.result.protocolVersion).toBe(revision);
      for (const method of ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "ping"]) {
        await client.ask(method);
      }
      client.call(2, "alpha__do");
      (await servers.alpha.call()).error('{"code":5,"message":"no"}');
      await client.reply(2);
      for (const method of ["tools/call", "prompts/get", "vendor/x"]) await client.ask(method, '{"name":"none"}');
      const heard = client.peer.lines.map(({ text }) => text);
      expect(problemsIn(revision, { direction: "to the client", heard, said })).toEqual([]);
    });
  }
});
