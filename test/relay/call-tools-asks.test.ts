import { describe, expect, test } from "vitest";
import { eventually, serverEra } from "../support/cells.ts";
import { stage } from "../support/stage.ts";
import { cells, entriesIn, entriesOf, openPlans, said, structured } from "./call-tools-stage.ts";
import { able, accepted, form, sampled, sampling } from "./contract/questions.ts";

const one = { tools: ["a", "b", "c"] };
/** Parked calls that tutti keeps at most. */
const mostParked = 1024;

for (const cell of cells) {
  describe(`questions in call_tools, ${cell}`, () => {
    test("of several calls at once find their way back, each with its server's name, and what has ended runs once", async () => {
      const on = await openPlans(cell, { one, two: one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "two__b" },
        { id: "z", name: "one__c", arguments: { v: 7 } },
        { id: "w", name: "two__a", arguments: { of: { $from: "x" } } },
      ]);
      const [x, y, z] = await Promise.all([
        on.servers.one.call("a"),
        on.servers.two.call("b"),
        on.servers.one.call("c"),
      ]);
      z.result(said("done z"));
      await on.clock.advance(10);
      const [askedX, askedY] = [x.ask({ who: form("Who?") }, "state x"), y.ask({ what: sampling("What?") }, "state y")];
      const questions = await plan.questions(2);
      const texts = questions.map(({ method, params }) => `${method} ${params["message"] ?? ""}`.trim());
      expect(texts.toSorted()).toEqual(["elicitation/create one: Who?", "sampling/createMessage"]);
      if (plan.keys.length > 0) {
        const own = serverEra(cell) === "modern" ? ["x/who", "y/what"] : ["x/q1", "y/q1"];
        expect(plan.keys).toEqual(own);
      }
      plan.answer(...questions.map(({ method }) => (method === "sampling/createMessage" ? sampled : accepted)));
      const [backX, backY] = [await askedX, await askedY];
      expect(backX.answers.who.result).toEqual(accepted);
      expect(backY.answers.what.result).toEqual(sampled);
      backX.call.result(said("name x"));
      backY.call.result(said("name y"));
      const w = await on.servers.two.call("a");
      expect(w.params.arguments).toEqual({ of: "name x" });
      w.result(said("last"));
      const results = await entriesOf(plan);
      expect(results.map(({ result }) => result)).toEqual(["name x", "name y", "done z", "last"]);
      expect(on.servers.one.calls.filter(({ tool }) => tool === "c")).toHaveLength(1);
      expect(on.relay.held).toBe(0);
    });

    test("of a client that cannot be asked fail that call alone", async () => {
      const on = await openPlans(cell, { one });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
      ]);
      const [x, y] = await Promise.all([on.servers.one.call("a"), on.servers.one.call("b")]);
      const asked = x.ask({ who: form("Who?") }, "state");
      y.result(said("fine"));
      if (serverEra(cell) === "legacy") {
        const { answers } = await asked;
        expect(answers.who.error?.code).toBe(-32601);
        x.result(JSON.stringify({ content: [{ type: "text", text: "nobody" }], isError: true }));
      }
      const results = await entriesOf(plan);
      expect(results[1]).toEqual({ id: "y", ok: true, result: "fine" });
      expect(results[0]?.error?.code).toBe(serverEra(cell) === "legacy" ? "tool_error" : "input_required");
    });

    test("that cannot be read fail that call alone", async () => {
      const on = await openPlans(cell, { one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
      ]);
      const [x, y] = await Promise.all([on.servers.one.call("a"), on.servers.one.call("b")]);
      const odd = '{"content":[],"resultType":"input_required","inputRequests":{"k":5},"requestState":"s"}';
      x.result(serverEra(cell) === "modern" ? odd : said("no questions here"));
      y.result(said("fine"));
      const results = await entriesOf(plan);
      expect(results[1]).toEqual({ id: "y", ok: true, result: "fine" });
      if (serverEra(cell) === "modern") expect(results[0]?.error?.code).toBe("protocol_error");
    });

    test("that nobody answers end with the time for answers, and every call is over at its server", async () => {
      const on = await openPlans(cell, { one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
      ]);
      const [x, y] = await Promise.all([on.servers.one.call("a"), on.servers.one.call("b")]);
      y.result(said("fine"));
      await on.clock.advance(10);
      void x.ask({ who: form("Who?") }, "s");
      await plan.questions(1);
      await on.clock.advance(301_000);
      expect(on.relay.held).toBe(0);
      await eventually(on, () => on.downstreams.one.openRequests === (serverEra(cell) === "modern" ? 1 : 0), "no call");
    });

    test("that were not put yet when the plan is cancelled leave no call at work", async () => {
      const on = await openPlans(cell, { one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
      ]);
      const [x] = await Promise.all([on.servers.one.call("a"), on.servers.one.call("b")]);
      void x.ask({ who: form("Who?") }, "s");
      await on.clock.advance(50);
      on.client.cancel(plan.id);
      await on.clock.advance(50);
      expect(on.downstreams.one.openRequests).toBe(serverEra(cell) === "modern" ? 1 : 0);
      await on.clock.advance(301_000);
      expect(on.relay.held).toBe(0);
    });

    test("leave what results say of questions alone", async () => {
      const on = await openPlans(cell, { one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b", arguments: { of: { $from: "x" } } },
      ]);
      const json = '{"inputRequests":{"k":{"method":"elicitation/create","params":{}}},"requestState":"s"}';
      (await on.servers.one.call("a")).result(structured(json));
      const y = await on.servers.one.call("b");
      expect(y.line.text).toContain(`"arguments":{"of":${json}}`);
      y.result(said("ok"));
      expect((await entriesOf(plan))[0]?.result).toEqual(JSON.parse(json));
    });
  });
}

test("plans that wait for their client are bounded in number: one more is told what it has", async () => {
  const on = await openPlans("MM", { one }, { client: able, connect: stage, limits: { maxOpenRequests: 2000 } });
  const calls = [
    { id: "x", name: "one__a" },
    { id: "y", name: "one__b" },
  ];
  const plans = Array.from({ length: mostParked + 1 }, () => on.plan(calls));
  await on.clock.advance(1);
  const asks = JSON.stringify({
    resultType: "input_required",
    inputRequests: { who: form("Who?") },
    requestState: "s",
  });
  for (const call of on.servers.one.calls) call.result(call.tool === "a" ? asks : said("fine"));
  await on.clock.advance(1);
  const replies = on.client.peer.lines
    .filter(({ text }) => text.includes('"resultType"'))
    .map(({ json }) => json.result);
  const [told, ...others] = replies.filter(({ isError }) => isError === false);
  const [x, y] = entriesIn(told);
  expect([x?.error?.code, y?.result, others]).toEqual(["input_required", "fine", []]);
  expect(replies.filter(({ resultType }) => resultType === "input_required")).toHaveLength(plans.length - 1);
});
