import { Gate, type GateBounds, type Leave, type Refusal, type Visitor } from "../../src/downstream/gate.ts";
import { fakeClock } from "../support/clock.ts";

const somebody = {};

/** A gate with these bounds, and a way in for visitors that all come for the same one but for what is said of them. */
export function gateWith(bounds: Partial<GateBounds>) {
  const clock = fakeClock();
  const gate = new Gate({ maxConcurrentCalls: 1, maxQueuedCalls: 100, maxQueuedBytes: 1000, ...bounds }, clock);
  const enter = (visitor: Partial<Visitor>): Leave | Refusal =>
    gate.enter({ lane: somebody, bytes: 1, deadlineAt: Number.POSITIVE_INFINITY, start: () => {}, ...visitor });
  return { gate, clock, enter };
}
