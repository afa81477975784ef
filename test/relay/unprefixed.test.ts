import { expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { until } from "../support/turns.ts";

const done = '{"content":[{"type":"text","text":"done"}]}';
const bare = { tools: ["do"], config: { prefix: false }, isHeld: true } as const;

test("a bare name waits for the server without prefix that may list it, though another's tool is called so", async () => {
  const { begin, servers, downstreams } = await open("LL", { bare, other: { tools: ["do"] } });
  const call = begin("do");
  await until(
    () => downstreams.bare.openRequests > 0,
    () => "the call",
  );
  servers.bare.open();
  (await servers.bare.call("do")).result(done);
  expect((await call.result()).content[0].text).toBe("done");
  expect(servers.other.calls).toEqual([]);
});

test("where that server has no such tool it is nobody's, also then", async () => {
  const { begin, servers } = await open("LL", { bare: { ...bare, tools: ["else"] }, other: { tools: ["do"] } });
  const call = begin("do");
  servers.bare.open();
  const { isError, content } = await call.result();
  expect([isError, content[0].text]).toEqual([true, expect.stringContaining('There is no tool "do"')]);
  expect(servers.other.calls).toEqual([]);
});

test("with no such server starting it is the only tool that is called so", async () => {
  const { begin, servers } = await open("LL", {
    bare: { ...bare, tools: ["else"], isHeld: false },
    other: { tools: ["do"] },
  });
  const call = begin("do");
  (await servers.other.call("do")).result(done);
  expect((await call.result()).content[0].text).toBe("done");
});
