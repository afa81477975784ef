// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { describe, expect, test } from "vitest";
import { expandHome, fillVariables } from "../../src/config/variables.ts";
import { complaint, loadText } from "./load-text.ts";

const env = { A: "a-value", EMPTY: "", "ProgramFiles(x86)": "C:\\Program Files (x86)", HOME: "/home/me", NEST: "${A}" };

describe("fillVariables", () => {
  const fill = (text: string) => fillVariables(text, { env, folder: "/home/me/project" });

  test.each([
    ["${A}", "a-value"],
    ["${env:A}", "a-value"],
    ["x${A}y${env:A}z", "xa-valueya-valuez"],
    ["${MISSING:-default}", "default"],
    ["${env:MISSING:-default}", "default"],
    ["${MISSING:-}", ""],
    ["${A:-default}", "a-value"],
    ["${EMPTY}", ""],
    ["${EMPTY:-default}", "default"],
    ["${MISSING:-http://x:1/?a=b#c}", "http://x:1/?a=b#c"],
    ["${MISSING:-two\nlines}", "two\nlines"],
    ["${MISSING:-${A}}", "a-value"],
    ["${MISSING:-<${A}>}", "<a-value>"],
    ['${MISSING:-{"a":1}}', '{"a":1}'],
    ["${ProgramFiles(x86)}\\x", "C:\\Program Files (x86)\\x"],
    ["${workspaceFolder}/x", "/home/me/project/x"],
    ["${userHome}/x", "/home/me/x"],
    ["$A %A% {env:A} $(A) $$A a$", "$A %A% {env:A} $(A) $$A a$"],
    ["$${A}", "${A}"],
    ["{} } {", "{} } {"],
    ["${NEST}", "${A}"],
    ["", ""],
  ])("makes of %j %j", (text, filled) => {
    expect(fill(text)).toMatchObject({ text: filled, problems: [] });
  });

  test("tells which values went into the text, and not the defaults", () => {
    expect(fill("${A} ${MISSING:-x} ${env:EMPTY}").taken).toEqual([
      { name: "A", value: "a-value" },
      { name: "EMPTY", value: "" },
    ]);
  });

  test("tells every problem of a text", () => {
    expect(fill("${X} ${Y}").problems).toHaveLength(2);
  });

  test.each(["${}", "${ A }", "${1}", "${a.b}", "${a-b}", "${config:x}", "${A:+x}", "${op://vault/x}", "${A:}"])(
    "does not guess what %s means",
    (text) => {
      expect(fill(text).problems).toEqual([
        "${…} holds no name that tutti can fill in. Write ${NAME} or ${NAME:-default}; $${ stands for a plain ${.",
      ]);
    },
  );

  test.each(["${A", "a ${", "${A:-${B:-${C}}}"])("does not take %s for plain text", (text) => {
    expect(fill(text).problems[0]).toMatch(/^\$\{ is not closed/);
  });

  test.each(["constructor", "toString", "__proto__"])("takes %s for a variable like any other", (name) => {
    expect(fill(`\${${name}}`).problems).toEqual([
      `the variable ${name} is not set. Set it, or write \${${name}:-default}.`,
    ]);
  });
});

test("~ is the home folder at the start of a path only", () => {
  expect(expandHome("~", { HOME: "/h" })).toBe("/h");
  expect(expandHome("~/x", { HOME: "/h" })).toBe("/h/x");
  expect(expandHome("~\\x", { USERPROFILE: "C:\\h" })).toBe("C:\\h\\x");
  expect(expandHome("~other/x ~/", { HOME: "/h" })).toBe("~other/x ~/");
  expect(expandHome("~/x", { HOME: "" })).toBeUndefined();
});

describe("in a file", () => {
  test("variables work in command, args, env, cwd, url and headers, and nowhere else", async () => {
    const config = await loadText(
      {
        servers: {
          one: {
            command: "${A}",
            args: ["--x=${A}", "~/x"],
            env: { K: "${A}" },
            cwd: "~/${A}",
            tools: { exclude: ["${A}"] },
          },
          two: { url: "https://${A}/mcp", headers: { "X-Key": "k ${A}" } },
        },
      },
      env,
    );
    expect(config.servers.map(({ launch }) => launch)).toEqual([
      {
        kind: "stdio",
        command: "a-value",
        args: ["--x=a-value", "/home/me/x"],
        env: { K: "a-value" },
        cwd: "/home/me/a-value",
      },
      { kind: "http", url: "https://a-value/mcp", headers: { "X-Key": "k a-value" } },
    ]);
    expect(config.servers[0]?.tools.exclude).toEqual(["${A}"]);
  });

  test("a variable that is not set is an error at its line, in every field", async () => {
    const text = `{ "mcpServers": {
      "github": {
        "command": "\${P}/npx",
        "args": [
          "-y",
          "\${Q}"
        ],
        "env": {
          "TOKEN": "\${GITHUB_TOKEN}",
        },
        "cwd": "\${R}",
      },
      "docs": { "url": "https://\${S}", "headers": { "X-A": "\${T}" } },
    } }`;
    const unset = (name: string) => `the variable ${name} is not set. Set it, or write \${${name}:-default}.`;
    expect(await complaint(text)).toBe(
      [
        `/home/me/servers.json:3: server "github", command: ${unset("P")}`,
        `/home/me/servers.json:6: server "github", args[1]: ${unset("Q")}`,
        `/home/me/servers.json:9: server "github", env.TOKEN: ${unset("GITHUB_TOKEN")}`,
        `/home/me/servers.json:11: server "github", cwd: ${unset("R")}`,
        `/home/me/servers.json:13: server "docs", url: ${unset("S")}`,
        `/home/me/servers.json:13: server "docs", headers.X-A: ${unset("T")}`,
      ].join("\n"),
    );
  });

  test("a disabled server may lack its variables", async () => {
    const entry = { disabled: true, command: "~/${X}", env: { T: "${X}", U: "${input:u}" } };
    const { servers } = await loadText({ servers: { a: entry, b: { enabled: false, url: "${X}" } } });
    expect(servers.map(({ disabled }) => disabled)).toEqual([true, true]);
  });

  test("VS Code's inputs are an error that says what to do", async () => {
    expect(await complaint({ servers: { a: { command: "a", env: { T: "${input:token}" } } } })).toBe(
      '/home/me/servers.json:6: server "a", env.T: ${input:…} asks a person, which tutti cannot do. ' +
        "Write ${NAME} and set that environment variable.",
    );
  });

  test("~ without a known home is an error", async () => {
    expect(await complaint({ servers: { a: { command: "~/a" } } })).toBe(
      '/home/me/servers.json:4: server "a", command: the home folder behind ~ is not known. Set HOME, or write the whole path.',
    );
  });

  test("Gemini CLI's $NAME stays as it is, and is noticed", async () => {
    const { servers, notices } = await loadText({ servers: { a: { command: "a", env: { T: "$TOKEN", U: "a$b" } } } });
    expect(servers[0]?.launch).toMatchObject({ env: { T: "$TOKEN", U: "a$b" } });
    expect(notices).toEqual(['`$NAME` stays as it is: write ${NAME} for a variable (server "a").']);
  });
});
