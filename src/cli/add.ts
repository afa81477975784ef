import { ConfigError } from "../config/config-error.ts";
import { faultsOfServer } from "../config/read.ts";
import type { Invocation } from "./commands.ts";
import { fileForNew, told, writeServer } from "./own-servers.ts";

/** Puts a server into the configuration file: one that is started by a command, or one at an address. */
export async function run({ options, positionals, rest }: Invocation): Promise<number> {
  const [name = "", ...words] = positionals;
  const launch = [...words, ...(rest ?? [])];
  const [first] = launch;
  if (first === undefined) {
    throw new ConfigError(
      `what is "${name}"? Write tutti add ${name} -- COMMAND ARGUMENT …, or tutti add ${name} https://…`,
    );
  }
  const isUrl = rest === undefined && /^https?:\/\//i.test(first);
  return await addServer(name, isUrl ? remote(launch, options) : local(launch, options), options);
}

/** Puts an entry into the configuration file under a name that is free. Throws a ConfigError where it is none. */
export async function addServer(
  name: string,
  entry: Readonly<Record<string, unknown>>,
  options: Options,
): Promise<number> {
  const file = await fileForNew(options.config);
  if (Object.hasOwn(file.servers, name)) {
    throw new ConfigError(
      `${file.path}: "${name}" is there already. Choose another name, or take it out with tutti remove.`,
    );
  }
  const faults = faultsOfServer(name, entry);
  if (faults.length > 0) throw new ConfigError(faults.join("\n"));
  const lacks = await writeServer(file, name, entry);
  const text = `"${name}" is in ${file.path} now. tutti check tells whether it works.`;
  return told(options, { name, file: file.path, text, lacks });
}

type Options = Invocation["options"];

function local(launch: readonly string[], { env, header, transport, cwd }: Options): Record<string, unknown> {
  const [command = "", ...args] = launch;
  if (header.length > 0) throw new ConfigError("--header goes with an address, not with a command.");
  if (transport !== undefined && transport !== "stdio") {
    throw new ConfigError(
      `--transport ${transport} goes with an address, such as https://example.com/mcp, and not with "${command}".`,
    );
  }
  const variables = Object.fromEntries(env.map((one) => pairOf(one, "=", "--env NAME=VALUE")));
  return {
    command,
    ...(args.length > 0 ? { args } : {}),
    ...(env.length > 0 ? { env: variables } : {}),
    ...(cwd === undefined ? {} : { cwd }),
  };
}

function remote([url, ...more]: readonly string[], { env, header, transport, cwd }: Options): Record<string, unknown> {
  const [odd] = more;
  if (odd !== undefined) throw new ConfigError(`"${odd}" is one word too many behind an address.`);
  if (env.length > 0 || cwd !== undefined)
    throw new ConfigError("--env and --cwd go with a command, not with an address.");
  if (transport !== undefined && !["http", "sse"].includes(transport)) {
    throw new ConfigError(`--transport ${transport} does not go with an address. Say http or sse.`);
  }
  const headers = Object.fromEntries(header.map((one) => pairOf(one, ":", '--header "NAME: VALUE"')));
  return {
    ...(transport === "sse" ? { type: "sse" } : {}),
    url,
    ...(header.length > 0 ? { headers } : {}),
  };
}

function pairOf(text: string, sign: string, usage: string): readonly [name: string, value: string] {
  const at = text.indexOf(sign);
  if (at < 1) throw new ConfigError(`"${text}" is no pair. Write ${usage}.`);
  return [text.slice(0, at).trim(), sign === ":" ? text.slice(at + 1).trim() : text.slice(at + 1)];
}
