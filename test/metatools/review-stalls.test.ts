import { expect, test, vi } from "vitest";
import { buildCatalog, expose } from "../../src/catalog/catalog.ts";
import { emptyOffer } from "../../src/catalog/definition.ts";
import { checkArguments } from "../../src/metatools/check-arguments.ts";
import { noRules } from "../catalog/offered.ts";
import { cpuTimer } from "../support/cpu.ts";
import { stage } from "./scripted.ts";

const mostBytes = 20_000 * 4;
const hundred = Array.from({ length: 100 }, (_, index) => index);

/** One server with the tools `list` and `each`, of which the latter takes what the schema says. */
function catalogWith(inputSchema: object) {
  const definition = (name: string, schema: object) => ({
    key: name,
    bytes: Buffer.from(JSON.stringify({ name, inputSchema: schema })),
  });
  const definitions = [definition("list", { type: "object" }), definition("each", inputSchema)];
  const offer = { ...emptyOffer, tools: { ...emptyOffer.tools, definitions } };
  return buildCatalog([expose("one", "one", noRules, offer).exposed]);
}

/** So many calls for each of a hundred elements, after one that gives these. */
function fanOut(calls: number, args: object, more: object = {}): readonly object[] {
  const each = Array.from({ length: calls }, (_, index) => ({
    id: `e${index}`,
    name: "one__each",
    each: "l.items",
    arguments: args,
    ...more,
  }));
  return [{ id: "l", name: "one__list" }, ...each];
}

test("a long schema is read once, however many calls are checked by it", () => {
  const properties = Object.fromEntries(
    hundred.map((index) => [`p${index}`, { type: "string", title: "x".repeat(500) }]),
  );
  const { run } = stage({ catalog: catalogWith({ type: "object", properties }), scope: "all" });
  const scripted = run(fanOut(31, { p1: "x" }));
  const parse = vi.spyOn(JSON, "parse");
  scripted.call("one__list").give({ items: hundred });
  const long = parse.mock.calls.filter(([text]) => text.length > 50_000);
  parse.mockRestore();
  expect(scripted.sent).toHaveLength(3101);
  expect(long).toHaveLength(1);
});

test("of a list of required names without end the first ones are looked for", () => {
  const required = Array.from({ length: 9000 }, (_, index) => `${index}`);
  const schema = Buffer.from(JSON.stringify({ type: "object", required }));
  expect(schema.length).toBeLessThan(64 * 1024);
  expect(checkArguments(Buffer.from("{}"), schema)).toMatch(/^"0", .+ and 246 more are missing \(given: nothing\)$/);
});

test("a value is walked through once for each path, not for each element", () => {
  const timeOf = (calls: number, items: readonly number[]): number => {
    const { run } = stage({ catalog: catalogWith({ type: "object" }) });
    const scripted = run(fanOut(calls, { of: { $from: "l.last" } }));
    const spentMs = cpuTimer();
    scripted.call("one__list").give({ items, long: "xx ".repeat(2_000_000), last: "me" });
    const ms = spentMs();
    expect(scripted.sent.at(-1)?.bytes).toBe('{"of":"me"}');
    expect(scripted.sent).toHaveLength(1 + calls * items.length);
    return ms;
  };
  timeOf(1, [0]);
  // One walk for each would take a hundred times as long.
  expect(timeOf(10, hundred)).toBeLessThan(10 * timeOf(10, [0]));
});

test("paths that would walk through more than there is time for fail their call alone", () => {
  const { run } = stage({ catalog: catalogWith({ type: "object" }) });
  const many = Array.from({ length: 250 }, (_, index) => ({ $from: `l.last${index}` }));
  const scripted = run([
    { id: "l", name: "one__list" },
    { id: "m", name: "one__each", arguments: { many } },
    { id: "f", name: "one__each", arguments: { own: 1 }, after: ["l"] },
  ]);
  const last = Object.fromEntries(many.map((_, index) => [`last${index}`, index]));
  scripted.call("one__list").give({ long: "xx ".repeat(500_000), ...last });
  scripted.call("one__each").give("fine");
  const [, m, f] = scripted.results();
  expect(m?.error).toMatchObject({ code: "too_large", message: expect.stringContaining("256 MiB") });
  expect(f?.result).toBe("fine");
});

test("paths that lead nowhere are named within the bounds of the result", () => {
  const { run } = stage({ catalog: catalogWith({ type: "object" }), maxTokens: mostBytes / 4 });
  const pick = hundred.slice(0, 64).map((index) => `${index}${"x".repeat(900)}`);
  const scripted = run(fanOut(3, {}, { pick }));
  scripted.call("one__list").give({ items: hundred });
  for (const one of scripted.running()) one.give({ a: 1 });
  const [, entry] = scripted.results();
  expect(scripted.reply().content[0]?.text.length).toBeLessThanOrEqual(mostBytes);
  expect(entry?.truncated).toMatchObject({ of: 100, result_id: expect.any(String) });
});
