#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Command, commands, commonHelp, ownOptions } from "./cli/commands.ts";

const options = {
  config: { type: "string", multiple: true, default: [] },
  log: { type: "string" },
  json: { type: "boolean", default: false },
  svg: { type: "string" },
  http: { type: "string" },
  "token-file": { type: "string" },
  stdio: { type: "boolean", default: false },
  lazy: { type: "boolean", default: false },
  plan: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", short: "V", default: false },
} as const satisfies ParseArgsConfig["options"];

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
    if (unknown !== undefined) return await refuse(`There is no option "${unknown}".`, unknown, known);
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options });
    const [name = "serve", ...words] = positionals;
    if (values.version) return say(version);
    if (values.help && positionals.length === 0) return say(overview());
    const command = commands.get(name);
    if (command === undefined) return await refuse(`There is no command "${name}".`, name, [...commands.keys()]);
    if (values.help) return say(`${command.usage}\n\n  ${command.summary}\n\n${command.help}\n\n${commonHelp}`);
    const problem = problemOf(command, values, words);
    if (problem !== undefined) return await refuse(problem);
    if (name !== "serve") process.stdout.on("error", endWithoutReader);
    const { run } = await command.load();
    const { config: configs, log: logLevel, "token-file": tokenFile, json, svg, http, stdio, lazy, plan } = values;
    const shared = { version, configs, logLevel, json, svg };
    return await run({ ...shared, http, tokenFile, stdio, lazy, plan, positionals: words });
  } catch (cause) {
    return await explain(cause);
  }
}

/** What parseArgs says of these is long and names nothing near. */
function unknownOption(argv: readonly string[]): string | undefined {
  const { tokens } = parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true, options });
  for (const token of tokens) if (token.kind === "option" && !Object.hasOwn(options, token.name)) return token.rawName;
  return undefined;
}

function problemOf(
  command: Command,
  values: Readonly<Record<string, unknown>>,
  words: readonly string[],
): string | undefined {
  const [least, most] = command.words;
  const levels = ["silent", "error", "warn", "info", "debug"];
  if (values["log"] !== undefined && !levels.includes(values["log"] as string))
    return `--log takes one of ${levels.join(", ")}.`;
  const foreign = ownOptions.find((option) => values[option] && !command.options.includes(option));
  if (foreign !== undefined) return `--${foreign} does not go with this command. Usage: ${command.usage}`;
  const isPlan = values["plan"] !== undefined;
  if (isPlan && words[0] !== undefined) return `--plan names its tools itself, and "${words[0]}" is one word too many.`;
  if (words.length < least && !isPlan) return `A word is missing. Usage: ${command.usage}`;
  if (words.length > most) return `"${words[most]}" is one word too many. Usage: ${command.usage}`;
  return undefined;
}

function overview(): string {
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`);
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

async function refuse(text: string, word?: string, known: readonly string[] = []): Promise<number> {
  const { nearest } = await import("./config/nearest.ts");
  const [close] = word === undefined ? [] : nearest(word, known, 1);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  process.stderr.write(`tutti: ${/[.?]$/.test(text) ? text : `${text}.`}${hint} See tutti --help.\n`);
  return 1;
}

async function explain(cause: unknown): Promise<number> {
  const { ConfigError } = await import("./config/config-error.ts");
  if (cause instanceof ConfigError) process.stderr.write(`tutti: ${cause.message}\n`);
  else if (isUsage(cause)) return await refuse(cause.message);
  else
    process.stderr.write(
      `tutti: a defect, please report it: ${cause instanceof Error ? cause.stack : String(cause)}\n`,
    );
  return 1;
}

// parseArgs tells what was wrong with the command line by codes of this form.
function isUsage(cause: unknown): cause is Error {
  return cause instanceof Error && String((cause as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}
