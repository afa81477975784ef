import { type AuthServer, authServerOf } from "../auth/auth-server.ts";
import type { AuthSurroundings } from "../auth/surroundings.ts";
import type { ServerConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { Secrets } from "../observe/secrets.ts";
import { thisSystem } from "../ports/system.ts";
import { harmless } from "../process/harmless.ts";
import { authSurroundings } from "./auth-surroundings.ts";
import { readConfig } from "./settings.ts";
import { unknownServer } from "./unknown-server.ts";

/** A server to sign in to, and what that needs. */
export type RemoteServer = {
  readonly server: AuthServer;
  readonly surroundings: AuthSurroundings;
  /** Knows all tokens too. */
  readonly redact: (text: string) => string;
};

/** The server of this name in the configuration. Throws a ConfigError where there is none, or none at an address. */
export async function remoteServer(name: string, flags: readonly string[]): Promise<RemoteServer> {
  const config = await readConfig(flags);
  const found = config.servers.find((one) => one.name === name);
  if (found === undefined) throw unknownServer(name, config.servers);
  const server = authServerOf(found);
  if (server === undefined) throw new ConfigError(`${name}: ${whyNot(found.launch)}`);
  const secrets = new Secrets(config.secrets);
  const redact = (text: string): string => secrets.redact(text);
  const notice = (text: string): void => void process.stderr.write(`tutti: ${redact(harmless(`${name}: ${text}`))}\n`);
  return { server, surroundings: authSurroundings(config, thisSystem, secrets, notice), redact };
}

/** Why nobody signs in to a server. */
function whyNot(launch: ServerConfig["launch"]): string {
  if (launch.kind === "stdio")
    return "it is a program on this machine, and takes its credentials from its variables (env)";
  if (launch.oauth === false) return 'its entry says "oauth": false; take that out to sign in';
  return "its entry says already who asks: take Authorization out of its headers, or the user out of its url, to sign in";
}
