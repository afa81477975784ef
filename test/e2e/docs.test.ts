// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what stands in servers.json
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadText } from "../config/load-text.ts";
import { listening } from "./support/http-program.ts";
import { configFile, fake, root, run, start, temporaryFolder } from "./support/program.ts";

const pages = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.includes("."))
    .map((name) => `docs/${name}`),
];
const callTools = page("docs/call-tools.md");
const http = page("docs/http.md");
const readme = page("README.md");

function page(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The code of these kinds that a page prints, in its order. */
function printed(text: string, ...kinds: readonly string[]): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, kind = "", code = ""]) =>
    kinds.includes(kind) ? [code] : [],
  );
}

/** What a heading is linked by, as GitHub has it. */
function anchorsIn(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** Runs a plan in a folder of its own with the repository's servers, and gives the lines of its outcomes. */
async function outcomesOf(plan: string): Promise<{ code: number | null; lines: readonly string[] }> {
  const folder = temporaryFolder();
  const path = join(folder, "plan.json");
  writeFileSync(path, plan);
  const text = page("servers.json").replace("${workspaceFolder}/scratch/memory.jsonl", join(folder, "memory.jsonl"));
  const config = join(folder, "servers.json");
  writeFileSync(
    config,
    text.replaceAll('"node_modules/', `"${root}node_modules/`).replace('"scratch"', `"${root}scratch"`),
  );
  const { code, stdout } = await run(["call", "--plan", path, "--config", config], { cwd: folder });
  return { code, lines: stdout.split("\n").filter((line) => line.startsWith("{")) };
}

test("every link within the pages leads somewhere", () => {
  const dead = pages
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...page(path).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].flatMap(([link, file = "", anchor]) => {
        const target = file === "" ? path : join(path, "..", file);
        try {
          const anchors = anchorsIn(page(target));
          return anchor === undefined || anchors.includes(anchor) ? [] : [`${path}: ${link}`];
        } catch {
          return [`${path}: ${link}`];
        }
      }),
    );
  expect(dead).toEqual([]);
});

test("the plan of docs/call-tools.md comes to what the page prints", async () => {
  const [plan = "", outcomes = ""] = printed(callTools, "json");
  const { code, lines } = await outcomesOf(plan);
  expect(lines.map((line) => line.replaceAll(root, "/path/to/tutti/"))).toEqual(outcomes.trimEnd().split("\n"));
  expect(code).toBe(5);
});

test("the plan of the README works as it stands", async () => {
  const plan = printed(readme, "json").find((code) => code.includes('"calls"')) ?? "";
  const { code, lines } = await outcomesOf(plan);
  expect(lines[1]).toBe('{"id":"b","ok":true,"result":"The sum of 36 and 10 is 46."}');
  expect({ code, count: lines.length }).toEqual({ code: 0, count: 3 });
});

test("the entries of docs/http.md are taken as they stand", async () => {
  const [remote = ""] = printed(http, "jsonc");
  const { servers, notices } = await loadText(remote, { DOCS_TOKEN: "token" });
  expect(servers.map(({ launch }) => launch.kind)).toEqual(["http", "sse"]);
  expect(notices).toEqual([]);
});

test("the entry with which docs/http.md reaches a serving tutti works, in another tutti", async () => {
  const config = configFile({ one: fake() }, { callTools: { scope: "non-destructive" } });
  const served = await listening(start(["serve", "--http", "0", "--config", config]));
  const [entry = ""] = printed(http, "json");
  const file = join(temporaryFolder(), "servers.json");
  writeFileSync(file, entry.replace(":8080/", `:${served.url.port}/`));
  const { stdout, code } = await run(["call", "tutti__one__echo", '{"text": "through two"}', "--config", file]);
  expect({ stdout, code }).toEqual({ stdout: "through two\n", code: 0 });
});

test("the request of docs/http.md is answered with the token that its command makes, and not without", async () => {
  const [, make = "", ask = ""] = printed(http, "sh");
  const script = /^node -p "(.*)" > tokens$/m.exec(make)?.[1] ?? "";
  const tokens = join(temporaryFolder(), "tokens");
  writeFileSync(tokens, execFileSync(process.execPath, ["-p", script]), { mode: 0o600 });
  const args = ["serve", "--http", "0", "--token-file", tokens, "--config", configFile({ one: fake() })];
  const served = await listening(start(args));
  const headers = Object.fromEntries(
    [...ask.matchAll(/-H "([\w-]+): ([^"]+)"/g)].map(([, name, value]) => [name, value]),
  );
  const body = /-d '([^']+)'/.exec(ask)?.[1] ?? "";
  const post = async (authorization: string) => {
    const sent = { ...headers, Authorization: authorization };
    return await fetch(served.url, { method: "POST", headers: sent, body });
  };
  expect(headers["Authorization"]).toBe("Bearer $(cat tokens)");
  const answer = await post(`Bearer ${readFileSync(tokens, "utf8").trim()}`);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"name":"tutti"')]);
  expect((await post("Bearer of-something-else")).status).toBe(401);
});

const commands = [readme, callTools, http].flatMap((text) =>
  printed(text, "sh").flatMap((code) =>
    [...code.matchAll(/^node dist\/main\.js (.*?)(?: +#.*)?$/gm)].map(([, words = ""]) => words),
  ),
);

test.each(commands.filter((words) => words !== "--help"))(
  "the command line knows what pages say: %s",
  async (words) => {
    const args = (words.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ""));
    expect(await run([...args, "--help"])).toMatchObject({ code: 0, stderr: "" });
  },
);
