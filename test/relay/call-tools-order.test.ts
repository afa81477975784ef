import { describe, expect, test } from "vitest";
import { eventually, serverEra } from "../support/cells.ts";
import type { FakeCall } from "../support/fake-call.ts";
import { cells, entriesOf, openPlans, type Result, said, structured } from "./call-tools-stage.ts";

const marked = (name: string, annotations: object) => ({ name, inputSchema: { type: "object" }, annotations });
const tools = ["a", "b", "c", marked("write", { readOnlyHint: false }), marked("read", { readOnlyHint: true })];
const three = { one: { tools }, two: { tools }, three: { tools } };

function idOf({ params }: FakeCall): string {
  return params.arguments.id;
}

function call(id: string, name: string, more: object = {}): object {
  return { id, name, arguments: { id }, ...more };
}

for (const cell of cells) {
  describe(`the order of calls in call_tools, ${cell}`, () => {
    test("unmarked calls of one server and of several are all there before any has ended", async () => {
      const on = await openPlans(cell, three);
      const plan = on.plan([
        call("a", "one__a"),
        call("b", "one__a"),
        call("c", "one__b"),
        call("d", "two__a"),
        call("e", "three__a"),
      ]);
      const { one, two, three: third } = on.servers;
      const all = [await one.call(), await one.call(), await one.call(), await two.call(), await third.call()];
      expect(all.map(idOf)).toEqual(["a", "b", "c", "d", "e"]);
      for (const running of all.toReversed()) running.result(said(idOf(running)));
      expect((await entriesOf(plan)).map(({ result }) => result)).toEqual(["a", "b", "c", "d", "e"]);
    });

    test("a dependent begins when its own need has ended, though an unrelated call runs on", async () => {
      const on = await openPlans(cell, three);
      const plan = on.plan([
        call("slow", "one__a"),
        call("fast", "one__b"),
        { id: "next", name: "two__a", arguments: { id: "next", of: { $from: "fast" } } },
        call("last", "three__a", { after: ["next"] }),
      ]);
      const slow = await on.servers.one.call("a");
      (await on.servers.one.call("b")).result(said("v"));
      const next = await on.servers.two.call("a");
      expect(next.params.arguments).toEqual({ id: "next", of: "v" });
      next.result();
      (await on.servers.three.call("a")).result();
      await on.clock.advance(10);
      slow.result(said("at last"));
      expect((await entriesOf(plan)).map(({ ok }) => ok)).toEqual([true, true, true, true]);
    });

    test("a marked write is alone on its server, in the order of the list, and delays no other server", async () => {
      const on = await openPlans(cell, three);
      const plan = on.plan([
        call("a", "one__a"),
        call("b", "one__read"),
        call("w", "one__write"),
        call("c", "one__c"),
        call("d", "one__read"),
        call("x", "two__write"),
        call("y", "three__a"),
      ]);
      const { one, two, three: third } = on.servers;
      const [a, b, x, y] = [await one.call(), await one.call(), await two.call(), await third.call()];
      expect([a, b, x, y].map(idOf)).toEqual(["a", "b", "x", "y"]);
      a.result();
      await on.clock.advance(10);
      expect(one.calls).toHaveLength(2);
      b.result();
      const w = await one.call();
      expect(idOf(w)).toBe("w");
      await on.clock.advance(10);
      expect(one.calls).toHaveLength(3);
      w.result();
      const [c, d] = [await one.call(), await one.call()];
      expect([c, d].map(idOf)).toEqual(["c", "d"]);
      for (const running of [c, d, x, y]) running.result();
      expect((await entriesOf(plan)).every(({ ok }) => ok)).toBe(true);
    });

    test("a plan that is wrong reaches no server, and is an error as a whole", async () => {
      const on = await openPlans(cell, three);
      const wrong = [
        [call("a", "one__a", { after: ["b"] }), call("b", "one__a", { after: ["a"] })],
        [call("a", "one__a", { after: ["a"] })],
        [call("a", "one__a"), call("b", "one__a", { after: ["nobody"] })],
        [call("a", "one__a"), call("a", "one__b")],
        [call("a", "one__a"), { id: "b", name: "one__a", arguments: { x: { $from: "c.d" } } }],
        [call("a", "one__a"), { id: "b", name: "one__a", arguments: { x: { $from: 5 } } }],
        [call("a", "one__a"), call("b", "one__a", { each: "z.items" })],
        Array.from({ length: 33 }, (_, index) => call(`n${index}`, "one__a")),
        [],
      ];
      for (const calls of wrong) {
        const result = await on.plan(calls).result();
        expect(result.isError, JSON.stringify(calls)).toBe(true);
        expect(result.content[0].text).toMatch(/^call_tools: .+ Nothing was run\.$/);
        expect(result._meta["tutti/error"]).toMatchObject({ code: "bad_arguments", mayHaveRun: false });
      }
      await on.clock.advance(10);
      expect(on.servers.one.calls).toHaveLength(0);
      expect(on.relay.held).toBe(0);
    });

    test("an unknown tool is its own call's error, its dependents are skipped, all others run", async () => {
      const on = await openPlans(cell, three);
      const plan = on.plan([
        call("a", "one__aa"),
        call("b", "one__b", { after: ["a"] }),
        call("c", "one__c", { after: ["b"] }),
        call("d", "two__a"),
      ]);
      (await on.servers.two.call()).result(said("fine"));
      const results = await entriesOf(plan);
      expect(results.map(({ error }) => error?.code)).toEqual(["unknown_tool", "skipped", "skipped", undefined]);
      expect(results[0]?.error?.message).toContain("nearest: one__a");
      expect(results[2]?.error?.message).toBe('needs "b", which was skipped because "a" failed');
      expect(on.servers.one.calls).toHaveLength(0);
    });

    test("cancelled: what runs is taken back at its server, what waits is never sent, nothing is kept", async () => {
      const narrow = { tools, config: { maxConcurrentCalls: 1 } };
      const on = await openPlans(cell, { ...three, narrow });
      const plan = on.plan([
        call("a", "one__a"),
        call("b", "one__write"),
        call("c", "two__a"),
        call("d", "three__a", { after: ["a"] }),
        call("e", "narrow__a"),
        call("f", "narrow__a"),
      ]);
      const [a, c, e] = [await on.servers.one.call(), await on.servers.two.call(), await on.servers.narrow.call()];
      on.client.cancel(plan.id);
      for (const [server, running] of [
        ["one", a],
        ["two", c],
        ["narrow", e],
      ] as const) {
        const notice = await on.servers[server].line('"method":"notifications/cancelled"');
        expect(String(notice.json.params.requestId)).toBe(running.id);
      }
      a.result();
      await on.clock.advance(60_000);
      expect(Object.values(on.servers).map(({ calls }) => calls.length)).toEqual([1, 1, 0, 1]);
      expect(on.relay.held).toBe(0);
      expect(on.client.peer.left.filter(({ text }) => text.includes(`"id":${plan.id}`))).toEqual([]);
    });

    test("out of time: a call that waited for a place at its server was not sent, and it says so", async () => {
      const narrow = { tools, config: { maxConcurrentCalls: 1 } };
      const on = await openPlans(cell, { narrow }, { together: { deadlineMs: 10_000 } });
      const plan = on.plan([call("a", "narrow__a"), call("b", "narrow__a")]);
      await on.servers.narrow.call();
      await on.clock.advance(10_000);
      const sent = (await entriesOf(plan)).map(({ error }) => [error?.code, error?.sent]);
      expect(sent).toEqual([
        ["timeout", "unknown"],
        ["timeout", false],
      ]);
      expect(on.servers.narrow.calls).toHaveLength(1);
    });

    test("its client leaves: the same", async () => {
      const on = await openPlans(cell, three);
      const other = await on.join();
      on.plan([call("a", "one__a"), call("b", "two__a", { after: ["a"] })], "", other);
      const a = await on.servers.one.call();
      other.leave();
      const notice = await on.servers.one.line('"method":"notifications/cancelled"');
      expect(String(notice.json.params.requestId)).toBe(a.id);
      await on.clock.advance(60_000);
      expect(on.servers.two.calls).toHaveLength(0);
      expect(on.relay.held).toBe(0);
    });

    test("at the deadline what has ended is told, the rest has timed out and is taken back", async () => {
      const on = await openPlans(cell, three, { together: { deadlineMs: 2000 } });
      const plan = on.plan([
        call("a", "one__a"),
        call("b", "one__b"),
        call("r", "one__read"),
        call("w", "one__write"),
        call("c", "two__a", { after: ["b"] }),
      ]);
      (await on.servers.one.call("a")).result(said("in time"));
      await on.clock.advance(2100);
      const results = await entriesOf(plan);
      expect(results.map(({ error, result }) => [error?.code ?? result, error?.sent])).toEqual([
        ["in time", undefined],
        ["timeout", "unknown"],
        ["timeout", undefined],
        ["timeout", false],
        ["timeout", false],
      ]);
      expect(on.servers.one.count("notifications/cancelled")).toBe(2);
      expect(on.relay.held).toBe(0);
      expect(on.downstreams.one.openRequests).toBe(serverEra(cell) === "modern" ? 1 : 0);
    });

    test("progress counts the calls that have ended, one by one, and only where it is wanted", async () => {
      const on = await openPlans(cell, three);
      const calls = [
        call("a", "one__a"),
        call("b", "one__b"),
        call("c", "two__nothing"),
        call("d", "two__b", { after: ["b"] }),
      ];
      const plan = on.plan(calls, '"progressToken":"of it"');
      const [a, b] = [await on.servers.one.call("a"), await on.servers.one.call("b")];
      expect(a.params._meta?.progressToken).toBeUndefined();
      b.error('{"code":-32000,"message":"no"}');
      await on.clock.advance(10);
      a.result();
      await entriesOf(plan);
      const told = on.client.peer.lines.filter(({ text }) => text.includes("notifications/progress"));
      const params = told.map(({ json }) => json.params);
      expect(params.map(({ progress, total, progressToken }) => [progress, total, progressToken])).toEqual(
        [1, 2, 3, 4].map((count) => [count, 4, "of it"]),
      );
      expect(params[0].message).toMatch(/^1\/4 two__nothing unknown_tool$/);
      expect(params[3].message).toMatch(/^4\/4 one__a ok \(\d+ ms\)$/);
      const silent = on.plan([call("a", "one__a")]);
      (await on.servers.one.call("a")).result();
      await silent.result();
      expect(on.client.count("notifications/progress")).toBe(4);
    });
  });
}

