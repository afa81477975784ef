import type { System } from "../../src/ports/system.ts";
import { type Configuration, generationOf } from "./configuration.ts";
import type { Dice } from "./dice.ts";
import { filesOf } from "./files.ts";
import { ProcessLog } from "./process-log.ts";
import type { Command, Processes } from "./processes.ts";
import type { SimServer } from "./server.ts";
import type { World } from "./world.ts";

/** What is run under each server's command. */
export function commandsFor(
  world: World,
  servers: readonly SimServer[],
  configuration: Configuration,
  dice: Dice,
): ReadonlyMap<string, Command> {
  const { faults, ledger, trouble } = world;
  let number = 0;
  return new Map(
    servers.map((server) => {
      const { name, era } = server.persona;
      const own = dice.fork();
      const command: Command = {
        refusal: () =>
          faults.happens("not started", 4 * trouble, own) ? own.pick(["ENOENT", "EMFILE", "EACCES"]) : undefined,
        temper: () => ({
          ignoresEnd: faults.happens("ignores the end", 10 * trouble, own),
          ignoresTerm: faults.happens("ignores TERM", 10 * trouble, own),
          hasHeir: faults.happens("leaves an heir", 10 * trouble, own),
        }),
        run: (process) => server.run(process),
        log: ({ env }) =>
          new ProcessLog(ledger, `${name}/${++number}`, era, configuration.entryOf(env), generationOf(env)),
      };
      return [`/sim/${name}`, command] as const;
    }),
  );
}

/** The machine that tutti runs on; its files stay from one life of tutti to the next. */
export function systemOf(world: World, { spawn }: Processes, dice: Dice): System {
  const { clock } = world.scheduler;
  return {
    ...filesOf(world, dice.fork()),
    clock,
    spawn,
    date: () => 1_700_000_000_000 + clock.now(),
    random: (count) => Buffer.from(Array.from({ length: count }, () => dice.between(0, 255))),
    files: {
      readText: () => undefined,
      ownership: () => undefined,
      isFile: () => true,
      isFolder: () => true,
      isExecutable: (path) => path.startsWith("/sim/"),
      list: () => [],
      writeText: () => {},
    },
    env: { PATH: "/sim" },
    home: "/home/sim",
    platform: "linux",
  };
}
