import { serverInfo } from "../client/handshake.ts";
import type { Config } from "../config/config.ts";
import type { Events } from "../events.ts";
import { onEndSignals } from "../ports/signals.ts";
import type { Invocation } from "./commands.ts";
import { compose, type Tutti } from "./compose.ts";
import { defectText, withoutSecrets } from "./defects.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { createMachine, type Machine } from "./machine.ts";
import { readConfig, startLog } from "./settings.ts";

/** What a command that runs servers of its own works with. */
export type Running = {
  readonly tutti: Tutti;
  readonly machine: Machine;
  readonly config: Config;
  readonly events: Events;
  /** Prints one line for the person who gave the command, secrets replaced. */
  readonly print: (line: string) => void;
  /** For what is cut before it is printed: no part of a secret may be left. */
  readonly redact: (text: string) => string;
};

/**
 * Composes tutti from the configuration for the time of `use`, which starts it, and ends all servers when that is over,
 * when it fails, and when a signal comes. `usualLevel` is for a command line that names none.
 */
export async function withServers(
  { options, version }: Invocation,
  usualLevel: string,
  use: (running: Running) => Promise<number>,
): Promise<number> {
  const read = await readConfig(options.config);
  // What is printed is what there is now: no server waits until it is wanted, and none is tried again.
  const servers = read.servers.map((one) => ({ ...one, lazyStart: false, restartMaxMs: 0 }));
  const config: Config = { ...read, servers, startup: { ...read.startup, mode: "waiting" } };
  const events = startLog(config, options.log ?? usualLevel);
  const machine = createMachine(config, version, events);
  const tutti = compose(machine, { who: async () => ({ capabilities: "{}", info: serverInfo(version) }) });
  const kill = (): void => {
    machine.kill();
    tutti.kill();
  };
  const { redact } = machine;
  process.on("exit", kill);
  process.on("uncaughtException", (cause) => {
    // Not through the log, which says nothing of commands unless it is asked for.
    process.stderr.write(defectText(cause, redact));
    process.exit(exitCode.defect);
  });
  let hasSignal = false;
  onEndSignals(() => {
    if (hasSignal) process.exit(exitCode.unusable);
    hasSignal = true;
    const message = "ended by a signal; the servers are stopped.";
    const code = failed(exitCode.unusable, { code: "interrupted", message }, options);
    void tutti.stop().then(() => process.exit(code));
  });
  try {
    const print = (line: string): void => {
      // What servers become because they are stopped is no answer to what was asked.
      if (!hasSignal) process.stdout.write(`${redact(line)}\n`);
    };
    return await use({ tutti, machine, config, events, print, redact });
  } catch (cause) {
    throw withoutSecrets(cause, redact);
  } finally {
    machine.stopStarting();
    await tutti.stop();
    machine.kill();
  }
}
