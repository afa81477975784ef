import fc from "fast-check";
import { expect, test } from "vitest";
import { type Dated, Deadlines } from "../../src/downstream/deadlines.ts";
import { ModelClock } from "../support/model-clock.ts";

type Item = Dated & { deadlineAt: number };
type Model = { readonly due: Map<number, number>; now: number };
type Real = {
  readonly clock: ModelClock;
  readonly deadlines: Deadlines;
  readonly open: Map<number, Item>;
  readonly expired: string[];
};
type Command = fc.Command<Model, Real>;

class Open implements Command {
  readonly n: number;
  readonly inMs: number;

  constructor(n: number, inMs: number) {
    this.n = n;
    this.inMs = inMs;
  }

  check = ({ due }: Readonly<Model>): boolean => !due.has(this.n);

  run(model: Model, { clock, deadlines, open, expired }: Real): void {
    const { n } = this;
    const deadlineAt = model.now + this.inMs;
    model.due.set(n, deadlineAt);
    const expire = (): void => {
      open.delete(n);
      expired.push(`${n} at ${clock.now()}`);
    };
    open.set(n, { deadlineAt, expire });
    deadlines.watch(deadlineAt);
  }

  toString = (): string => `open(${this.n}, in ${this.inMs})`;
}

class Close implements Command {
  readonly n: number;

  constructor(n: number) {
    this.n = n;
  }

  check = ({ due }: Readonly<Model>): boolean => due.has(this.n);

  run({ due }: Model, { open }: Real): void {
    due.delete(this.n);
    open.delete(this.n);
  }

  toString = (): string => `close(${this.n})`;
}

class Move implements Command {
  readonly n: number;
  readonly byMs: number;

  constructor(n: number, byMs: number) {
    this.n = n;
    this.byMs = byMs;
  }

  check = ({ due }: Readonly<Model>): boolean => due.has(this.n);

  run({ due }: Model, { open }: Real): void {
    due.set(this.n, (due.get(this.n) as number) + this.byMs);
    (open.get(this.n) as Item).deadlineAt += this.byMs;
  }

  toString = (): string => `move(${this.n}, by ${this.byMs})`;
}

class Pass implements Command {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  check = (): boolean => true;

  run(model: Model, { clock, open, expired }: Real): void {
    model.now += this.ms;
    const due = [...model.due].filter(([, at]) => at <= model.now);
    clock.advance(this.ms);
    // Each at its own time: not before it, and not after.
    expect(expired.splice(0).sort()).toEqual(due.map(([n, at]) => `${n} at ${at}`).sort());
    for (const [n] of due) model.due.delete(n);
    expect([...open.keys()].sort()).toEqual([...model.due.keys()].sort());
    expect(clock.timers).toBeLessThanOrEqual(1);
  }

  toString = (): string => `pass(${this.ms})`;
}

test("what is open expires at its own time, however it is opened, closed and moved to later", () => {
  const commands = [
    fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 100 })).map(([n, inMs]) => new Open(n, inMs)),
    fc.nat(9).map((n) => new Close(n)),
    fc.tuple(fc.nat(9), fc.nat(60)).map(([n, byMs]) => new Move(n, byMs)),
    fc.nat(80).map((ms) => new Pass(ms)),
  ];
  fc.assert(
    fc.property(fc.commands(commands, { size: "+1" }), (steps) => {
      const setup = () => {
        const clock = new ModelClock();
        const open = new Map<number, Item>();
        const deadlines = new Deadlines(
          clock,
          () => open.values(),
          (cause) => {
            throw cause;
          },
        );
        return { model: { due: new Map<number, number>(), now: 0 }, real: { clock, deadlines, open, expired: [] } };
      };
      fc.modelRun(setup, steps);
    }),
    { numRuns: 1000 },
  );
});
