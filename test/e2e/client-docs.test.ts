import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseToml } from "smol-toml";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { valueAt } from "../../src/setup/document.ts";
import { entryFor } from "../../src/setup/install.ts";
import { programs } from "../../src/setup/programs.ts";
import { loadText } from "../config/load-text.ts";
import { root, run } from "./support/program.ts";

const folder = join(root, "docs", "clients");

function page(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function blocks(text: string): readonly (readonly [kind: string, code: string])[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind = "", code = ""]) => [kind, code] as const);
}

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  json: JSON.parse,
  toml: parseToml,
  yaml: (text) => parseYaml(text),
};

const launch = {
  command: "/path/to/node",
  args: ["/path/to/tutti/dist/main.js", "--config", "/path/to/servers.json"],
  env: {},
};

const at = {
  env: {},
  home: "/home/me",
  cwd: "/project",
  platform: "linux",
  main: "",
  files: { isFile: () => false, list: () => [] },
};

test("every program has a page, and the list of pages names each", () => {
  expect(readdirSync(folder).sort()).toEqual(programs.map(({ id }) => `${id}.md`).sort());
  const list = page("docs/clients.md");
  for (const { id, title } of programs) {
    expect(page(`docs/clients/${id}.md`)).toMatch(/^# .+\n/);
    expect(list).toMatch(new RegExp(`^- \\[.+\\]\\(clients/${id}\\.md\\)$`, "m"));
    expect(title).toContain(/^# (.+)$/m.exec(page(`docs/clients/${id}.md`))?.[1]);
  }
});

test.each(programs)("the entry by hand for $title is what install writes", (program) => {
  const [kind, code] = blocks(page(`docs/clients/${program.id}.md`)).find(([one]) => one in parsers) ?? ["", ""];
  const document = parsers[kind]?.(code);
  const [file] = program.files(at);
  const place = file?.place({ mcp: {} }) ?? [];
  expect(valueAt(document, [...place, "tutti"])).toEqual(entryFor(program, launch));
});

test.each(programs)("the page of $title names the file that is changed", (program) => {
  const [file] = program.files(at);
  const name = file?.path.split("/").at(-1) ?? "";
  expect(page(`docs/clients/${program.id}.md`)).toContain(name);
});

test("the command line knows what the pages of clients and the cookbook say", async () => {
  const pages = [...programs.map(({ id }) => `docs/clients/${id}.md`), "docs/cookbook.md"];
  const commands = pages.flatMap((path) =>
    blocks(page(path))
      .filter(([kind]) => kind === "sh")
      .flatMap(([, code]) => [...code.matchAll(/^tutti (.*?)(?: +#.*)?$/gm)].map(([, words = ""]) => words)),
  );
  expect(commands.length).toBeGreaterThan(40);
  for (const words of [...new Set(commands.map((one) => one.replace(/^install \S+/, "install cursor")))]) {
    expect(await run([...words.split(" "), "--help"])).toMatchObject({ code: 0, stderr: "" });
  }
});

test("every entry of the cookbook is taken as it stands", async () => {
  const env = Object.fromEntries(
    ["GITHUB_TOKEN", "DOCS_TOKEN", "WORK_MAIL_TOKEN", "HOME_MAIL_TOKEN"].map((name) => [name, `value of ${name}`]),
  );
  const recipes = blocks(page("docs/cookbook.md")).filter(([kind]) => kind === "jsonc");
  expect(recipes.length).toBeGreaterThan(5);
  for (const [, code] of recipes) {
    const { servers, notices } = await loadText(code, { ...env, HOME: "/home/me" });
    expect([servers.length > 0, notices]).toEqual([true, []]);
  }
});
