import fc from "fast-check";
import { expect, test } from "vitest";
import { Breaker } from "../../src/downstream/breaker.ts";

/** What a breaker is to do, as plain as can be. */
type Model = {
  readonly most: number;
  readonly pauseMs: number;
  now: number;
  /** The last outcomes since it was last closed, true: a failure. */
  outcomes: boolean[];
  /** Failures since the last success, each true where it was a start. */
  row: boolean[];
  /** How often it has opened since it was closed. */
  openings: number;
  until: number;
  trying: object | undefined;
  /** Calls that were let go and have not ended, whatever is known of them. */
  open: object[];
  /** Which failures there were when each thing that has no outcome yet was sent. */
  sent: number[];
  counted: number;
  told: number;
};

type Real = { readonly breaker: Breaker; readonly rounds: number[]; told: number };
type Command = fc.Command<Model, Real>;

const longest = 60_000;
const isOpen = ({ openings }: Model): boolean => openings > 0;
const failuresIn = (outcomes: readonly boolean[]): number => outcomes.slice(-20).filter(Boolean).length;

function open(model: Model): void {
  // With the chance of this test a pause is three quarters of its longest.
  const pause = Math.min(model.pauseMs * 2 ** model.openings, Math.max(longest, model.pauseMs));
  model.until = model.now + 0.75 * pause;
  model.openings++;
  model.trying = undefined;
  model.told++;
}

function close(model: Model): void {
  if (isOpen(model)) {
    model.told++;
    model.outcomes = [];
  }
  Object.assign(model, { row: [], openings: 0, until: 0, trying: undefined });
}

function check(model: Model, { breaker, told }: Real): void {
  expect(breaker.isOpen).toBe(isOpen(model));
  expect(breaker.untilMs).toBe(model.until);
  expect(told).toBe(model.told);
  const text = breaker.describe(model.now);
  expect(text === undefined).toBe(!isOpen(model));
  if (text !== undefined) {
    const next = model.trying
      ? /one call tries it now$/
      : model.now < model.until
        ? /next try in \d+ s$/
        : /the next call tries it$/;
    expect(text).toMatch(next);
  }
  for (const call of model.open) expect(breaker.isTriedBy(call)).toBe(call === model.trying);
}

class Pass implements Command {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  check = (): boolean => true;

  run(model: Model, real: Real): void {
    model.now += this.ms;
    check(model, real);
  }

  toString = (): string => `pass(${this.ms})`;
}

/** A call comes; what is let go is sent. */
class Admit implements Command {
  check = (): boolean => true;

  run(model: Model, real: Real): void {
    const wanted = !isOpen(model) ? "pass" : model.now < model.until ? "refused" : model.trying ? "wait" : "try";
    const call = {};
    expect(real.breaker.admit(call, model.now)).toBe(wanted);
    if (wanted === "try") model.trying = call;
    if (wanted === "pass" || wanted === "try") {
      model.open.push(call);
      model.sent.push(model.counted);
      real.rounds.push(real.breaker.round);
    }
    check(model, real);
  }

  toString = (): string => "admit";
}

/** What was sent fails. */
class Fail implements Command {
  readonly pick: number;
  readonly isStart: boolean;

  constructor(pick: number, isStart: boolean) {
    this.pick = pick;
    this.isStart = isStart;
  }

  check = ({ sent }: Readonly<Model>): boolean => sent.length > 0;

  run(model: Model, real: Real): void {
    const index = this.pick % model.sent.length;
    const [counted] = model.sent.splice(index, 1) as [number];
    const [round] = real.rounds.splice(index, 1) as [number];
    real.breaker.failed({ reason: "no reply", isStart: this.isStart }, round, model.now);
    // What failed with another one counts with that.
    if (model.most > 0 && counted === model.counted) this.#count(model);
    check(model, real);
  }

  #count(model: Model): void {
    model.counted++;
    model.row.push(this.isStart);
    model.outcomes.push(true);
    if (isOpen(model) ? model.now >= model.until : model.row.length >= model.most || failuresIn(model.outcomes) >= 15)
      open(model);
  }

  toString = (): string => `fail(${this.pick}, ${this.isStart ? "start" : "call"})`;
}

/** What was sent is answered. */
class Succeed implements Command {
  readonly pick: number;

  constructor(pick: number) {
    this.pick = pick;
  }

  check = ({ sent }: Readonly<Model>): boolean => sent.length > 0;

  run(model: Model, real: Real): void {
    const index = this.pick % model.sent.length;
    model.sent.splice(index, 1);
    real.rounds.splice(index, 1);
    real.breaker.succeeded();
    model.outcomes.push(false);
    if (model.row.length > 0) close(model);
    check(model, real);
  }

  toString = (): string => `succeed(${this.pick})`;
}

/** The server starts. */
class Started implements Command {
  check = (): boolean => true;

  run(model: Model, real: Real): void {
    real.breaker.started();
    if (model.row.length > 0 && model.row.every(Boolean)) close(model);
    check(model, real);
  }

  toString = (): string => "started";
}

/** A call ends. Its outcome, if it has one, is told of before or after that. */
class Release implements Command {
  readonly pick: number;

  constructor(pick: number) {
    this.pick = pick;
  }

  check = ({ open }: Readonly<Model>): boolean => open.length > 0;

  run(model: Model, real: Real): void {
    const [call] = model.open.splice(this.pick % model.open.length, 1) as [object];
    real.breaker.release(call);
    if (model.trying === call) model.trying = undefined;
    check(model, real);
  }

  toString = (): string => `release(${this.pick})`;
}

test("a breaker lets go what a plain model lets go, whatever fails, is answered, starts and how time passes", () => {
  const commands = [
    fc.constantFrom(0, 1, 700, 5000, 70_000).map((ms) => new Pass(ms)),
    fc.constant(new Admit()),
    fc.constant(new Admit()),
    fc.tuple(fc.nat(), fc.boolean()).map(([pick, isStart]) => new Fail(pick, isStart)),
    fc.nat().map((pick) => new Fail(pick, false)),
    fc.nat().map((pick) => new Succeed(pick)),
    fc.constant(new Started()),
    fc.nat().map((pick) => new Release(pick)),
  ];
  const bounds = fc.record({ most: fc.constantFrom(0, 1, 2, 5, 30), pauseMs: fc.constantFrom(1, 1000, 90_000) });
  fc.assert(
    fc.property(bounds, fc.commands(commands, { size: "+1", maxCommands: 200 }), ({ most, pauseMs }, steps) => {
      fc.modelRun(() => {
        const real: Real = {
          breaker: new Breaker({ failures: most, pauseMs }, () => 0.5, {
            changed: () => void real.told++,
            tried: () => {},
          }),
          rounds: [],
          told: 0,
        };
        const model: Model = {
          ...{ most, pauseMs, now: 0, outcomes: [], row: [], openings: 0, until: 0 },
          ...{ trying: undefined, open: [], sent: [], counted: 0, told: 0 },
        };
        return { model, real };
      }, steps);
    }),
    { numRuns: 400 },
  );
});
