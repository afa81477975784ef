import { describe, expect, test } from "vitest";
import type { Example } from "./example.ts";
import { examples20251125 } from "./examples-2025-11-25.ts";
import { examples20260728 } from "./examples-2026-07-28.ts";
import { kindOf } from "./json-rpc.ts";
import { messagesOf } from "./messages.ts";
import { definitionFor, definitionsOf, problemsOfMessage, type Revision } from "./schema.ts";
import { shapesOf, shapesThereAre } from "./shapes.ts";

const sets: readonly (readonly [Revision, readonly Example[]])[] = [
  ["2025-11-25", examples20251125],
  ["2026-07-28", examples20260728],
];

for (const [revision, examples] of sets) {
  describe(`the examples of ${revision}`, () => {
    test("are valid by its schema, each request, reply and notification", () => {
      const problems = examples.flatMap((example) =>
        messagesOf(example, 1).flatMap(({ direction, message, asked }) =>
          problemsOfMessage(revision, direction, message, asked).map((problem) => `${example.what}: ${problem}`),
        ),
      );
      expect(problems).toEqual([]);
    });

    test("are each another", () => {
      const names = examples.map(({ from, what }) => `${from} ${what}`);
      expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    });

    test("have every shape that its schema has", () => {
      const had = new Set<string>();
      for (const example of examples) {
        for (const id of [1, "one"]) {
          for (const { direction, message, asked } of messagesOf(example, id)) {
            const definition = definitionFor(revision, direction, message, asked) ?? "";
            const value = kindOf(message) === "result" ? message.result : message;
            for (const shape of shapesOf(revision, definition, value)) had.add(shape);
          }
        }
      }
      expect([...shapesThereAre(revision)].filter((shape) => !had.has(shape))).toEqual([]);
    });

    test("have every code that its schema has, and one that it has not", () => {
      const codes = new Set(
        examples.flatMap((one) => (one.kind === "exchange" && "error" in one.reply ? [one.reply.error["code"]] : [])),
      );
      const named = [...definitionsOf(revision).values()].flatMap(
        ({ properties }) => properties?.["code"]?.const ?? [],
      );
      expect([...named, 17].filter((code) => !codes.has(code))).toEqual([]);
    });
  });
}
