import { type AuthSurroundings, authFolder } from "../auth/surroundings.ts";
import type { Config } from "../config/config.ts";
import { stateFolder } from "../config/state-folder.ts";
import type { Secrets } from "../observe/secrets.ts";
import type { System } from "../ports/system.ts";

/** What signing in needs, for the servers of a configuration. */
export function authSurroundings(
  { caFiles }: Config,
  system: System,
  secrets: Secrets,
  notice: (text: string) => void,
): AuthSurroundings {
  const { env, keptFiles, clock, date, random } = system;
  const learn = (more: readonly string[]): void => secrets.learn(more);
  return { folder: authFolder(stateFolder(system)), env, caFiles, keptFiles, clock, date, random, learn, notice };
}
