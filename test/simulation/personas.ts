import type { Era } from "../support/envelope.ts";
import type { Temperament } from "./client.ts";
import type { Dice } from "./dice.ts";
import type { Persona } from "./server.ts";

const names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];

/** The servers of a run. */
export function serversOf(dice: Dice, trouble: number): readonly Persona[] {
  const count = dice.chance(10) ? dice.between(1, 8) : dice.between(1, 4);
  // Of servers that all say in which call they ask, clients share one set.
  const eras = dice.chance(30) ? (["modern"] as const) : (["legacy", "modern"] as const);
  return names.slice(0, count).map((name) => ({
    name,
    era: dice.pick<Era>(eras),
    mostMs: dice.pick([0, 10, 100, 1000, 3000]),
    trouble: trouble === 0 ? 0 : dice.pick([0, 5, 15, 40]),
    asks: dice.pick([0, 0, 15, 50]),
    subscribes: dice.chance(70),
    hasPrompts: dice.chance(70),
    hasResources: dice.chance(70),
    isMute: dice.chance(10),
    leavesOnProbe: dice.chance(10),
  }));
}

const able = {
  elicitation: { form: {}, url: {} },
  sampling: {},
  roots: { listChanged: true },
};

/** The clients of a run. */
export function clientsOf(dice: Dice, trouble: number): readonly Temperament[] {
  const count = dice.chance(10) ? dice.between(2, 8) : dice.between(2, 4);
  return Array.from({ length: count }, () => ({
    era: dice.pick(["legacy", "modern"] as const),
    capabilities: dice.pick<object>([{}, {}, able, able, { roots: {} }, { elicitation: {} }, { sampling: {} }]),
    trouble: trouble === 0 ? 0 : dice.pick([0, 5, 15]),
    answers: dice.pick([100, 90, 30]),
    reusesIds: trouble > 0 && dice.chance(25),
    logLevel: dice.pick([undefined, undefined, "debug", "error"]),
  }));
}
