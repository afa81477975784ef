import { expect, test } from "vitest";
import { startAlone } from "./alone.ts";

const silent = (): undefined => undefined;
const keys = (definitions: readonly { readonly key: string }[]) => definitions.map(({ key }) => key);

test("a server that never answers for its templates is ready soon all the same, and nothing is said", async () => {
  const { downstream, clock, oddities } = startAlone({
    resources: ["a://1"],
    answers: { "resources/templates/list": silent },
  });
  await clock.advance(2000);
  expect(downstream.state.kind).toBe("ready");
  expect(keys(downstream.offer.resources.definitions)).toEqual(["a://1"]);
  await clock.advance(60_000);
  expect({ kind: downstream.state.kind, oddities }).toEqual({ kind: "ready", oddities: [] });
});

test("prompts that come late are offered when they come", async () => {
  const { downstream, server, clock } = startAlone({ prompts: ["p"], answers: { "prompts/list": silent } });
  await clock.advance(6000);
  expect(downstream.state.kind).toBe("ready");
  const { json } = await server.line('"prompts/list"');
  server.send(`{"jsonrpc":"2.0","id":${json.id},"result":{"prompts":[{"name":"p"}]}}`);
  await clock.advance(0);
  expect(keys(downstream.offer.prompts.definitions)).toEqual(["p"]);
});

test("a list that changes is fetched again while another one has not come yet", async () => {
  const { downstream, server, clock } = startAlone({ prompts: ["p"], answers: { "prompts/list": silent } });
  await clock.advance(6000);
  server.changeTools(["other"]);
  await clock.advance(1000);
  expect(keys(downstream.offer.tools.definitions)).toEqual(["other"]);
});

test("nothing is said of templates that a server does not know when its resources change", async () => {
  const { downstream, server, clock, oddities, started } = startAlone({
    resources: ["a://1"],
    answers: { "resources/templates/list": () => '"error":{"code":-32601,"message":"Method not found"}' },
  });
  await started;
  server.change("resources", ["a://2"]);
  await clock.advance(1000);
  expect(keys(downstream.offer.resources.definitions)).toEqual(["a://2"]);
  expect(oddities).toEqual([]);
});

test("nothing is said of lists that do not come because the server is gone, or is being stopped", async () => {
  for (const end of ["crash", "stop"] as const) {
    let lists = 0;
    const answers = {
      "prompts/list": silent,
      "resources/list": () => (lists++ === 0 ? '"result":{"resources":[]}' : undefined),
    };
    const { downstream, server, clock, oddities, started } = startAlone(
      { resources: ["a://1"], prompts: ["p"], answers },
      { config: { restartMaxMs: 0 } },
    );
    await clock.advance(6000);
    await started;
    server.change("resources", ["a://2"]);
    await clock.advance(1000);
    expect(lists).toBe(2);
    if (end === "crash") server.crash();
    else await downstream.stop();
    await clock.advance(1000);
    expect({ kind: downstream.state.kind, oddities }).toEqual({ kind: "down", oddities: [] });
  }
});
