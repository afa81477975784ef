import { describe, expect, test } from "vitest";
import type { Scope } from "../../src/metatools/scope.ts";
import { cells, entriesOf, openPlans, said } from "./call-tools-stage.ts";

const marked = (name: string, annotations?: object) => ({ name, inputSchema: { type: "object" }, annotations });
const tools = [
  marked("plain"),
  marked("read", { readOnlyHint: true, openWorldHint: false }),
  marked("write", { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false }),
  marked("destroy", { destructiveHint: true }),
];
const reads = [marked("read", { readOnlyHint: true, idempotentHint: true, openWorldHint: false })];

const reached: Readonly<Record<Scope, readonly string[]>> = {
  "read-only": ["read"],
  "non-destructive": ["plain", "read", "write"],
  all: ["plain", "read", "write", "destroy"],
};
const union: Readonly<Record<Scope, object>> = {
  "read-only": { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  "non-destructive": { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  all: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
};
const whyNot: Readonly<Record<string, string>> = {
  "read-only": "is not marked read-only; call it on its own",
  "non-destructive": "is marked destructive; call it on its own",
};

// biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
type Definition = any;

for (const cell of cells) {
  describe(`the scope of call_tools, ${cell}`, () => {
    test.each(Object.keys(reached) as Scope[])("%s reaches what it says, and says so of itself", async (scope) => {
      const on = await openPlans(cell, { one: { tools } }, { together: { scope } });
      const list: Definition[] = (await on.client.ask("tools/list")).json.result.tools;
      const own = list.find(({ name }) => name === "call_tools");
      expect(own.annotations).toEqual(union[scope]);
      expect(own._meta).toEqual({ "anthropic/alwaysLoad": true });
      expect(list.at(-2)).toBe(own);
      const plan = on.plan(tools.map(({ name }) => ({ id: name, name: `one__${name}` })));
      for (const name of reached[scope]) (await on.servers.one.call(name)).result(said(name));
      const results = await entriesOf(plan);
      expect(results.filter(({ ok }) => ok).map(({ id }) => id)).toEqual(reached[scope]);
      for (const { id, error } of results.filter(({ ok }) => !ok)) {
        expect(error).toEqual({ code: "out_of_scope", message: `"one__${id}" ${whyNot[scope]}` });
      }
      expect(on.servers.one.calls).toHaveLength(reached[scope].length);
    });

    test("follows the lists: what it says of itself is told anew when a server's tools change", async () => {
      const on = await openPlans(cell, { one: { tools: reads } }, { together: { scope: "all" } });
      const hints = async () =>
        (await on.client.ask("tools/list")).json.result.tools.find(({ name }: Definition) => name === "call_tools")
          .annotations;
      const listens = cell[0] === "M";
      if (listens) await on.client.listen(900, { toolsListChanged: true });
      expect(await hints()).toEqual({
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      });
      on.servers.one.changeTools([...reads, marked("destroy", { destructiveHint: true })]);
      await on.settle();
      await on.client.notification("notifications/tools/list_changed");
      expect(await hints()).toEqual({
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: true,
      });
      const plan = on.plan([{ id: "a", name: "one__destroy" }]);
      (await on.servers.one.call("destroy")).result(said("gone"));
      expect((await entriesOf(plan))[0]?.result).toBe("gone");
    });

    test("what observers hear of a call in it is what they hear of the call alone", async () => {
      const on = await openPlans(cell, { one: { tools, config: { maxConcurrentCalls: 1 } } });
      const ended = on.published.ended;
      for (const [name, end] of [
        ["plain", (call: Call) => call.result(said("x"))],
        ["read", (call: Call) => call.error('{"code":-1,"message":"no"}')],
        ["nothing", undefined],
      ] as const) {
        const alone = on.begin(`one__${name}`);
        if (end !== undefined) end(await on.servers.one.call(name));
        await alone.reply();
        const plan = on.plan([{ id: "x", name: `one__${name}` }]);
        if (end !== undefined) end(await on.servers.one.call(name));
        await plan.reply();
        const own = ended.splice(0).filter(({ tool }) => tool !== "call_tools");
        const [direct, inner] = own.map(({ id: _, ...event }) => event);
        // What nobody lists is known before it is sent anywhere.
        if (end === undefined) expect(own).toHaveLength(1);
        else expect(inner).toEqual(direct);
      }
    });
  });
}

type Call = { readonly result: (json?: string) => void; readonly error: (json: string) => void };

test("what the operator says of tools counts more than what their servers say", async () => {
  const config = { tools: { annotations: [["*", { readOnlyHint: true }]] } } as const;
  const on = await openPlans("LL", { one: { tools: ["plain"], config } }, { together: { scope: "read-only" } });
  const plan = on.plan([{ id: "a", name: "one__plain" }]);
  (await on.servers.one.call("plain")).result(said("x"));
  expect((await entriesOf(plan))[0]?.ok).toBe(true);
});
