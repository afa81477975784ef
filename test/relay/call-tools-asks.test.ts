import { describe, expect, test } from "vitest";
import { clientEra, eventually, serverEra } from "../support/cells.ts";
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
      const texts: string[] = [];
      for (const count of clientEra(cell) === "legacy" ? [1, 1] : [2]) {
        const questions = await plan.questions(count);
        texts.push(...questions.map(({ method, params }) => `${method} ${params["message"] ?? ""}`.trim()));
        if (plan.keys.length > 0) {
          const own = serverEra(cell) === "modern" ? ["x/who", "y/what"] : ["x/q1", "y/q1"];
          expect(plan.keys).toEqual(own);
        }
        plan.answer(...questions.map(({ method }) => (method === "sampling/createMessage" ? sampled : accepted)));
      }
      expect(texts.toSorted()).toEqual(["elicitation/create one: Who?", "sampling/createMessage"]);
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

    test("let the time of the plan stand still while the client is asked, and no longer", async () => {
      const on = await openPlans(cell, { one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
      ]);
      const [x] = await Promise.all([on.servers.one.call("a"), on.servers.one.call("b")]);
      await on.clock.advance(30_000);
      const asked = x.ask({ who: form("Who?") }, "state");
      await on.clock.advance(300);
      await plan.questions(1);
      await on.clock.advance(100_000);
      plan.answer(accepted);
      (await asked).call.result(said("fine"));
      await on.clock.advance(18_000);
      expect(on.relay.held).toBe(1);
      await on.clock.advance(2000);
      expect(await entriesOf(plan)).toMatchObject([{ result: "fine" }, { error: { code: "timeout" } }]);
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

for (const cell of ["LL", "LM"] as const) {
  describe(`a client that is asked by requests, ${cell}`, () => {
    test("is asked by the calls of a plan one after the other, and by its own calls at once", async () => {
      const on = await openPlans(cell, { one, two: one, three: one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "two__a" },
      ]);
      on.begin("three__b");
      const inner = await Promise.all([on.servers.one.call("a"), on.servers.two.call("a")]);
      const own = await on.servers.three.call("b");
      for (const one of inner) void one.ask({ who: form("Inner?") }, "s");
      await on.clock.advance(10);
      void own.ask({ who: form("Own?"), what: form("And?") }, "s");
      await on.clock.advance(10);
      const asked = () => on.client.peer.lines.filter(({ text }) => text.includes('"elicitation/create"'));
      await eventually(on, () => asked().length === 3, "the first of the plan, and both of the call");
      await on.settle();
      expect(asked().filter(({ text }) => text.includes("Inner?"))).toHaveLength(1);
      const [first] = await plan.questions(1);
      expect(first?.params["message"]).toMatch(/: Inner\?$/);
      plan.answer(accepted);
      await eventually(on, () => asked().length === 4, "the second of the plan");
    });

    test("hears nothing of a question whose plan is over before its turn", async () => {
      const on = await openPlans(cell, { one, two: one }, { client: able });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "two__a" },
      ]);
      const calls = await Promise.all([on.servers.one.call("a"), on.servers.two.call("a")]);
      const [first] = calls.map((one) => one.ask({ who: form("Who?") }, "s"));
      await plan.questions(1);
      on.client.cancel(plan.id);
      await on.settle();
      plan.answer(accepted);
      if (serverEra(cell) === "legacy") await first;
      await on.clock.advance(301_000);
      expect(on.client.peer.lines.filter(({ text }) => text.includes('"elicitation/create"'))).toHaveLength(1);
      expect(on.relay.held).toBe(0);
    });
  });
}

test("a question that was held back behind that of a plan goes to another call when the plan is cancelled: it may be its own", async () => {
  const on = await openPlans("LL", { one }, { client: able });
  on.begin("one__c");
  const own = await on.servers.one.call("c");
  const plan = on.plan([
    { id: "x", name: "one__a" },
    { id: "y", name: "one__b" },
  ]);
  const [x] = await Promise.all([on.servers.one.call("a"), on.servers.one.call("b")]);
  void x.ask({ who: form("Inner?") }, "s");
  await plan.questions(1);
  const asked = own.ask({ who: form("Own?") }, "s");
  await on.settle();
  on.client.cancel(plan.id);
  await on.settle();
  plan.answer(accepted);
  const [question] = await plan.questions(1);
  expect(question?.params["message"]).toBe("one: Own?");
  plan.answer(accepted);
  expect((await asked).answers.who.result).toEqual(accepted);
  expect(on.relay.held).toBe(0);
});

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
