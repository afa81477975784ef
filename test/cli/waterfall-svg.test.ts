import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Bar, Outcome } from "../../src/cli/burst.ts";
import { drawSvg } from "../../src/cli/waterfall-svg.ts";

const SLOW: Bar = { server: "alpha", label: "slow", startMs: 0, queuedMs: 0, endMs: 1000, outcome: "ok" };
const NEXT: Bar = { server: "alpha", label: "next", startMs: 0, queuedMs: 1000, endMs: 1250, outcome: "ok" };

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    "</text><script>alert(1)</script>",
    "]]><!--",
    "&lt;&#0;",
    `" onload="x`,
    "' x='",
    "\ufffe\uffff\x00",
  ),
);
const ms = fc.oneof(fc.double(), fc.integer({ min: 0, max: 5000 }));
const anyBars: fc.Arbitrary<Bar[]> = fc.array(
  fc.record({
    server: text,
    label: text,
    startMs: ms,
    queuedMs: ms,
    endMs: ms,
    outcome: fc.constantFrom<Outcome>("ok", "tool_error", "failed", "cancelled"),
    note: text,
  }),
  { maxLength: 8 },
);

/** The elements in `svg`, which must be a well-formed document without anything but elements and text. */
function elementsOf(svg: string): { readonly name: string; readonly attributes: ReadonlyMap<string, string> }[] {
  const elements = [];
  const open: string[] = [];
  let at = 0;
  while (at < svg.length) {
    const rest = svg.slice(at);
    const tag = /^<(\/?)([a-z][A-Za-z]*)((?: [A-Za-z:-]+="[^"<&]*")*)(\/?)>/.exec(rest);
    const [token] = tag ?? /^(?:[^<>&]|&(?:amp|lt|gt|quot|apos);)+/.exec(rest) ?? [];
    if (token === undefined) throw new Error(`not well-formed at: ${rest.slice(0, 60)}`);
    at += token.length;
    if (tag === null) continue;
    const [, isEnd, name = "", attributes = "", isEmpty] = tag;
    if (isEnd) expect(open.pop()).toBe(name);
    else
      elements.push({
        name,
        attributes: new Map(
          [...attributes.matchAll(/([A-Za-z:-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
        ),
      });
    if (!isEnd && !isEmpty) open.push(name);
  }
  expect(open).toEqual([]);
  return elements;
}

test("a wait is hatched up to where the run begins", () => {
  const svg = drawSvg([SLOW, NEXT], { title: "Two calls" });
  expect(svg.split("\n").filter((line) => line.includes('height="14"'))).toEqual([
    '<rect class="ok" x="352" y="64" width="337.6" height="14" rx="4"/>',
    '<rect class="ok wait" x="352" y="90" width="336.6" height="14" rx="4"/>',
    '<rect class="" fill="url(#hatch)" x="352" y="90" width="336.6" height="14" rx="4"/>',
    '<rect class="ok" x="689.6" y="90" width="84.4" height="14" rx="4"/>',
  ]);
});

test("title, server, calls, durations, ticks and the summary are written out", () => {
  const svg = drawSvg([SLOW, NEXT], { title: "Two calls" });
  const texts = [...svg.matchAll(/<text class="(\w+)[^>]*>(.*)<\/text>/g)].map(
    ([, kind, content]) => `${kind}: ${content}`,
  );
  expect(texts).toEqual([
    "title: Two calls",
    'summary: wall 1.25 s · sum of the calls 1.25 s ·<tspan class="ratio"> 1.0 × at once</tspan>',
    ...["0", "250 ms", "500 ms", "750 ms", "1 s", "1.25 s"].map((tick) => `time: ${tick}`),
    "server: alpha",
    "label: slow",
    "time: 1.00 s",
    "label: next",
    "time: 1.25 s",
    "remark: ok",
    "remark: waiting for a turn or for its server",
  ]);
});

test("the legend names the outcomes that occur, and no other", () => {
  const svg = drawSvg([{ ...SLOW, outcome: "failed" }], { title: "" });
  expect([...svg.matchAll(/class="remark faint"[^>]*>([^<]*)</g)].map(([, words]) => words)).toEqual(["failed"]);
});

test("texts stay texts when they hold markup", () => {
  const label = `<a href="x">&'`;
  const svg = drawSvg([{ ...SLOW, label, outcome: "failed", note: "</svg>" }], { title: "<b>" });
  expect(svg).toContain(">&lt;a href=&quot;x&quot;&gt;&amp;&apos;</text>");
  expect(svg).toContain(">failed: &lt;/svg&gt;</text>");
  expect(svg).toContain(">&lt;b&gt;</title>");
});

test("the file is well-formed and refers to nothing outside for any burst", () => {
  const known = new Set(["svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "text", "tspan"]);
  return fc.assert(
    fc.property(anyBars, text, (bars, title) => {
      const svg = drawSvg(bars, { title });
      // XML 1.0 section 2.2: these cannot be in a document, not even escaped.
      expect(svg).not.toMatch(/[^\n -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u);
      const elements = elementsOf(svg);
      expect(elements.filter(({ name }) => !known.has(name))).toEqual([]);
      const attributes = elements.flatMap((element) => [...element.attributes]);
      expect(attributes.filter(([key]) => /^on|href|^style$/i.test(key))).toEqual([]);
      const outside = attributes.filter(([key, value]) => key !== "xmlns" && /:|url\((?!#hatch\))/.test(value));
      expect(outside).toEqual([]);
    }),
  );
});

test("every call has a bar of visible width inside the track for any burst", () =>
  fc.assert(
    fc.property(anyBars, (bars) => {
      const elements = elementsOf(drawSvg(bars, { title: "any" }));
      expect(elements.filter(({ attributes }) => attributes.get("class") === "label")).toHaveLength(bars.length);
      const rects = elements.filter(({ name, attributes }) => name === "rect" && attributes.get("height") === "14");
      const spans = rects.map(
        ({ attributes }) => [Number(attributes.get("x")), Number(attributes.get("width"))] as const,
      );
      expect(new Set(rects.map(({ attributes }) => attributes.get("y"))).size).toBe(bars.length);
      expect(spans.filter(([x, width]) => !(x >= 352 && width >= 2 && x + width <= 774.01))).toEqual([]);
    }),
  ));

test("an empty burst is a picture that says so", () => {
  expect(drawSvg([], { title: "Nothing" })).toContain("no calls");
});
