import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fixturePath, type Start, temporaryFolder } from "./program.ts";

/** A home folder in which a dozen programs have their servers, as they write them: comments, odd spacing, secrets, one broken file. */
export type Home = {
  readonly path: string;
  /** With a file of VS Code and one of Claude Code in it. */
  readonly project: string;
  /** How a command of tutti is started in it. */
  readonly at: Start;
  readonly read: (path: string) => string;
};

/** Variables that the configurations in it refer to. */
const variables = [
  "NOTES_KEY",
  "SEARCH_KEY",
  "GITHUB_TOKEN",
  "TICKETS_KEY",
  "WEATHER_KEY",
  "TASKS_KEY",
  "MAIL_KEY",
  "PAGES_KEY",
];

/** A home folder for the time of the test. */
export function home({ isEmpty = false } = {}): Home {
  const path = temporaryFolder();
  const project = join(path, "project");
  if (isEmpty) mkdirSync(project);
  else {
    cpSync(fixturePath("home"), path, { recursive: true });
    const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), "utf8");
      const words: Readonly<Record<string, string>> = {
        NODE: process.execPath,
        SERVER: fixturePath("fake-server.mjs"),
        PROJECT: project,
      };
      writeFileSync(
        join(parentPath, name),
        text.replaceAll(/\b(?:NODE|SERVER|PROJECT)\b/g, (word) => words[word] as string),
      );
    }
  }
  const { PATH = "" } = process.env;
  const set = Object.fromEntries(variables.map((name) => [name, `value of ${name}`]));
  const wholeEnv = { PATH, HOME: path, ...set };
  return { path, project, at: { wholeEnv, cwd: project }, read: (file) => readFileSync(join(path, file), "utf8") };
}
