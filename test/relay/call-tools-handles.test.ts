import { describe, expect, test } from "vitest";
import { cells, entriesOf, openPlans, structured } from "./call-tools-stage.ts";
import { able, accepted, form } from "./contract/questions.ts";

const one = { tools: ["a", "b"] };
const rows = JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ id, name: `row ${id}`, big: 12345 })));
const longList = structured(`{"items":${rows.replaceAll("12345", "12345678901234567890")}}`);
const maxTokens = 500;
const lifetimeMs = 15 * 60_000;

for (const cell of cells) {
  describe(`results of call_tools that are too long, ${cell}`, () => {
    test("are cut to valid JSON, and had whole by their handle, in a plan and by read_result, but by nobody else", async () => {
      const on = await openPlans(cell, { one }, { together: { maxTokens } });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
      ]);
      (await on.servers.one.call("a")).result(longList);
      (await on.servers.one.call("b")).result(structured('{"small":1}'));
      const { text } = await plan.reply();
      const whole = JSON.parse(text).result.content[0].text;
      expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(maxTokens * 4);
      const [x, y] = JSON.parse(whole).results;
      expect(y).toEqual({ id: "y", ok: true, result: { small: 1 } });
      const { shown, of, result_id: handle } = x.truncated;
      expect([x.ok, of, x.result.items.length]).toEqual([true, 300, shown]);
      expect(shown).toBeGreaterThan(5);
      expect(whole).toContain('"big":12345678901234567890');

      const next = on.plan([{ id: "n", name: "one__b", arguments: { it: { $from: `${handle}.items[299]` } } }]);
      const call = await on.servers.one.call("b");
      expect(call.line.text).toContain('"it":{"id":299,"name":"row 299","big":12345678901234567890}');
      call.result();
      await next.result();
      const args = { result: handle, path: "items", offset: shown, limit: 2 };
      const read = await on.begin("read_result", args).result();
      expect(JSON.parse(read.content[0].text)).toMatchObject({
        offset: shown,
        shown: 2,
        of: 300,
        next_offset: shown + 2,
      });

      const other = await on.join({ name: "another" });
      const stolen = on.plan([{ id: "n", name: "one__b", arguments: { it: { $from: handle } } }], "", other);
      const [stolenEntry] = await entriesOf(stolen);
      const message = expect.stringMatching(/kept for 15 minutes, for the client that got them; call the tool again$/);
      expect(stolenEntry?.error).toEqual({ code: "no_such_value", message });
      const peeked = await on.begin("read_result", { result: handle }, "", other).result();
      expect([peeked.isError, peeked.content[0].text]).toEqual([true, message]);
      expect(on.servers.one.calls).toHaveLength(3);
    });

    test("are kept for a while, and then a clear error", async () => {
      const on = await openPlans(cell, { one }, { together: { maxTokens } });
      const plan = on.plan([{ id: "x", name: "one__a" }]);
      (await on.servers.one.call("a")).result(longList);
      const handle = (await entriesOf(plan))[0]?.truncated?.result_id as string;
      await on.clock.advance(lifetimeMs - 1);
      expect((await on.begin("read_result", { result: handle }).result()).isError).not.toBe(true);
      await on.clock.advance(2);
      expect(on.handles.size).toBe(0);
      const late = await on.begin("read_result", { result: handle }).result();
      expect(late.isError).toBe(true);
      const [entry] = await entriesOf(on.plan([{ name: "one__b", each: `${handle}.items` }]));
      expect(entry?.error).toMatchObject({ code: "no_such_value", message: expect.stringContaining("15 minutes") });
    });
  });
}

test("what is kept for clients has bounds, each client's own and all together", async () => {
  const kept = { mostOwnerBytes: 40_000, mostBytes: 60_000 };
  const on = await openPlans("LL", { one }, { together: { maxTokens }, kept });
  const other = await on.join();
  const handles: string[] = [];
  for (let count = 0; count < 20; count++) {
    const plan = on.plan([{ id: "x", name: "one__a" }], "", count % 2 === 0 ? on.client : other);
    (await on.servers.one.call("a")).result(longList);
    handles.push((await entriesOf(plan))[0]?.truncated?.result_id as string);
  }
  expect(new Set(handles).size).toBe(20);
  expect(on.handles.size).toBeLessThanOrEqual(4);
  expect(on.handles.size).toBeGreaterThan(1);
  const last = await on.begin("read_result", { result: handles.at(-1) }, "", other).result();
  expect(last.isError).not.toBe(true);
});

describe("a client that comes back with answers to call_tools", () => {
  const refused = async (
    change: (state: string) => {
      readonly state?: string;
      readonly calls?: readonly object[];
      readonly asOther?: boolean;
    },
  ): Promise<string> => {
    const on = await openPlans("ML", { one }, { client: able });
    const calls = [{ id: "x", name: "one__a" }];
    const plan = on.plan(calls);
    const asked = (await on.servers.one.call("a")).ask({ k: form("Who?") });
    await plan.questions(1);
    const own = plan.state as string;
    const { state = own, calls: others = calls, asOther = false } = change(own);
    const from = asOther ? await on.join({ name: "another" }) : on.client;
    const more = `"inputResponses":{"x/q1":${JSON.stringify(accepted)}},"requestState":${JSON.stringify(state)}`;
    const params = `{"name":"call_tools","arguments":${JSON.stringify({ calls: others })},${more}}`;
    const { json } = await on.send("tools/call", params, "", from).reply();
    expect(on.servers.one.calls).toHaveLength(1);
    // The right one still works.
    plan.retry({ "x/q1": accepted });
    (await asked).call.result();
    expect(await entriesOf(plan)).toMatchObject([{ id: "x", ok: true }]);
    // And only once.
    plan.retry({ "x/q1": accepted });
    expect((await plan.reply()).json.error.message).toContain("used before");
    return json.error.message;
  };

  test("as another client gets nothing", async () => {
    expect(await refused(() => ({ asOther: true }))).toContain("was given to another client");
  });

  test("with another plan gets nothing", async () => {
    const calls = [{ id: "x", name: "one__b" }];
    expect(await refused(() => ({ calls }))).toContain("belongs to another request");
  });
});

test.each(["tampered with", "of an earlier tutti", "of somebody else"])(
  "a state that is %s runs nothing again: the plan may have run",
  async (kind) => {
    const on = await openPlans("ML", { one }, { client: able });
    const plan = on.plan([
      { id: "x", name: "one__a" },
      { id: "y", name: "one__b" },
    ]);
    (await on.servers.one.call("b")).result();
    void (await on.servers.one.call("a")).ask({ k: form("Who?") });
    await plan.questions(1);
    const state = plan.state as string;
    const [head, id] = state.split(".");
    const states: Readonly<Record<string, string>> = {
      "tampered with": `${state.slice(0, -3)}${state.endsWith("AAA") ? "BBB" : "AAA"}`,
      "of an earlier tutti": `${head}.${id}.${Buffer.alloc(32, 1).toString("base64url")}`,
    };
    plan.retry({ "x/q1": accepted }, states[kind] ?? "their own");
    const { json } = await plan.reply();
    expect(json.error).toMatchObject({ code: -32602, message: expect.stringContaining("requestState") });
    expect(on.servers.one.calls).toHaveLength(2);
  },
);
