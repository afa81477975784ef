import { describe, expect, test } from "vitest";
import type { Said } from "./support/era-client.ts";
import { connectHttp, type HttpClient, type Kind, type Served, serveHttpReady } from "./support/http-program.ts";
import { until } from "./support/until.ts";
import { serverOf } from "./support/world.ts";

const kinds: readonly Kind[] = ["SDK v1", "SDK v2 with a session", "SDK v2"];
const cells = kinds.flatMap((kind) => (["L", "M"] as const).map((era) => ({ kind, era })));
const labels = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Two servers of one era, and a client that can be asked everything, each of them behind HTTP. */
async function meet(kind: Kind, era: "L" | "M"): Promise<{ served: Served; client: HttpClient }> {
  const served = await serveHttpReady({ one: serverOf(era, "one"), two: serverOf(era, "two") });
  return { served, client: await connectHttp(served, kind) };
}

/** One call for each label, all at once, in turn to each server; their results in order. */
async function eight({ call }: HttpClient, tool: string, more: object = {}): Promise<unknown[]> {
  const servers = ["one", "two"];
  return await Promise.all(labels.map((label, at) => call(`${servers[at % 2]}__${tool}`, { label, ...more })));
}

const answers = {
  form: (label: string) => ({ kind: "elicit", action: "accept", content: { name: `name of ${label}` } }),
  model: (label: string) => {
    const content = { type: "text", text: `said to ${label}` };
    return { kind: "sampling", result: { role: "assistant", content, model: "m" } };
  },
  roots: () => ({ kind: "roots", roots: [{ uri: "file:///work", name: "work" }] }),
};

describe.each(cells)("$kind, servers of the era $era", ({ kind, era }) => {
  test("offers what the servers offer, reads, completes and calls, eight at once with progress of their own", async () => {
    const { client, served } = await meet(kind, era);
    const tools = (await client.tools()).map(({ name }) => name);
    expect(tools).toEqual(expect.arrayContaining(["one__echo", "two__echo"]));
    expect(await client.prompts()).toEqual(expect.arrayContaining(["one__greet", "two__ask_greet"]));
    expect(await client.resources()).toEqual(expect.arrayContaining(["one://text", "two://secret"]));
    expect(await client.templates()).toEqual(["one://item/{id}", "two://item/{id}"]);
    expect(await client.read("two://item/7")).toBe("item 7 of two");
    expect(await client.prompt("one__greet", { name: "Ada" })).toBe("Hello Ada from one");
    const ref = { type: "ref/prompt", name: "two__greet" };
    expect(await client.complete(ref, "name", "A")).toEqual(["Ada", "Adele"]);
    expect(client.capabilities()).toMatchObject({ tools: { listChanged: true }, logging: {} });
    expect(client.instructions()).toContain("one");
    const heard = labels.map(() => [] as unknown[]);
    const results = labels.map((label, at) => {
      const onprogress = ({ progress, message }: { progress: number; message?: string | undefined }) =>
        void heard[at]?.push([progress, message]);
      return client.call(`${at % 2 ? "one" : "two"}__steps`, { label, count: 3 }, { onprogress });
    });
    expect(await Promise.all(results)).toEqual(labels);
    expect(heard).toEqual(labels.map((label) => [1, 2, 3].map((step) => [step, label])));
    expect(await client.call("one__fails")).toMatchObject({ isError: true, text: "thrown in the tool" });
    expect(served.stderr).not.toMatch(/defect/);
  });

  test("eight calls at once each get the answer to their own questions, of whatever kind", async () => {
    const { client } = await meet(kind, era);
    const expectAll = async (tool: string, answer: (label: string) => unknown, method: string): Promise<void> => {
      const results = await eight(client, tool);
      expect(results).toEqual(labels.map((label) => ({ label, state: label, answer: answer(label) })));
      expect(client.asked.splice(0).map((one: Said) => one.method)).toEqual(labels.map(() => method));
    };
    await expectAll("ask_form", answers.form, "elicitation/create");
    await expectAll("ask_model", answers.model, "sampling/createMessage");
    await expectAll("ask_roots", answers.roots, "roots/list");
    const three = labels.map((label) => ({
      label,
      answers: [answers.form(label), answers.model(label), answers.roots()],
    }));
    expect(await eight(client, "ask_all")).toEqual(three);
    const said = labels.map((label) => ({ label, said: [1, 2, 3].map(() => `name of ${label}`) }));
    expect(await eight(client, "ask_rounds", { rounds: 3 })).toEqual(said);
    expect(await client.prompt("two__ask_greet", { label: "q" })).toBe("Hello name of q, q");
  });

  test("a call that is taken back ends at its server, and no other does", async () => {
    const { client } = await meet(kind, era);
    const abort = new AbortController();
    const taken = client.call("one__hang", { label: "taken" }, { signal: abort.signal });
    taken.catch(() => {});
    const kept = client.call("one__steps", { label: "kept", count: 2 });
    await client.call("one__echo", { text: "the calls above have come" });
    abort.abort();
    await expect(taken).rejects.toThrow();
    let cancelled: unknown = [];
    void (async () => {
      while (JSON.stringify(cancelled) !== '["taken"]') cancelled = await client.call("one__cancelled");
    })();
    await until("the end of the call at its server", () => JSON.stringify(cancelled) === '["taken"]');
    expect(await kept).toBe("kept");
  });

  test("hears of changed lists, updated resources and log messages", async () => {
    const { client } = await meet(kind, era);
    await client.tools(); // Who has not asked for a list is not told that it is another.
    await client.watch("one://text", "two://text");
    await client.wantLogs("info");
    const heard = (method: string) => client.heard.filter((one) => one.method === method);
    await client.call("one__update", { uri: "one://text" });
    await client.call("two__update", { uri: "two://secret" });
    await until("the update", () => heard("notifications/resources/updated").length > 0);
    await client.call("two__log", { level: "warning", text: "careful" });
    await client.call("two__log", { level: "debug", text: "never mind" });
    await until("the log message", () => heard("notifications/message").length > 0);
    await client.call("one__change", { kind: "tool", added: "grown" });
    await until("the change", () => heard("notifications/tools/list_changed").length > 0);
    expect((await client.tools()).map(({ name }) => name)).toContain("one__grown");
    expect(heard("notifications/resources/updated").map(({ params }) => params.uri)).toEqual(["one://text"]);
    const logs = heard("notifications/message").map(({ params }) => [params.logger, params.data]);
    expect(logs).toEqual([["two/fixture", { text: "careful" }]]);
  });
});
