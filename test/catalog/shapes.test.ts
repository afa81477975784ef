import { specTypeSchemas } from "@modelcontextprotocol/client";
import { PromptSchema, ResourceSchema, ResourceTemplateSchema } from "@modelcontextprotocol/sdk/types.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Kind, kinds, readDefinition } from "../../src/catalog/definition.ts";

/** What is read of a definition: its key, or why it is left out. */
function read(kind: Kind, definition: unknown): string {
  const read = readDefinition(kind, Buffer.from(JSON.stringify(definition)));
  return typeof read === "string" ? read : `usable: ${read.key}`;
}

const usable = {
  prompts: { name: "k" },
  resources: { uri: "k", name: "" },
  templates: { uriTemplate: "k", name: "" },
} as const;

const odd = { unknown: null, title: "t", description: "", icons: [{ src: "", x: 1 }], _meta: { "x/y": null } };
const annotations = { audience: ["user", "assistant"], priority: 1, lastModified: "2025-01-12T15:00:58Z", more: [1] };
const dated = (lastModified: unknown) => ({ annotations: { lastModified } });

const takes: readonly (readonly [keyof typeof usable, object])[] = [
  ["prompts", {}],
  ["prompts", odd],
  ["prompts", { arguments: [] }],
  ["prompts", { arguments: [{ name: "", description: "", required: false, title: 7 }] }],
  ["prompts", { name: "__proto__" }],
  ["prompts", { annotations: 7 }],
  ["resources", {}],
  ["resources", odd],
  ["resources", { annotations, size: 1.5, mimeType: "" }],
  ["resources", { uri: "not a uri \ud800" }],
  ["resources", dated("2025-01-12T15:00:58.123456+02:00")],
  ["templates", {}],
  ["templates", odd],
  ["templates", { annotations, size: "any", mimeType: "text/plain" }],
  ["templates", { uriTemplate: "{broken" }],
];

const refuses: readonly (readonly [keyof typeof usable, unknown, string])[] = [
  ["prompts", {}, "name: "],
  ["prompts", { name: "" }, "name: "],
  ["prompts", { name: "k", arguments: {} }, "arguments: "],
  ["prompts", { name: "k", arguments: ["a"] }, "arguments.0: "],
  ["prompts", { name: "k", arguments: [{}] }, "arguments.0.name: "],
  ["prompts", { name: "k", arguments: [{ name: "a", required: "yes" }] }, "arguments.0.required: "],
  ["prompts", { name: "k", arguments: null }, "arguments: "],
  ["prompts", { name: "k", _meta: [] }, "_meta: "],
  ["prompts", null, "the definition: "],
  ["resources", { uri: "k" }, "name: "],
  ["resources", { name: "k" }, "uri: "],
  ["resources", { name: "k", uri: "" }, "uri: "],
  ["resources", { name: "k", uri: 7 }, "uri: "],
  ["resources", { name: "k", uriTemplate: "k" }, "uri: "],
  ["resources", { ...usable.resources, size: "7" }, "size: "],
  ["resources", { ...usable.resources, mimeType: null }, "mimeType: "],
  ["resources", { ...usable.resources, annotations: { audience: ["system"] } }, "annotations.audience.0: "],
  ["resources", { ...usable.resources, annotations: { audience: "user" } }, "annotations.audience: "],
  ["resources", { ...usable.resources, annotations: { priority: 1.01 } }, "annotations.priority: "],
  ["resources", { ...usable.resources, ...dated("2025-01-12") }, "annotations.lastModified: "],
  ["resources", { ...usable.resources, ...dated("0".repeat(200_000)) }, "annotations.lastModified: "],
  ["templates", { name: "k", uri: "k" }, "uriTemplate: "],
  ["templates", { ...usable.templates, annotations: { priority: -1 } }, "annotations.priority: "],
  ["templates", "k", "the definition: "],
];

describe("a definition", () => {
  for (const [kind, more] of takes) {
    test(`of ${kind} is usable with ${JSON.stringify(more).slice(0, 80)}`, () => {
      const definition = { ...usable[kind], ...more };
      expect(read(kind, definition)).toBe(`usable: ${(definition as Record<string, unknown>)[kinds[kind].key]}`);
    });
  }

  for (const [kind, definition, field] of refuses) {
    test(`of ${kind} is left out, naming the field: ${JSON.stringify(definition)?.slice(0, 100)}`, () => {
      expect(read(kind, definition).startsWith(`is not usable: ${field}`)).toBe(true);
    });
  }

  test("of a resource is left out with a size that is no number to anybody", () => {
    const bytes = Buffer.from('{"uri":"k","name":"","size":1e999}');
    expect(readDefinition("resources", bytes)).toMatch(/^is not usable: size: /);
  });
});

const older = { prompts: PromptSchema, resources: ResourceSchema, templates: ResourceTemplateSchema };
const newer = {
  prompts: specTypeSchemas.Prompt,
  resources: specTypeSchemas.Resource,
  templates: specTypeSchemas.ResourceTemplate,
};

for (const kind of ["prompts", "resources", "templates"] as const) {
  test(`a definition of ${kind} is usable just where both lines of the official SDK take it`, () => {
    const value = fc.constantFrom<unknown>(null, true, 7, 0.5, "text", "user", [], {}, ["user"], [{ src: "s" }], [7]);
    const when = fc.constantFrom("2025-01-12T15:00:58Z", "2025-13-12T15:00:58Z", "2025-01-12T15:00Z", "now");
    const oddly = (...names: readonly string[]) =>
      fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
    const listOf = (...names: readonly string[]) => fc.oneof(value, fc.array(oddly(...names), { maxLength: 2 }));
    const definition = fc.record(
      {
        name: fc.oneof(fc.constant("a"), value),
        uri: fc.constant("u"),
        uriTemplate: fc.constant("t"),
        title: value,
        description: value,
        mimeType: value,
        size: value,
        icons: listOf("src", "mimeType", "sizes", "theme"),
        arguments: listOf("name", "description", "required"),
        annotations: fc.oneof(
          value,
          oddly("audience", "priority", "lastModified"),
          when.map((lastModified) => ({ lastModified })),
        ),
        _meta: value,
      },
      { requiredKeys: ["name", "uri", "uriTemplate"] },
    );
    const few = definition.chain((whole) => {
      const names = fc.subarray(Object.keys(whole), { maxLength: 3 });
      const kept = [...Object.keys(usable[kind])];
      return names.map((some) =>
        Object.fromEntries(Object.entries(whole).filter(([name]) => some.includes(name) || kept.includes(name))),
      );
    });
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(few, (odd) => {
        const isUsable = read(kind, odd).startsWith("usable: ");
        seen[isUsable ? "taken" : "refused"]++;
        const isNewer = !("issues" in newer[kind]["~standard"].validate(odd));
        expect(isUsable).toBe(older[kind].safeParse(odd).success && isNewer);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(200);
  });
}
