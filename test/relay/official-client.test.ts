import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { describe, expect, test } from "vitest";
import { type OnStage, stage } from "../support/stage.ts";

/** The official SDK's client on a stage: its stdio transport is one of lines over any two streams. */
async function officialClient<const N extends string>(servers: Readonly<Record<N, OnStage>>) {
  const on = await stage({ servers });
  const { input, output } = on.client.streams;
  const client = new Client({ name: "official", version: "0" });
  await client.connect(new StdioServerTransport(input, output as never));
  return { ...on, client };
}

describe("the official SDK's client", () => {
  test("finds that Promise.all over a burst resolves, and that each entry says what happened to it", async () => {
    const { client, servers } = await officialClient({
      alpha: { tools: ["do"] },
      beta: { tools: ["do"] },
      broken: { fails: "it is broken" },
    });
    const call = (name: string, n = 0) => client.callTool({ name, arguments: { n } });
    const all = Promise.all([
      call("alpha__do", 0),
      call("alpha__do", 1),
      call("alpha__do", 2),
      call("alpha__do", 3),
      call("beta__do"),
      call("nobody"),
      call("broken__do"),
    ]);
    const [echo, toolError, rpcError, bad] = [
      await servers.alpha.call(),
      await servers.alpha.call(),
      await servers.alpha.call(),
      await servers.alpha.call(),
    ];
    servers.alpha.send(`{"jsonrpc":"2.0","id":${bad.id},"result":oops}`);
    rpcError.error('{"code":-32000,"message":"boom","data":{"a":1}}');
    toolError.result('{"content":[{"type":"text","text":"no"}],"isError":true}');
    echo.result('{"content":[{"type":"text","text":"hello"}]}');
    await servers.beta.call();
    servers.beta.crash();

    const results = await all;
    const texts = results.map(({ content }) => (content as { text: string }[])[0]?.text);
    expect(texts).toEqual([
      "hello",
      "no",
      "boom",
      "alpha: the reply is not valid JSON. The call may have run.",
      "beta: the connection was lost: its output ended. The call may have run.",
      'There is no tool "nobody".',
      "broken: it is broken. The call did not run.",
    ]);
    expect(results.map(({ isError }) => isError)).toEqual([undefined, true, true, true, true, true, true]);
    expect(results[2]?._meta?.["tutti/error"]).toEqual({
      origin: "server",
      server: "alpha",
      code: -32000,
      message: "boom",
      data: { a: 1 },
    });
  });

  test("lists all usable tools beside the unusable ones of the same server", async () => {
    const good = { name: "good", inputSchema: { type: "object" } };
    const { client } = await officialClient({
      alpha: { tools: [good, { name: "bad", inputSchema: { type: "string" } }, { ...good, name: "" }] },
      beta: { tools: [{ ...good, outputSchema: { type: "array" } }, good] },
    });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["alpha__good", "beta__good"]);
  });

  test("hears progress of its call, and cancels it", async () => {
    const { client, servers } = await officialClient({ alpha: { tools: ["do"] } });
    const heard: number[] = [];
    const aborter = new AbortController();
    const options = {
      onprogress: ({ progress }: { progress: number }) => void heard.push(progress),
      signal: aborter.signal,
    };
    const result = client.callTool({ name: "alpha__do" }, undefined, options);
    const call = await servers.alpha.call();
    call.progress(',"progress":1');
    call.progress(',"progress":2');
    await expect.poll(() => heard).toEqual([1, 2]);
    aborter.abort("enough");
    await expect(result).rejects.toThrow("enough");
    expect((await servers.alpha.line("cancelled")).json.params).toEqual({
      requestId: Number(call.id),
      reason: "enough",
    });
  });
});
