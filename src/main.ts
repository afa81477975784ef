#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Command, commands } from "./cli/commands.ts";
import { exitCode as exitCodes } from "./cli/exit-codes.ts";
import { commonHelp } from "./cli/help.ts";
import { type OptionValues, options, ownOptions } from "./cli/options.ts";

// Without a reader the log is lost, and nothing else.
process.stderr.on("error", () => {});
const exitCode = await main(process.argv.slice(2));
if (exitCode !== undefined) process.exitCode = exitCode;

/** argv → one command → exit code. */
async function main(argv: readonly string[]): Promise<number | undefined> {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  try {
    const unknown = unknownOption(argv);
    const known = Object.keys(options).map((option) => `--${option}`);
    if (unknown !== undefined)
      return await refuse(argv, `There is no option "${unknown}".${meant(unknown)}`, unknown, known);
    const end = argv.indexOf("--");
    const [before, rest] = end === -1 ? [argv, undefined] : [argv.slice(0, end), argv.slice(end + 1)];
    const { values, positionals } = parseArgs({ args: [...before], allowPositionals: true, options });
    const [name = "serve", ...words] = positionals;
    if (values.version) return say(version);
    if (values.help && positionals.length === 0) return say(overview());
    const command = commands.get(name);
    if (command === undefined) return await refuse(argv, `There is no command "${name}".`, name, [...commands.keys()]);
    if (values.help) return say(`${command.usage}\n\n  ${command.summary}\n\n${command.help}\n\n${commonHelp}`);
    const problem = problemOf(command, values, words, rest);
    if (problem !== undefined) return await refuse(argv, problem);
    if (name !== "serve") process.stdout.on("error", endWithoutReader);
    const { run } = await command.load();
    return await run({ version, options: values, positionals: words, rest });
  } catch (cause) {
    return await explain(argv, cause);
  }
}

/** What people look for who know the same command of another program. */
function meant(option: string): string {
  const isScope = option === "-s" || option === "--scope";
  return isScope ? " tutti has one servers.json for all programs; --config FILE names another." : "";
}

/** What parseArgs says of these is long and names nothing near. */
function unknownOption(argv: readonly string[]): string | undefined {
  const { tokens } = parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true, options });
  for (const token of tokens) if (token.kind === "option" && !Object.hasOwn(options, token.name)) return token.rawName;
  return undefined;
}

function problemOf(
  command: Command,
  values: OptionValues,
  words: readonly string[],
  rest: readonly string[] | undefined,
): string | undefined {
  const [least, most] = command.words;
  const levels = ["silent", "error", "warn", "info", "debug"];
  if (values.log !== undefined && !levels.includes(values.log)) return `--log takes one of ${levels.join(", ")}.`;
  const isGiven = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  const foreign = ownOptions.find((option) => isGiven(values[option]) && !command.options.includes(option));
  // Somebody else's command line, whose options are not ours.
  const isForeign = command.takesRest === true && rest === undefined && words.length > 1;
  if (foreign !== undefined && isForeign) return `--${foreign} does not go with this command. ${behindDashes(words)}`;
  if (foreign !== undefined) return `--${foreign} does not go with this command. Usage: ${command.usage}`;
  const isPlan = values.plan !== undefined;
  if (isPlan && words[0] !== undefined) return `--plan names its tools itself, and "${words[0]}" is one word too many.`;
  if (words.length < least && !isPlan) return `A word is missing. Usage: ${command.usage}`;
  if (rest !== undefined && command.takesRest !== true) return `"--" has no meaning here. Usage: ${command.usage}`;
  if (words.length > most) return `"${words[most]}" is one word too many. Usage: ${command.usage}`;
  return undefined;
}

function behindDashes([name, ...command]: readonly string[]): string {
  return `If it is one of the server's own, its command stands behind --: tutti add ${name} -- ${command.join(" ")} …`;
}

function overview(): string {
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return `tutti: many MCP servers as one, calls at once\n\nUsage: tutti [COMMAND] [OPTIONS]\n\n${lines.join("\n")}\n\n${commonHelp}`;
}

function say(text: string): number {
  process.stdout.on("error", endWithoutReader);
  process.stdout.write(`${text}\n`);
  return 0;
}

/** What a command prints cannot be taken, as when it is piped into `head`: there is nothing left to do. */
function endWithoutReader({ code, message }: NodeJS.ErrnoException): void {
  if (code !== "EPIPE") process.stderr.write(`tutti: stdout cannot be written: ${message}\n`);
  process.exit(1);
}

async function refuse(
  argv: readonly string[],
  text: string,
  word?: string,
  known: readonly string[] = [],
): Promise<number> {
  const { nearest } = await import("./config/nearest.ts");
  const [close] = word === undefined ? [] : nearest(word, known, 1);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  return failed(argv, "usage", `${/[.?]$/.test(text) ? text : `${text}.`}${hint} See tutti --help.`);
}

async function explain(argv: readonly string[], cause: unknown): Promise<number> {
  const { ConfigError } = await import("./config/config-error.ts");
  if (cause instanceof ConfigError) return failed(argv, "unusable", cause.message);
  if (isUsage(cause)) return await refuse(argv, cause.message);
  const stack = cause instanceof Error ? cause.stack : String(cause);
  return failed(argv, "defect", `a defect, please report it: ${stack}`, exitCodes.defect);
}

/** Says on stderr why nothing comes of a command line, as JSON where that was asked for. */
function failed(argv: readonly string[], code: string, message: string, exit: number = exitCodes.unusable): number {
  const end = argv.indexOf("--");
  const isJson = argv.slice(0, end === -1 ? argv.length : end).includes("--json");
  process.stderr.write(isJson ? `${JSON.stringify({ error: { code, message } })}\n` : `tutti: ${message}\n`);
  return exit;
}

// parseArgs tells what was wrong with the command line by codes of this form.
function isUsage(cause: unknown): cause is Error {
  return cause instanceof Error && String((cause as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}
