import { expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { until } from "../support/turns.ts";

const refused = '{"code":-32020,"message":"Mcp-Param-Region is missing"}';
const remote = { launch: { kind: "http", url: "http://alpha.example/mcp", headers: {} } } as const;
const done = '{"content":[{"type":"text","text":"done"}]}';

test("a call whose headers a server refuses is sent once more when its tools were listed anew", async () => {
  const { begin, servers } = await open("MM", { alpha: { tools: ["do"], config: remote } });
  const call = begin("alpha__do", { n: 1 });
  const lists = servers.alpha.count("tools/list");
  const first = await servers.alpha.call();
  first.error(refused);
  const second = await servers.alpha.call();
  expect(servers.alpha.count("tools/list")).toBe(lists + 1);
  expect(second.id).not.toBe(first.id);
  expect(second.params.arguments).toEqual({ n: 1 });
  second.result(done);
  expect((await call.result()).content[0].text).toBe("done");
});

test("one that is refused again is answered with that", async () => {
  const { begin, servers, downstreams } = await open("MM", { alpha: { tools: ["do"], config: remote } });
  const call = begin("alpha__do");
  (await servers.alpha.call()).error(refused);
  (await servers.alpha.call()).error(refused);
  expect((await call.reply()).json.error.code).toBe(-32020);
  expect(servers.alpha.calls.length).toBe(2);
  expect(downstreams.alpha.openRequests).toBe(1); // Its stream of notices.
});

test("without headers it is answered with that at once", async () => {
  const { begin, servers } = await open("MM", { alpha: { tools: ["do"] } });
  const call = begin("alpha__do");
  (await servers.alpha.call()).error(refused);
  expect((await call.reply()).json.error.code).toBe(-32020);
  expect(servers.alpha.calls.length).toBe(1);
});

test("a call that is cancelled while tools are listed is not sent again", async () => {
  const answers = {
    "tools/list": () =>
      isSlow
        ? undefined
        : '"result":{"tools":[{"name":"do","inputSchema":{"type":"object"}}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}',
  };
  let isSlow = false;
  const { begin, client, servers, downstreams } = await open("MM", {
    alpha: { tools: ["do"], config: remote, answers },
  });
  const call = begin("alpha__do");
  const first = await servers.alpha.call();
  isSlow = true;
  first.error(refused);
  await until(
    () => servers.alpha.count("tools/list") === 2,
    () => "the list",
  );
  client.cancel(call.id);
  await client.ask("tools/list");
  expect(servers.alpha.calls.length).toBe(1);
  expect([...downstreams.alpha.requests()]).toEqual([]);
});
