import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { docsExample, printDocs, printSchema } from "../../src/config/print.ts";
import { loadText } from "./load-text.ts";

const root = new URL("../../", import.meta.url);

describe("the printed files", () => {
  test.each([
    ["servers.schema.json", printSchema],
    ["docs/config.md", printDocs],
  ])("%s is current (npm run docs)", (name, print) => {
    expect(readFileSync(new URL(name, root), "utf8")).toBe(print());
  });

  test("are the same each time", () => {
    expect([printSchema(), printDocs()]).toEqual([printSchema(), printDocs()]);
  });
});

test("the page's example loads as it is", async () => {
  const { servers, notices } = await loadText(docsExample, { GITHUB_TOKEN: "token" });
  expect(servers.map(({ name }) => name)).toEqual(["github", "docs"]);
  expect(notices).toEqual([]);
});

test("every field of the schema says what it means, and the page names it", () => {
  const page = printDocs();
  const walk = (schema: unknown, at: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === "properties") {
        for (const [field, inner] of Object.entries(value as Record<string, { description?: string }>)) {
          expect(inner.description, `${at}.${field}`).toBeTruthy();
          if (field !== "mcpServers" && field !== "servers")
            expect(page, field).toMatch(new RegExp(`\`[\\w.]*\\$?${field.replace("$", "")}[\`.]`));
        }
      }
      walk(value, `${at}.${key}`);
    }
  };
  walk(JSON.parse(printSchema()), "");
});
