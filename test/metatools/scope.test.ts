import { describe, expect, test } from "vitest";
import { buildCatalog, type Catalog, expose } from "../../src/catalog/catalog.ts";
import { emptyOffer } from "../../src/catalog/definition.ts";
import type { ToolRules } from "../../src/config/config.ts";
import { type Hints, refusal, type Scope, TraitsReader, unionOf } from "../../src/metatools/scope.ts";
import { noRules } from "../catalog/offered.ts";

type Annotations = Readonly<Record<string, unknown>>;

/** A catalog of one server with a tool for each of these annotations. */
function catalogOf(annotations: readonly (Annotations | string | undefined)[], rules: ToolRules = noRules): Catalog {
  const definitions = annotations.map((one, index) => {
    const key = `tool${index}`;
    const text = typeof one === "string" ? one : JSON.stringify(one);
    const bytes = `{"name":"${key}","inputSchema":{"type":"object"}${text === undefined ? "" : `,"annotations":${text}`}}`;
    return { key, bytes: Buffer.from(bytes) };
  });
  const offer = { ...emptyOffer, tools: { ...emptyOffer.tools, definitions } };
  return buildCatalog([expose("s", "s", rules, offer).exposed]);
}

function union(scope: Scope, annotations: readonly (Annotations | string | undefined)[], rules?: ToolRules) {
  return unionOf(catalogOf(annotations, rules), scope, new TraitsReader());
}

const readOnly = { readOnlyHint: true };
const destructive = { destructiveHint: true };
const harmless = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false };

describe("the annotations of what can call several tools", () => {
  test("are those of a tool that says nothing where one says nothing", () => {
    const unknown = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };
    expect(union("all", [undefined])).toEqual(unknown);
    expect(union("all", [{ ...readOnly, openWorldHint: false }, undefined])).toEqual(unknown);
  });

  test("say read-only only where all are, and count an absent hint with its default", () => {
    expect(union("all", [readOnly, readOnly])).toEqual({
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: true,
    });
  });

  test("say all that all say", () => {
    expect(union("all", [harmless, { ...harmless, title: "x" }])).toEqual(harmless);
    expect(union("all", [harmless, { ...harmless, idempotentHint: false }]).idempotentHint).toBe(false);
    expect(union("all", [harmless, { ...harmless, openWorldHint: true }]).openWorldHint).toBe(true);
  });

  test("are of what the scope reaches alone", () => {
    const all = [readOnly, harmless, undefined, destructive];
    expect(union("read-only", all)).toMatchObject({ readOnlyHint: true, destructiveHint: false });
    expect(union("non-destructive", [readOnly, harmless, destructive])).toMatchObject({ destructiveHint: false });
    expect(union("non-destructive", all)).toMatchObject({ readOnlyHint: false, destructiveHint: true });
    expect(union("all", [readOnly, harmless, destructive])).toMatchObject({ destructiveHint: true });
  });

  test("promise no more while there are no tools than the scope does", () => {
    expect(union("read-only", [])).toMatchObject({ readOnlyHint: true, destructiveHint: false });
    expect(union("non-destructive", [])).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  });

  test("follow the operator's hints over the server's", () => {
    const rules = { ...noRules, annotations: [["tool*", { readOnlyHint: true }]] } as const;
    expect(union("all", [undefined, { readOnlyHint: false }], rules)).toMatchObject({ readOnlyHint: true });
  });

  test("take nothing for a hint that is none", () => {
    const odd = { readOnlyHint: "true", destructiveHint: 0, openWorldHint: null };
    expect(union("all", [odd])).toMatchObject({ readOnlyHint: false, destructiveHint: true, openWorldHint: true });
    expect(union("all", ['{"readOnlyHint":false,"readOnlyHint":true}'])).toMatchObject({ readOnlyHint: true });
    expect(union("all", ['{"__proto__":{"readOnlyHint":true}}'])).toMatchObject({ readOnlyHint: false });
  });
});

describe("a scope", () => {
  const hints = (given: Partial<Hints>): Hints => ({
    readOnlyHint: undefined,
    destructiveHint: undefined,
    idempotentHint: undefined,
    openWorldHint: undefined,
    ...given,
  });

  test("that is read-only reaches what is marked so", () => {
    const unmarked = '"x" is not marked read-only; call it on its own';
    expect(refusal("read-only", "x", hints({ readOnlyHint: true }))).toBeUndefined();
    expect(refusal("read-only", "x", hints({}))).toBe(unmarked);
    expect(refusal("read-only", "x", hints({ readOnlyHint: false }))).toBe(unmarked);
  });

  test("that is not destructive reaches what is not marked destructive", () => {
    expect(refusal("non-destructive", "x", hints({}))).toBeUndefined();
    expect(refusal("non-destructive", "x", hints({ readOnlyHint: false }))).toBeUndefined();
    expect(refusal("non-destructive", "x", hints(destructive))).toBe('"x" is marked destructive; call it on its own');
  });

  test("of all reaches all", () => {
    expect(refusal("all", "x", hints(destructive))).toBeUndefined();
  });
});

test("a tool is marked as writing where it says that it is not read-only, or destroys", () => {
  const { tools } = catalogOf([undefined, readOnly, { readOnlyHint: false }, destructive, { destructiveHint: false }]);
  const reader = new TraitsReader();
  expect(tools.map((tool) => reader.of(tool).isWriting)).toEqual([false, false, true, true, false]);
});

test("a tool's input schema is the bytes of its definition", () => {
  const [tool] = catalogOf([undefined]).tools;
  const reader = new TraitsReader();
  expect(tool && reader.of(tool).inputSchema?.toString()).toBe('{"type":"object"}');
});
