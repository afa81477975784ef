import type { KeptFiles, StateFiles } from "../../src/ports/files.ts";
import type { Dice } from "./dice.ts";
import type { World } from "./world.ts";

/** So long a file takes to be written. */
const mostMs = 20;

/** Files that stay from one life of tutti to the next; in some runs all fails from some time on, for a while or for ever. */
export function filesOf({ scheduler, faults }: World, dice: Dice) {
  const state = new Map<string, string>();
  const kept = new Map<string, Buffer>();
  const firstBad = dice.chance(30) ? dice.between(1, 60) : Number.POSITIVE_INFINITY;
  const bad = dice.pick([1, 3, Number.POSITIVE_INFINITY]);
  let count = 0;
  const fails = (): boolean => {
    count++;
    return count >= firstBad && count < firstBad + bad && faults.does("a file fails");
  };
  const trouble = (): Error => {
    const code = dice.pick(["ENOSPC", "EMFILE", "EACCES", "EROFS"]);
    return Object.assign(new Error(`${code}: no`), { code });
  };
  const written = (): Promise<void> =>
    new Promise((resolve) => void scheduler.later(dice.chance(50) ? 0 : dice.next() * mostMs, resolve));
  const stateFiles: StateFiles = {
    readText: (path) => {
      if (fails()) throw trouble();
      return state.get(path);
    },
    rewrite: async (path, change) => {
      const text = change(fails() ? undefined : state.get(path));
      await written();
      if (fails()) throw trouble();
      state.set(path, text);
    },
  };
  const keptFiles: KeptFiles = {
    read: (path) => (fails() ? undefined : kept.get(path)),
    replace: async (path, bytes) => {
      await written();
      if (fails()) throw trouble();
      kept.set(path, bytes);
    },
    remove: async (path) => {
      await written();
      kept.delete(path);
    },
    prune: async () => {},
  };
  return { stateFiles, keptFiles };
}
