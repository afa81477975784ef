import { beforeEach, expect, test } from "vitest";
import { type Said, tellingAnswer } from "./support/era-client.ts";
import { inEveryWorld, type World } from "./support/world.ts";

const labels = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** One call of a tool for each label, all at once, in turn to each server; their results in order. */
async function eight({ client, servers, name }: World, tool: string, more: object = {}): Promise<unknown[]> {
  const calls = labels.map((label, index) => {
    const server = servers[index % servers.length] as string;
    return client.call(name(server, tool), { label, ...more });
  });
  return await Promise.all(calls);
}

/** Answers nothing until so many questions are there, then all, the last first. */
function answerLate({ client }: World, count: number): void {
  const held: (() => void)[] = [];
  client.answer(async (asked) => {
    await new Promise<void>((resolve) => {
      held.push(resolve);
      if (held.length === count) for (const go of held.reverse()) go();
    });
    return tellingAnswer(asked);
  });
}

const answers = {
  form: (label: string) => ({ kind: "elicit", action: "accept", content: { name: `name of ${label}` } }),
  model: (label: string) => {
    const content = { type: "text", text: `said to ${label}` };
    return { kind: "sampling", result: { role: "assistant", content, model: "m" } };
  },
  roots: () => ({ kind: "roots", roots: [{ uri: "file:///work", name: "work" }] }),
  url: () => ({ kind: "elicit", action: "accept" }),
};

inEveryWorld((world) => {
  const call = async (server: string, tool: string, args: object): Promise<unknown> => {
    const { client, name } = world();
    return await client.call(name(server, tool), args).catch(({ message }) => ({ isError: true, text: message }));
  };
  const asked = (): Said[] => world().client.asked.splice(0);
  beforeEach(() => {
    world().client.answer(tellingAnswer);
    asked();
  });

  for (const [tool, answer, method, more] of [
    ["ask_form", answers.form, "elicitation/create", {}],
    ["ask_url", answers.url, "elicitation/create", { url: "https://example.com/ü" }],
    ["ask_model", answers.model, "sampling/createMessage", {}],
    ["ask_model_with_tools", answers.model, "sampling/createMessage", {}],
    ["ask_roots", answers.roots, "roots/list", {}],
  ] as const) {
    test(`eight calls of ${tool} at once each get the answer to their own question`, async () => {
      const results = await eight(world(), tool, more);
      expect(results).toEqual(labels.map((label) => ({ label, state: label, answer: answer(label) })));
      const questions = asked();
      expect(questions.map((one) => one.method)).toEqual(labels.map(() => method));
      if (tool === "ask_url") expect(questions[0]?.params).toMatchObject({ mode: "url", url: "https://example.com/ü" });
      if (tool === "ask_model_with_tools") expect(questions[0]?.params.tools).toMatchObject([{ name: "shout" }]);
    });
  }

  test("eight questions that are open at once are answered the last first", async () => {
    answerLate(world(), labels.length);
    const results = await eight(world(), "ask_form");
    expect(results).toEqual(labels.map((label) => ({ label, state: label, answer: answers.form(label) })));
  });

  test("a person sees which server asks", async () => {
    const { cell, servers } = world();
    await eight(world(), "ask_form");
    const messages = asked().map(({ params }) => params.message as string);
    const expected = labels.map((label, index) => {
      const server = servers[index % servers.length];
      return cell === undefined ? `Name for ${label}?` : `${server}: Name for ${label}?`;
    });
    expect(messages.sort()).toEqual(expected.sort());
  });

  test("three questions of one call at once, by eight calls, are each answered", async () => {
    const expected = labels.map((label) => ({
      label,
      answers: [answers.form(label), answers.model(label), answers.roots()],
    }));
    expect(await eight(world(), "ask_all")).toEqual(expected);
    expect(asked().length).toBe(3 * labels.length);
  });

  test("questions that follow from answers come round after round, of eight calls at once", async () => {
    const expected = labels.map((label) => ({ label, said: [1, 2, 3].map(() => `name of ${label}`) }));
    expect(await eight(world(), "ask_rounds", { rounds: 3 })).toEqual(expected);
    expect(asked().filter(({ params }) => params.message.includes("after name of")).length).toBe(2 * labels.length);
  });

  test("what a person declines or cancels reaches the server as that", async () => {
    for (const action of ["decline", "cancel"]) {
      world().client.answer(() => ({ action }));
      expect(await call("one", "ask_form", { label: "x" })).toMatchObject({
        label: "x",
        answer: { kind: "elicit", action },
      });
    }
  });

  test("a client that fails to answer fails the call that asks, and nothing else", async () => {
    world().client.answer(() => Promise.reject(new Error("no answer today")));
    const failed = call("one", "ask_form", { label: "x" });
    expect(await call("one", "echo", { text: "meanwhile" })).toBe("meanwhile");
    expect(await failed).toMatchObject({ isError: true });
    world().client.answer(tellingAnswer);
    expect(await call("one", "ask_form", { label: "y" })).toMatchObject({ answer: answers.form("y") });
  });

  test("a prompt and a resource may ask as a call may", async () => {
    const { client, name, servers } = world();
    const server = servers.at(-1) as string;
    expect(await client.prompt(name(server, "ask_greet"), { label: "q" })).toBe("Hello name of q, q");
    client.answer(() => ({ action: "accept", content: { name: "Eve" } }));
    expect(await client.read(`${server}://secret`)).toBe(`secret of ${server} for Eve`);
  });

  test("what a client cannot be asked is refused to the server, the call ends, and the next one runs", async () => {
    const { name, another } = world();
    const client = await another({ roots: {} });
    const outcome = async (tool: string, more = {}): Promise<unknown> =>
      await client
        .call(name("one", tool), { label: "x", ...more })
        .catch(({ message }) => ({ isError: true, text: message }));
    expect(await outcome("ask_form")).toMatchObject({ isError: true });
    expect(await outcome("ask_url", { url: "https://example.com" })).toMatchObject({ isError: true });
    expect(await outcome("ask_model")).toMatchObject({ isError: true });
    expect(client.asked).toEqual([]);
    expect(await outcome("ask_roots")).toMatchObject({ label: "x", answer: answers.roots() });
  });

  test("that an address was opened is told to a client that can hear it, under the id it knows", async () => {
    const { client, cell } = world();
    client.heard.length = 0;
    await call("one", "ask_url", { label: "u", url: "https://example.com" });
    const ids = asked().map(({ params }) => params.elicitationId as unknown);
    const told = client.heard.filter(({ method }) => method === "notifications/elicitation/complete");
    if (cell === "LL") expect(told.map(({ params }) => params.elicitationId)).toEqual(ids);
    if (cell === "ML" || cell === "MM") expect([ids, told]).toEqual([[undefined], []]);
  });
});
