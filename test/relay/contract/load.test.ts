import { describe, expect } from "vitest";
import { way } from "../../requirements/ways.ts";
import { cells, someCells } from "../../requirements.ts";
import { clientEra, open } from "../../support/cells.ts";
import type { FakeCall, Question } from "../../support/fake-call.ts";
import type { FakeServer } from "../../support/fake-server.ts";
import { quiet } from "../../support/turns.ts";
import { able, form, roots, sampling } from "./questions.ts";

const alpha = { tools: ["do"], prompts: ["do"], resources: ["file:///a"] };

/** What the person says: the question comes back with the answer. */
function person({ method, params }: Question): unknown {
  if (method === "roots/list") return { roots: [{ uri: "file:///home" }] };
  if (method === "elicitation/create") return { action: "accept", content: { heard: params["message"] } };
  return { role: "assistant", model: "m", content: (params["messages"] as { content: unknown }[])[0]?.content };
}

/** Works on one call: progress, three questions, progress, and a result that says what came back. */
async function work(name: string, call: FakeCall): Promise<void> {
  const { n } = call.params.arguments;
  const about = `${name} ${n}`;
  call.progress(`,"progress":1,"message":"${about}"`);
  const { answers, call: again } = await call.ask({ f: form(about), s: sampling(about), r: roots }, `state ${about}`);
  again.progress(`,"progress":2,"message":"${about}"`);
  again.result(JSON.stringify({ content: [], structuredContent: { about, answers } }));
}

async function serve(name: string, server: FakeServer, count: number): Promise<void> {
  const working: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const call = await server.call();
    // Those that come again with answers are waited for by who asked.
    working.push(work(name, call));
    await quiet();
  }
  await Promise.all(working);
}

cells("load.two-servers", async (cell) => {
  const on = await open(cell, { alpha, beta: alpha }, { client: able });
  const { client, begin, servers, clock, relay } = on;
  if (clientEra(cell) === "legacy") {
    const answer = (method: string) => (params: Question["params"]) => ({ result: person({ method, params }) });
    const methods = ["elicitation/create", "sampling/createMessage", "roots/list"];
    client.answering = Object.fromEntries(methods.map((method) => [method, answer(method)]));
  }
  const expected = ["alpha", "beta"].flatMap((name) => [1, 2, 3, 4].map((n) => ({ name, n })));
  const calls = expected.map(({ name, n }) => begin(`${name}__do`, { n }, `"progressToken":"${name} ${n}"`));
  let isOver = false;
  const serving = Promise.all([serve("alpha", servers.alpha, 4), serve("beta", servers.beta, 4)]);
  const results = Promise.all(calls.map((call) => call.finish(person))).finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(5);
  await serving;
  for (const [index, { structuredContent }] of (await results).entries()) {
    const { name, n } = expected[index] as { name: string; n: number };
    const about = `${name} ${n}`;
    expect(structuredContent).toEqual({
      about,
      answers: {
        f: { result: { action: "accept", content: { heard: `${name}: ${about}` } } },
        s: { result: { role: "assistant", model: "m", content: { type: "text", text: about } } },
        r: { result: { roots: [{ uri: "file:///home" }] } },
      },
    });
    const own = client.peer.lines
      .filter(({ text }) => text.includes("notifications/progress") && text.includes(`"progressToken":"${about}"`))
      .map(({ json }) => [json.params.progress, json.params.message]);
    // What it reports while nobody waits for it has nobody to go to.
    if (cell === "ML") expect(own.at(0)).toEqual([1, about]);
    else
      expect(own).toEqual([
        [1, about],
        [2, about],
      ]);
  }
  expect(relay.held).toBe(0);
  const asked = client.peer.lines.filter(({ json }) => json.id !== undefined && json.method !== undefined);
  expect(asked.length).toBe(clientEra(cell) === "legacy" ? 24 : 0);
});

cells("crash.other-server", async (cell) => {
  const { begin, send, servers, client, settle, relay, clock } = await open(
    cell,
    { alpha, beta: alpha, gamma: alpha },
    {
      client: able,
    },
  );
  const dying = [
    begin("alpha__do", { n: 1 }),
    send("prompts/get", '{"name":"alpha__do"}'),
    send("resources/read", '{"uri":"file:///a"}'),
  ];
  const [other, third] = [begin("beta__do"), begin("gamma__do")];
  await servers.alpha.call();
  await servers.alpha.request("prompts/get");
  await servers.alpha.request("resources/read");
  const [first, second] = [await servers.beta.call(), await servers.gamma.call()];
  servers.alpha.crash();
  for (const call of dying) {
    const { result, error } = (await call.reply()).json;
    const shown = (result?._meta ?? error.data)["tutti/error"];
    expect(shown).toMatchObject({ origin: "tutti", server: "alpha", code: "connection_lost", mayHaveRun: true });
  }
  first.result('{"content":[{"type":"text","text":"beta"}]}');
  second.result('{"content":[{"type":"text","text":"gamma"}]}');
  expect((await other.result()).content[0].text).toBe("beta");
  expect((await third.result()).content[0].text).toBe("gamma");
  const later = begin("alpha__do", { n: 2 });
  if (way.servers !== "http") {
    (await servers.alpha.call()).result('{"content":[{"type":"text","text":"alpha again"}]}');
    expect((await later.result()).content[0].text).toBe("alpha again");
  } else {
    // Its link was not open, and is not opened anew; a call that cannot be sent is tried once more, a little later.
    await quiet();
    await clock.advance(1000);
    const { _meta } = await later.result();
    expect(_meta["tutti/error"]).toMatchObject({ server: "alpha", code: "unavailable", mayHaveRun: false });
  }
  await settle();
  expect(client.count("notifications/cancelled")).toBe(0);
  expect(relay.held).toBe(0);
});

describe("with a server of each era", () => {
  someCells("load.two-servers", ["LL", "MM"], async (cell) => {
    const old = { ...alpha, era: "legacy" } as const;
    const on = await open(cell, { old, new: { ...alpha, era: "modern" } }, { client: able });
    const { begin, client, servers, clock } = on;
    client.answering = {
      "elicitation/create": (params) => ({ result: person({ method: "elicitation/create", params }) }),
    };
    const names = ["old", "new"] as const;
    const calls = names.flatMap((name) => [1, 2].map((n) => begin(`${name}__do`, { n })));
    const asking = names.flatMap((name) =>
      [1, 2].map(async () => {
        const call = await servers[name].call();
        const about = `${name} ${call.params.arguments.n}`;
        const { answers, call: again } = await call.ask({ who: form(about) }, about);
        again.result(JSON.stringify({ content: [], structuredContent: answers.who }));
      }),
    );
    let isOver = false;
    const results = Promise.all(calls.map((call) => call.finish(person))).finally(() => {
      isOver = true;
    });
    while (!isOver) await clock.advance(5);
    await Promise.all(asking);
    const heard = (await results).map(({ structuredContent }) => structuredContent.result.content.heard);
    expect(heard).toEqual(["old: old 1", "old: old 2", "new: new 1", "new: new 2"]);
  });
});
