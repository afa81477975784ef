import type { Request } from "./client.ts";
import type { Dice } from "./dice.ts";
import type { Faults } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { Weather } from "./pipes.ts";
import type { Scheduler } from "./scheduler.ts";

/** What all actors of one run share. */
export type World = {
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly weather: (dice: Dice) => Weather;
  /** How often things go wrong in this run: 0, 1 or more. */
  readonly trouble: number;
  /** What clients were given to come back with, each with the request that it belongs to. */
  readonly states: GivenState[];
};

export type GivenState = {
  readonly owner: number;
  readonly request: Request;
  readonly state: string;
  /** Whether its owner has come back with it. */
  isUsed: boolean;
};