test("a fan-out of 31 × 100 goes through the gate of its server as direct calls do, and what finds it full is busy", async () => {
  const narrow = { tools, config: { maxConcurrentCalls: 3 } };
  const on = await openPlans("LL", { one: { tools }, narrow }, { together: { maxTokens: 0 } });
  const each = Array.from({ length: 31 }, (_, index) => ({
    id: `e${index}`,
    name: "narrow__a",
    each: "l.items",
    arguments: { of: { $from: "item" } },
  }));
  const plan = on.plan([{ id: "l", name: "one__a" }, ...each]);
  const items = JSON.stringify([...Array(100).keys()]);
  (await on.servers.one.call()).result(structured(`{"items":${items}}`));
  let results: readonly Result[] | undefined;
  void entriesOf(plan).then((came) => {
    results = came;
  });
  let done = 0;
  while (results === undefined) {
    await on.clock.advance(1);
    expect(on.servers.narrow.calls.length - done).toBeLessThanOrEqual(3);
    for (const running of on.servers.narrow.calls.slice(done)) {
      done++;
      running.result(said("ok"));
    }
  }
  const elements = results.slice(1).flatMap((entry) => entry.results ?? [entry]);
  expect(done).toBe(3 + 256);
  expect(elements.filter(({ ok }) => ok)).toHaveLength(100 + 100 + 59);
  const failed = results.slice(1).filter(({ ok }) => !ok);
  expect(failed).toHaveLength(28);
  expect(failed.every(({ error }) => error?.code === "busy")).toBe(true);
  await eventually(on, () => on.relay.held === 0, "that nothing is held");
});

test("while servers are starting a plan waits for them, and what is still missing then is unknown until it is there", async () => {
  const on = await openPlans("LL", { one: { tools }, late: { tools, isHeld: true } });
  const calls = [call("a", "one__a"), call("b", "late__a")];
  const plan = on.plan(calls);
  await on.clock.advance(100);
  expect(on.servers.one.calls).toHaveLength(0);
  await on.clock.advance(8000);
  (await on.servers.one.call()).result();
  expect((await entriesOf(plan)).map(({ error }) => error?.code)).toEqual([undefined, "unknown_tool"]);
  on.servers.late.open();
  await on.settle();
  const again = on.plan(calls);
  (await on.servers.one.call()).result();
  (await on.servers.late.call()).result();
  expect((await entriesOf(again)).every(({ ok }) => ok)).toBe(true);
});

test("only the plan can be cancelled: how tutti names its calls is nothing to its client", async () => {
  const on = await openPlans("LL", { one: { tools } });
  const plan = on.plan([call("x", "one__a")]);
  const x = await on.servers.one.call();
  on.client.cancel('"tutti/1 x"');
  await on.clock.advance(10);
  x.result(said("fine"));
  expect(await entriesOf(plan)).toMatchObject([{ result: "fine" }]);
});
