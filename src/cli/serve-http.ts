import { onEndSignals } from "../ports/signals.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { announceInstance } from "./instance.ts";
import { createMachine } from "./machine.ts";
import { serveOverHttp } from "./over-http.ts";
import type { Serving } from "./prepare-serving.ts";
import { readServingConfig, startLog } from "./settings.ts";

/** Serves clients over HTTP alone until a signal comes, then ends with all servers gone. Throws a ConfigError where it cannot. */
export async function run(invocation: Invocation): Promise<undefined> {
  const config = await readServingConfig(invocation);
  const events = startLog(config, invocation.options.log);
  const machine = createMachine(config, invocation.version, events);
  const withdraw = announceInstance({
    config,
    events,
    version: invocation.version,
    redact: machine.redact,
    serves: [],
  });
  const serving: Serving = await serveOverHttp(machine, invocation);
  const kill = (): void => {
    withdraw();
    serving.kill();
    machine.kill();
  };
  let isEnding = false;
  onEndSignals(() => {
    if (isEnding) process.exit(1);
    isEnding = true;
    machine.stopStarting();
    void serving.stop().then(() => process.exit(0));
  });
  process.on("exit", kill);
  process.on("uncaughtException", (cause) => {
    events.publish("defect", { cause });
    process.exit(exitCode.defect);
  });
  await serving.start();
}
