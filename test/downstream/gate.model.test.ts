import fc from "fast-check";
import { expect, test } from "vitest";
import { Gate, type Leave } from "../../src/downstream/gate.ts";
import { ModelClock, settled } from "../support/model-clock.ts";

type Guest = { readonly n: number; readonly owner: number; readonly bytes: number; leave: Leave };

/** What a gate is to do, as plain as can be: who is inside, and one queue for each owner, in the order of their turns. */
type Model = {
  readonly most: number;
  readonly queued: number;
  readonly bytes: number;
  inside: Guest[];
  lanes: { readonly owner: number; waiting: Guest[] }[];
  started: number[];
};

type Real = { readonly gate: Gate; readonly lanes: readonly object[]; readonly started: number[] };
type Command = fc.AsyncCommand<Model, Real>;

const waitingIn = ({ lanes }: Model): Guest[] => lanes.flatMap(({ waiting }) => waiting);

/** Whoever has a place starts; owners take turns. */
function letIn(model: Model): void {
  while (model.inside.length < model.most) {
    const lane = model.lanes.shift();
    const guest = lane?.waiting.shift();
    if (lane === undefined || guest === undefined) return;
    if (lane.waiting.length > 0) model.lanes.push(lane);
    model.inside.push(guest);
    model.started.push(guest.n);
  }
}

function check(model: Model, { gate, started }: Real): void {
  expect(started).toEqual(model.started);
  expect(gate.waitingBytes).toBe(waitingIn(model).reduce((sum, { bytes }) => sum + bytes, 0));
}

let guests = 0;

class Enter implements Command {
  readonly owner: number;
  readonly bytes: number;

  constructor(owner: number, bytes: number) {
    this.owner = owner;
    this.bytes = bytes;
  }

  check = (): boolean => true;

  async run(model: Model, real: Real): Promise<void> {
    const { owner, bytes } = this;
    const n = ++guests;
    const waiting = waitingIn(model);
    const waitingBytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
    const isFull = model.inside.length + waiting.length >= model.most + model.queued;
    const mustWait = model.inside.length >= model.most;
    const isHeavy = mustWait && waitingBytes > 0 && waitingBytes + bytes > model.bytes;
    const lane = real.lanes[owner] as object;
    const start = (): void => void real.started.push(n);
    const answer = real.gate.enter({ lane, bytes, deadlineAt: Number.POSITIVE_INFINITY, start });
    expect(typeof answer === "function").toBe(!isFull && !isHeavy);
    if (typeof answer === "function") {
      const guest = { n, owner, bytes, leave: answer };
      const own = model.lanes.find((one) => one.owner === owner);
      if (own === undefined) model.lanes.push({ owner, waiting: [guest] });
      else own.waiting.push(guest);
      letIn(model);
    }
    await settled();
    check(model, real);
  }

  toString = (): string => `enter(${this.owner}, ${this.bytes})`;
}

class Leaving implements Command {
  readonly pick: number;
  readonly isInside: boolean;

  constructor(pick: number, isInside: boolean) {
    this.pick = pick;
    this.isInside = isInside;
  }

  check = (model: Readonly<Model>): boolean => (this.isInside ? model.inside : waitingIn(model)).length > 0;

  async run(model: Model, real: Real): Promise<void> {
    const from = this.isInside ? model.inside : waitingIn(model);
    const guest = from[this.pick % from.length] as Guest;
    model.inside = model.inside.filter((one) => one !== guest);
    for (const lane of model.lanes) lane.waiting = lane.waiting.filter((one) => one !== guest);
    model.lanes = model.lanes.filter(({ waiting }) => waiting.length > 0);
    guest.leave();
    guest.leave();
    letIn(model);
    await settled();
    check(model, real);
  }

  toString = (): string => `${this.isInside ? "leave" : "giveUp"}(${this.pick})`;
}

test("a gate lets in whom a plain model lets in, in its order, whoever comes, goes and gives up", async () => {
  const commands = [
    fc.tuple(fc.nat(2), fc.nat(4)).map(([owner, bytes]) => new Enter(owner, bytes)),
    fc.nat().map((pick) => new Leaving(pick, true)),
    fc.nat().map((pick) => new Leaving(pick, false)),
  ];
  const bounds = fc.record({ most: fc.integer({ min: 1, max: 3 }), queued: fc.nat(5), bytes: fc.nat(12) });
  await fc.assert(
    fc.asyncProperty(bounds, fc.commands(commands, { size: "+1" }), async ({ most, queued, bytes }, steps) => {
      const settings = { maxConcurrentCalls: most, maxQueuedCalls: queued, maxQueuedBytes: bytes };
      const setup = () => ({
        model: { most, queued, bytes, inside: [], lanes: [], started: [] },
        real: { gate: new Gate(settings, new ModelClock()), lanes: [{}, {}, {}], started: [] },
      });
      await fc.asyncModelRun(setup, steps);
    }),
    { numRuns: 1000 },
  );
});
