import type { Client } from "../client/client.ts";
import { longestInstructions, shorten } from "../client/introduction.ts";
import { ConfigError } from "../config/config-error.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import type { LineLink } from "../transport/line-link.ts";
import { slot } from "../wire/members.ts";
import type { Invocation } from "./commands.ts";
import { compose, type Tutti } from "./compose.ts";
import { readConfig, startLog } from "./settings.ts";

/**
 * Reads the configuration and puts the relay, which starts nothing yet, behind `client` and its link. With a
 * configuration that cannot be used there is nothing to serve: every request is answered with what is wrong with it, so
 * that it is seen where people look. Returns undefined in that case.
 */
export async function prepareServing(client: Client, link: LineLink, options: Invocation): Promise<Tutti | undefined> {
  try {
    const config = await readConfig(options.configs);
    const events = startLog(config, options.logLevel);
    const tutti = compose(config, options.version, events, () => client.identity);
    link.setLimits(config.limits);
    tutti.relay.addClient(client);
    return tutti;
  } catch (cause) {
    const { message: problem, stack } = cause instanceof Error ? cause : new Error(String(cause));
    const shown = cause instanceof ConfigError ? problem : `a defect, please report it: ${stack}`;
    process.stderr.write(`tutti: ${shown}\n`);
    process.exitCode = 1;
    client.serve({
      request: (_method, message) => {
        client.reply(
          message,
          toProtocolError(message.raw(slot.id) as string, rpcCode.internalError, `tutti: ${problem}`),
        );
      },
      notification: () => {},
      withdrawn: () => {},
      about: () => ({
        instructions: shorten(`tutti cannot serve: ${problem}`, longestInstructions),
        extensions: "",
      }),
    });
    return undefined;
  }
}
