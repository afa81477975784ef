// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of bash
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { home } from "./support/home.ts";
import { main, run } from "./support/program.ts";

async function words(at: ReturnType<typeof home>["at"], ...typed: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(["completion", "words", "--", ...typed], at);
  return stdout.split("\n").slice(0, -1);
}

test("a shell completes commands, their options, programs and the names of servers", async () => {
  const { at } = home({ isEmpty: true });
  await run(["add", "memory", "--", "x"], at);
  expect(await words(at, "")).toEqual(expect.arrayContaining(["serve", "check", "import", "completion"]));
  expect(await words(at, "ins")).toEqual(["install"]);
  expect(await words(at, "install", "co")).toEqual(["codex", "continue", "copilot-cli"]);
  expect(await words(at, "install", "codex", "--un")).toEqual(["--uninstall"]);
  expect(await words(at, "remove", "m")).toEqual(["memory"]);
  expect(await words(at, "import", "codex", "co")).toEqual(["continue", "copilot-cli"]);
  expect(await words(at, "--config", "x.json", "remove", "m")).toEqual(["memory"]);
  // A file's name is the shell's.
  expect(await words(at, "list", "--config", "")).toEqual([]);
});

test("bash takes what completion prints", async () => {
  const { path, at } = home({ isEmpty: true });
  writeFileSync(join(path, "tutti"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
  const script =
    'eval "$(tutti completion bash)"; COMP_WORDS=(tutti install co); COMP_CWORD=2; _tutti; echo "${COMPREPLY[*]}"';
  const env = { ...at.wholeEnv, PATH: `${path}:${at.wholeEnv?.["PATH"]}` };
  expect(spawnSync("bash", ["-c", script], { env, encoding: "utf8" }).stdout).toBe("codex continue copilot-cli\n");
});

test.each(["zsh", "fish", "powershell"])("completion prints a script for %s", async (shell) => {
  const { code, stdout } = await run(["completion", shell]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("tutti completion words --")]);
});

test("completion names the shells it knows", async () => {
  const { code, stderr } = await run(["completion", "tcsh"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("It knows bash, zsh, fish, powershell.")]);
});
