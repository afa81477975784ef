import { Secrets } from "../observe/secrets.ts";
import { onServiceSignals } from "../ports/signals.ts";
import { thisSystem } from "../ports/system.ts";
import { systemWatchFiles } from "../ports/watch.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { announceInstance } from "./instance.ts";
import { createMachine } from "./machine.ts";
import { serveOverHttp } from "./over-http.ts";
import { createReloading } from "./reloading.ts";
import { type ReadTexts, readServingConfig, startLog } from "./settings.ts";

/** Serves clients over HTTP alone until a signal comes, then ends with all servers gone. Throws a ConfigError where it cannot. */
export async function run(invocation: Invocation): Promise<undefined> {
  const texts: ReadTexts = new Map();
  const config = await readServingConfig(invocation, texts);
  const secrets = new Secrets(config.secrets);
  const events = startLog(config, invocation.options.log, secrets);
  const machine = createMachine(config, invocation.version, events, thisSystem, secrets);
  const withdraw = announceInstance({
    config,
    events,
    version: invocation.version,
    redact: machine.redact,
    serves: [],
  });
  const serving = await serveOverHttp(machine, invocation);
  const kill = (): void => {
    withdraw();
    serving.kill();
    machine.kill();
  };
  let isEnding = false;
  const reloading = createReloading({
    ...{ machine, texts, watch: systemWatchFiles },
    replaceable: [serving.fleet],
    read: (now) => readServingConfig(invocation, now, config.files),
    swapped: serving.renewTokens,
  });
  const end = (): void => {
    if (isEnding) process.exit(1);
    isEnding = true;
    machine.stopStarting();
    reloading.stop();
    void serving.stop().then(() => process.exit(0));
  };
  onServiceSignals(end, reloading.reload);
  process.on("exit", kill);
  process.on("uncaughtException", (cause) => {
    events.publish("defect", { cause });
    process.exit(exitCode.defect);
  });
  reloading.begin();
  await serving.start();
}
