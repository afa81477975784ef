import { homedir } from "node:os";
import { type StartApart, startApart } from "./apart.ts";
import { type Clock, systemClock, systemDate } from "./clock.ts";
import {
  type Files,
  type KeptFiles,
  type StateFiles,
  systemFiles,
  systemKeptFiles,
  systemStateFiles,
} from "./files.ts";
import { systemRandom } from "./random.ts";
import { type Spawn, systemSpawn } from "./spawn.ts";

/** All that servers as children of ours need from outside; a simulation brings its own. */
export type System = {
  readonly clock: Clock;
  /** In ms since 1970. */
  readonly date: () => number;
  readonly random: (count: number) => Buffer;
  readonly spawn: Spawn;
  /** Undefined where no process of ours can end others after us. */
  readonly startApart?: StartApart | undefined;
  readonly files: Files;
  readonly stateFiles: StateFiles;
  readonly keptFiles: KeptFiles;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
};

/** The machine we run on. */
export const thisSystem: System = {
  clock: systemClock,
  date: systemDate,
  random: systemRandom,
  spawn: systemSpawn,
  startApart: process.platform === "win32" ? undefined : startApart,
  files: systemFiles,
  stateFiles: systemStateFiles,
  keptFiles: systemKeptFiles,
  env: process.env,
  home: homedir(),
  platform: process.platform,
};
