import type { ParseArgsConfig, parseArgs } from "node:util";

/** Options that every command takes. */
const shared = {
  config: { type: "string", multiple: true, default: [] },
  log: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", short: "V", default: false },
} as const satisfies ParseArgsConfig["options"];

/** Options that go with some commands only; a command names its own. */
const own = {
  json: { type: "boolean", default: false },
  /** Where the picture goes. */
  svg: { type: "string" },
  /** `[HOST:]PORT` where it listens. */
  http: { type: "string" },
  /** The file with what clients over HTTP have to bring. */
  "token-file": { type: "string" },
  /** Whether our own client is served beside those over HTTP. */
  stdio: { type: "boolean", default: false },
  /** Whether our own client is shown only the tools with which it looks for others. */
  lazy: { type: "boolean", default: false },
  /** Whether an address is only shown. */
  "no-browser": { type: "boolean", default: false },
  /** Whether every server is meant. */
  all: { type: "boolean", default: false },
  /** The file with the calls that are made together. */
  plan: { type: "string" },
  /** Whether what comes is shown too. */
  follow: { type: "boolean", short: "f", default: false },
  /** Whether what would be written is only shown. */
  "dry-run": { type: "boolean", default: false },
  /** Whether nobody is asked before something is written. */
  yes: { type: "boolean", short: "y", default: false },
  /** Whether the project's file is meant, and not the user's own. */
  project: { type: "boolean", default: false },
  /** The name of tutti's entry. */
  name: { type: "string" },
  /** Whether a program's servers are moved behind tutti. */
  replace: { type: "boolean", default: false },
  uninstall: { type: "boolean", default: false },
  /** Variables, as `NAME=VALUE`. */
  env: { type: "string", short: "e", multiple: true, default: [] },
  /** HTTP headers, as `NAME: VALUE`. */
  header: { type: "string", short: "H", multiple: true, default: [] },
  transport: { type: "string", short: "t" },
  cwd: { type: "string" },
} as const satisfies ParseArgsConfig["options"];

/** All options of the command line, as `parseArgs` takes them. */
export const options = { ...shared, ...own };

/** What a command line says; absent = undefined, false or empty. */
export type OptionValues = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

/** An option that goes with some commands only. */
export type OwnOption = keyof typeof own;

export const ownOptions = Object.keys(own) as readonly OwnOption[];

export const sharedOptions: readonly string[] = Object.keys(shared);

export type OptionName = keyof typeof options;
