import type { Era } from "../support/envelope.ts";
import type { Dice } from "./dice.ts";
import type { SimProcess } from "./processes.ts";
import { ServerProcess } from "./server-process.ts";
import type { World } from "./world.ts";

/** How a server is, from one process to the next. */
export type Persona = {
  readonly name: string;
  readonly era: Era;
  /** The longest that it takes for an answer. */
  readonly mostMs: number;
  /** How often, in percent, something goes wrong in one of its calls. */
  readonly trouble: number;
  /** How often, in percent, it asks something within a call. */
  readonly asks: number;
  readonly subscribes: boolean;
  readonly hasPrompts: boolean;
  readonly hasResources: boolean;
  /** A server that says nothing to what it does not know. */
  readonly isMute: boolean;
  /** It leaves when it is asked which era it is of. */
  readonly leavesOnProbe: boolean;
};

/** One server: what it offers, which may change, and how it treats who speaks to it. */
export class SimServer {
  readonly persona: Persona;
  readonly #world: World;
  readonly #dice: Dice;
  /** How often its list has changed. */
  #revision = 0;

  constructor(world: World, persona: Persona, dice: Dice) {
    this.#world = world;
    this.persona = persona;
    this.#dice = dice;
  }

  /** Begins to run in a process. */
  run(process: SimProcess): void {
    const { faults, scheduler, trouble } = this.#world;
    const dice = this.#dice.fork();
    process.program = new ServerProcess(this, this.#world, process, dice);
    const kind = dice.weighted({ fine: 92, "exits at once": 3 * trouble, "says nothing": 2 * trouble, noise: 4 });
    if (kind === "noise") process.babble("starting up…\n\n{not json}\n");
    else if (kind === "says nothing" && faults.does("says nothing")) process.program = deaf;
    else if (kind === "exits at once" && faults.does("exits at once")) {
      process.stderr.give("cannot go on\n");
      scheduler.later(dice.next() * 20, () => process.die(1, null));
    }
  }

  get tools(): readonly string[] {
    return ["do", "read", ...(this.#revision % 2 === 0 ? ["more"] : ["other"])];
  }

  change(): void {
    this.#revision++;
    this.#world.ledger.listCauses++;
  }
}

const deaf = { line: () => {}, inputEnded: () => {} };
