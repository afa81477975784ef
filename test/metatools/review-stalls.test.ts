import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { buildCatalog, expose } from "../../src/catalog/catalog.ts";
import { emptyOffer } from "../../src/catalog/definition.ts";
import { noRules } from "../catalog/offered.ts";
import { stage } from "./scripted.ts";

function catalogWith(inputSchema: object) {
  const definitions = ["t", "u"].map((name) => ({ key: name, bytes: Buffer.from(JSON.stringify({ name, inputSchema })) }));
  return buildCatalog([expose("one", "one", noRules, { ...emptyOffer, tools: { ...emptyOffer.tools, definitions } }).exposed]);
}
const names = Array.from({ length: 9000 }, (_, i) => `n${i}`);
const props = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`p${i}`, { type: "string" }]));
const schemas: Record<string, object> = {
  required: { type: "object", required: names },
  props: { type: "object", properties: props },
  small: { type: "object" },
};
for (const [name, schema] of Object.entries(schemas)) {
  test(`fan out ${name}`, () => {
    const { run } = stage({ catalog: catalogWith(schema), maxTokens: 20000 });
    const calls = [
      { id: "l", name: "one__t" },
      ...Array.from({ length: 31 }, (_, i) => ({ id: `e${i}`, name: "one__u", each: "l.items", arguments: { p1: { $from: "item" } } })),
    ];
    const scripted = run(calls);
    console.log(name, JSON.stringify(schema).length, scripted.running().length);
    if (scripted.running().length === 0) return;
    const items = Array.from({ length: 100 }, (_, i) => `x${i}`);
    let t = performance.now();
    scripted.running()[0]?.give({ items });
    console.log("begun", performance.now() - t, scripted.sent.length);
    t = performance.now();
    for (const one of scripted.running()) one.give({ a: 1 });
    console.log("ended", performance.now() - t, scripted.replies.length, scripted.replies[0]?.length);
  });
}
test("big value", () => {
  const { run } = stage({ maxTokens: 20000 });
  const scripted = run([
      { id: "l", name: "one__plain" },
      ...Array.from({ length: 5 }, (_, i) => ({ id: `e${i}`, name: "one__plain", each: "l.items", arguments: { p1: { $from: "l.last" } } })),
  ]);
  let t = performance.now();
  scripted.running()[0]?.give({ items: Array.from({ length: 100 }, (_, i) => `x${i}`), big: "xxxxxx ".repeat(700000), last: 1 });
  console.log("begun", performance.now() - t, scripted.sent.length);
});
test("big value, many refs", () => {
  const { run } = stage({ maxTokens: 20000 });
  const scripted = run([
      { id: "l", name: "one__plain" },
      { id: "e", name: "one__plain", arguments: { p1: Array.from({length: 250}, (_, i) => ({ $from: "l.last"+i })) }} ,
  ]);
  const t = performance.now();
  scripted.running()[0]?.give({ big: Array.from({length: 500000}, (_, i) => ({ i })), ...Object.fromEntries(Array.from({length: 250}, (_, i) => ["last"+i, i]))});
  console.log("begun", performance.now() - t, scripted.sent.length);
});
test("missing picks over budget", () => {
  const { run } = stage({ maxTokens: 20000 });
  const scripted = run([
      { id: "l", name: "one__plain" },
      { id: "e", name: "one__plain", each: "l.items", arguments: { p1: 1 }, pick: Array.from({length: 64}, (_, i) => `${i}`+"x".repeat(900)) } ,
  ]);
  scripted.running()[0]?.give({ items: Array.from({ length: 100 }, (_, i) => `x${i}`) });
  for (const one of scripted.running()) one.give({ a: 1 });
  console.log("reply", scripted.replies[0]?.length);
  expect(1).toBe(1);
});
