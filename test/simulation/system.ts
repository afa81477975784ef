import type { Config } from "../../src/config/config.ts";
import type { System } from "../../src/ports/system.ts";
import type { Dice } from "./dice.ts";
import { ProcessLog } from "./process-log.ts";
import type { Command, Processes } from "./processes.ts";
import type { Scheduler } from "./scheduler.ts";
import { type Persona, SimServer } from "./server.ts";
import type { World } from "./world.ts";

/** What is run under each server's command. */
export function commandsFor(
  world: World,
  config: Config,
  personas: readonly Persona[],
  dice: Dice,
): ReadonlyMap<string, Command> {
  const { faults, ledger, trouble } = world;
  let number = 0;
  return new Map(
    personas.map((persona) => {
      const server = new SimServer(world, persona, dice.fork());
      const most = config.servers.find(({ name }) => name === persona.name)?.maxConcurrentCalls ?? 0;
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
        log: () => new ProcessLog(ledger, `${persona.name}/${++number}`, most, persona.era),
      };
      return [`/sim/${persona.name}`, command] as const;
    }),
  );
}

/** The machine that tutti runs on; its files stay from one life of tutti to the next. */
export function systemOf({ clock }: Scheduler, { spawn }: Processes, dice: Dice): System {
  const state = new Map<string, string>();
  const kept = new Map<string, Buffer>();
  return {
    clock,
    spawn,
    date: () => 1_700_000_000_000 + clock.now(),
    random: (count) => Buffer.from(Array.from({ length: count }, () => dice.between(0, 255))),
    files: {
      readText: () => undefined,
      isFile: () => true,
      isFolder: () => true,
      isExecutable: (path) => path.startsWith("/sim/"),
      list: () => [],
      writeText: () => {},
    },
    stateFiles: {
      readText: (path) => state.get(path),
      rewrite: async (path, change) => void state.set(path, change(state.get(path))),
    },
    keptFiles: {
      read: (path) => kept.get(path),
      replace: async (path, bytes) => void kept.set(path, bytes),
      prune: async () => {},
    },
    env: { PATH: "/sim" },
    home: "/home/sim",
    platform: "linux",
  };
}
