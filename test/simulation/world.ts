import type { SimClient } from "./client.ts";
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
  /** All clients that there have been. */
  readonly clients: SimClient[];
};
