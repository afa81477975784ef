import { expect, test } from "vitest";
import { patient, until } from "./support/until.ts";
import { inEveryWorld } from "./support/world.ts";

const labels = ["a", "b", "c", "d", "e", "f", "g", "h"];

inEveryWorld((world) => {
  /** The tool's name on the server that is meant for the label: each in turn. */
  const at = (label: string, tool: string): string => {
    const { servers, name } = world();
    return name(servers[labels.indexOf(label) % servers.length] as string, tool);
  };

  test("eight calls at once hear all their progress, in order, and none of the others'", async () => {
    const heard = new Map<string, unknown[]>(labels.map((label) => [label, []]));
    const results = await Promise.all(
      labels.map((label) => {
        const onprogress = (progress: object) => heard.get(label)?.push(progress);
        return world().client.call(at(label, "steps"), { label, count: 6 }, { onprogress });
      }),
    );
    expect(results).toEqual(labels);
    const expected = (message: string) =>
      Array.from({ length: 6 }, (_, index) => ({ progress: index + 1, total: 6, message }));
    for (const label of labels) expect(heard.get(label)).toEqual(expected(label));
  });

  test("of eight calls in flight those are cancelled at their servers that the client cancels", async () => {
    const { client, servers, name } = world();
    const aborters = labels.map(() => new AbortController());
    const calls = labels.map((label, index) =>
      client
        .call(at(label, "hang"), { label }, { signal: aborters[index]?.signal as AbortSignal })
        .catch(() => "cancelled"),
    );
    await Promise.all(servers.map((server) => client.call(name(server, "echo"), { text: "all are under way" })));
    const cancelled = async (): Promise<unknown[]> => {
      const lists = await Promise.all(servers.map((server) => client.call(name(server, "cancelled"))));
      return lists.flat().sort();
    };
    for (const wanted of [["b", "c", "g"], labels]) {
      for (const label of wanted) aborters[labels.indexOf(label)]?.abort("enough");
      await expect.poll(cancelled, patient).toEqual(wanted);
    }
    expect(await Promise.all(calls)).toEqual(labels.map(() => "cancelled"));
  });

  test("a call that is cancelled while it asks is over, and its question is answered to nobody", async () => {
    const { client, name } = world();
    const aborter = new AbortController();
    let isAsked = false;
    client.answer(async ({ params }) => {
      if (params.message.includes("for ended")) isAsked = true;
      await until("the end of the call", () => aborter.signal.aborted || params.message.includes("for next"));
      return { action: "accept", content: { name: "late" } };
    });
    const call = client.call(name("one", "ask_form"), { label: "ended" }, { signal: aborter.signal });
    const over = expect(call).rejects.toThrow();
    await until("the question", () => isAsked);
    aborter.abort("enough");
    await over;
    expect(await client.call(name("one", "ask_form"), { label: "next" })).toMatchObject({ label: "next" });
  });

  test("a tool that throws fails its own call alone, and structured results arrive", async () => {
    const { client, name } = world();
    const [failed, sum] = await Promise.all([
      client.call(name("one", "fails")),
      client.result(name("one", "sum"), { a: 1, b: 2 }),
    ]);
    expect(failed).toEqual({ isError: true, text: "thrown in the tool" });
    expect(sum["structuredContent"]).toEqual({ sum: 3 });
  });

  test("a list as the structured result arrives as the client's era can have it", async () => {
    const { client, name, cell } = world();
    if (cell !== "LM" && cell !== "MM") return;
    const tool = (await client.tools()).find((one) => one.name === name("one", "count"));
    const { structuredContent } = await client.result(name("one", "count"), { to: 3 });
    const list = { type: "array", items: { type: "number" } };
    if (cell === "MM") {
      expect(tool?.["outputSchema"]).toMatchObject(list);
      expect(structuredContent).toEqual([1, 2, 3]);
    } else {
      expect(tool?.["outputSchema"]).toMatchObject({ type: "object", properties: { result: list } });
      expect(structuredContent).toEqual({ result: [1, 2, 3] });
    }
  });

  test("the server is told what the client can do", async () => {
    const { client, name } = world();
    const { capabilities } = (await client.call(name("one", "whoami"))) as { capabilities: object };
    expect(capabilities).toMatchObject({ elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} });
  });
});
