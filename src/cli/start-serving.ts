import type { Client } from "../client/client.ts";
import { ConfigError } from "../config/config-error.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import { slot } from "../wire/members.ts";
import type { Invocation } from "./commands.ts";
import { compose, type Tutti } from "./compose.ts";
import { readConfig, startLog } from "./settings.ts";

/**
 * Reads the configuration and puts the relay behind `client`; the servers then start in the background. With a
 * configuration that cannot be used there is nothing to serve: every request is answered with what is wrong with it, so
 * that it is seen where people look. Returns undefined in that case.
 */
export async function startServing(client: Client, options: Invocation): Promise<Tutti | undefined> {
  try {
    const config = await readConfig(options.configs);
    const events = startLog(config, options.logLevel);
    const tutti = compose(config, options.version, events);
    tutti.relay.addClient(client);
    void tutti.start(); // Never rejects.
    return tutti;
  } catch (cause) {
    const { message: problem, stack } = cause instanceof Error ? cause : new Error(String(cause));
    const shown = cause instanceof ConfigError ? problem : `a defect, please report it: ${stack}`;
    process.stderr.write(`tutti: ${shown}\n`);
    process.exitCode = 1;
    client.serve({
      request: (_method, message) => {
        client.send(toProtocolError(message.raw(slot.id) as string, rpcCode.internalError, `tutti: ${problem}`));
      },
      notification: () => {},
    });
    return undefined;
  }
}
