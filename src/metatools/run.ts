import type { Clock, Timer } from "../ports/clock.ts";
import { Deadline } from "./deadline.ts";
import { Entry, type Inner, labelOf, type Target } from "./entry.ts";
import type { Handles } from "./handles.ts";
import type { Answers, MetaRequest, Outcome } from "./meta-tool.ts";
import { endOf, type Failure, failed, notBegun, tooMuch, unanswered } from "./outcomes.ts";
import type { Plan, PlannedCall } from "./plan.ts";
import { Preparing } from "./preparing.ts";
import { Questions } from "./questions.ts";
import { Lanes } from "./scheduler.ts";

export type RunOptions = {
  readonly clock: Clock;
  readonly handles: Handles;
  /** For the whole plan, without the time in which its client is asked; 0 means no deadline. */
  readonly deadlineMs: number;
  /** Where a call goes, or why it goes nowhere. */
  readonly target: (call: PlannedCall) => Target | Failure;
  /** A call of a server's tool has given this. */
  readonly note: (tool: string, result: Buffer) => void;
};

/** What became of a plan. */
export type Done = {
  readonly entries: readonly Entry[];
  readonly ms: number;
  /** Of all that came back. */
  readonly bytesIn: number;
};

/** Of results, until all are there. */
const mostKeptBytes = 64 * 1024 * 1024;
/** Questions this close together are put to the client together. */
const gatherMs = 250;
/** How often a call that asks nothing may want to be made again. */
const mostRounds = 10;

/**
 * Runs the calls of a plan, each as soon as what it needs is there, and is `done` once: when all have ended, or when
 * their time is over. What fails one call ends those that need it, and no other.
 */
export class Run {
  readonly #request: MetaRequest;
  readonly #options: RunOptions;
  readonly #done: (done: Done) => void;
  readonly #entries: readonly Entry[];
  readonly #preparing: Preparing;
  readonly #lanes = new Lanes<Inner>((inner) => this.#send(inner));
  readonly #questions = new Questions();
  readonly #rounds = new Map<Inner, number>();
  /** How many calls are under way. */
  #running = 0;
  readonly #startedAt: number;
  #finished = 0;
  readonly #deadline: Deadline;
  /** Until it is asked what is to be asked, though calls run on. */
  #gathering: Timer | undefined;
  /** While the client is away with questions: lets the deadline go on. */
  #release: (() => void) | undefined;
  #isOver = false;
  #bytesIn = 0;
  #keptBytes = 0;

  constructor(plan: Plan, request: MetaRequest, options: RunOptions, done: (done: Done) => void) {
    this.#request = request;
    this.#options = options;
    this.#done = done;
    this.#startedAt = options.clock.now();
    this.#entries = plan.calls.map((call, order) => new Entry(call, order, options.target(call)));
    const byId = new Map<string, Entry>();
    if (plan.calls.some(({ needs }) => needs.size > 0)) {
      for (const entry of this.#entries) byId.set(entry.call.id, entry);
      for (const entry of this.#entries) for (const id of entry.call.needs) byId.get(id)?.dependents.push(entry);
    }
    const earlier = (handle: string) => options.handles.value(request.owner, handle);
    this.#preparing = new Preparing(options.handles, (root) => byId.get(root)?.value() ?? earlier(root), earlier);
    this.#deadline = new Deadline(options.clock, options.deadlineMs, () => this.#expire());
  }

  start(): void {
    for (const entry of this.#entries) if ("code" in entry.target && !entry.isOver) this.#fail(entry, entry.target);
    for (const entry of this.#entries) if (entry.call.needs.size === 0 && !entry.isOver) this.#ready(entry);
    this.#goOn();
  }

  /** Nobody waits for it any more: what runs is taken back, what waits is never begun. */
  cancel(reason: string): void {
    if (!this.#isOver) this.#end(reason);
  }

  /** Its client is asked something otherwise, until what this gives is called. */
  hold(): () => void {
    return this.#deadline.hold();
  }

  /** It has all that it needs. */
  #ready(entry: Entry): void {
    const inners = this.#preparing.innersOf(entry);
    if ("code" in inners) {
      this.#fail(entry, inners);
      return;
    }
    entry.inners = inners;
    for (const { ended } of inners) if (ended === undefined) entry.open++;
    if (entry.open === 0) this.#over(entry);
    for (const inner of inners) if (inner.ended === undefined) this.#lanes.enter(inner);
  }

  #send(inner: Inner, answers?: Answers): void {
    const { tool } = inner.entry.target as Target;
    inner.startedAt ??= this.#options.clock.now();
    this.#running++;
    const settled = (outcome: Outcome): void => this.#settled(inner, outcome);
    inner.call = this.#request.call(tool.exposed, inner.args, settled, answers, labelOf(inner));
  }

  #settled(inner: Inner, outcome: Outcome): void {
    if (this.#isOver) return;
    inner.call = undefined;
    this.#running--;
    if (outcome.kind === "asks") this.#asked(inner, outcome);
    else {
      const { tool, traits } = inner.entry.target as Target;
      const ended = endOf(outcome, traits.hints.readOnlyHint === true);
      const size = outcome.kind === "result" ? outcome.result.length : 0;
      this.#bytesIn += size;
      if (outcome.kind === "result") this.#options.note(tool.exposed, outcome.result);
      const isTooMuch = "success" in ended && this.#keptBytes + size > mostKeptBytes;
      if ("success" in ended && !isTooMuch) this.#keptBytes += size;
      this.#ended(inner, isTooMuch ? tooMuch : ended);
    }
    this.#goOn();
  }

  #asked(inner: Inner, outcome: Extract<Outcome, { readonly kind: "asks" }>): void {
    const again = this.#questions.add(inner, outcome);
    if (again === undefined) return;
    const rounds = (this.#rounds.get(inner) ?? 0) + 1;
    this.#rounds.set(inner, rounds);
    if (rounds <= mostRounds) this.#send(inner, again);
    else
      this.#ended(inner, failed({ code: "protocol_error", message: `it wanted to be called again ${rounds} times` }));
  }

  #ended(inner: Inner, ended: Inner["ended"]): void {
    inner.ended = ended;
    inner.endedAt = this.#options.clock.now();
    // Who has waited for it comes into the lane before the next one leaves it.
    if (--inner.entry.open === 0) this.#over(inner.entry);
    this.#lanes.leave(inner);
  }

  #fail(entry: Entry, failure: Failure): void {
    entry.failure = failure;
    this.#over(entry);
  }

  #over(entry: Entry): void {
    entry.isOver = true;
    this.#finished++;
    this.#report(entry);
    const failure = entry.wholeFailure;
    for (const dependent of entry.dependents) {
      if (dependent.isOver) continue;
      dependent.waitsFor--;
      if (failure !== undefined) this.#skip(dependent, entry);
      else if (dependent.waitsFor === 0) this.#ready(dependent);
    }
  }

  #skip(entry: Entry, { call, failure, cause }: Entry): void {
    // That there is no such tool is its own error, whatever it needs.
    if ("code" in entry.target) {
      this.#fail(entry, entry.target);
      return;
    }
    const why = failure?.code === "skipped" ? `was skipped because ${JSON.stringify(cause)} failed` : "failed";
    entry.cause = failure?.code === "skipped" ? cause : call.id;
    this.#fail(entry, { code: "skipped", message: `needs ${JSON.stringify(call.id)}, which ${why}` });
  }

  #report(entry: Entry): void {
    const { progress } = this.#request;
    if (progress === undefined) return;
    const total = this.#entries.length;
    progress(this.#finished, total, `${this.#finished}/${total} ${entry.inWords(this.#options.clock.now())}`);
  }

  /**
   * After all that has happened: replies where nothing is left to do, asks where nothing else can be done. What runs on is
   * not waited for long (`isDue`): the server may have put its question to another call than the one that it is about.
   */
  #goOn(isDue = false): void {
    if (this.#isOver) return;
    if (this.#finished === this.#entries.length) this.#reply();
    else if (this.#questions.size === 0 || this.#release !== undefined) return;
    else if (this.#running === 0 || isDue) this.#ask();
    else {
      this.#gathering ??= this.#options.clock.after(gatherMs, () => {
        this.#gathering = undefined;
        this.#goOn(true);
      });
    }
  }

  #ask(): void {
    this.#release = this.#deadline.hold();
    const back = (task: () => void) => (): void => {
      if (this.#isOver || this.#release === undefined) return;
      this.#release();
      this.#release = undefined;
      task();
    };
    this.#request.ask(
      this.#questions.requests(),
      (responses) => back(() => this.#resume(responses))(),
      back(() => this.#close("the client did not come back with an answer", unanswered, notBegun)),
    );
  }

  #resume(responses: Buffer): void {
    const { ready, silent } = this.#questions.answered(responses);
    for (const [inner, answers] of ready) this.#send(inner, answers);
    for (const inner of silent) this.#ended(inner, { failure: unanswered });
    this.#goOn();
  }

  #expire(): void {
    const text = `no reply within ${this.#options.deadlineMs / 1000} s (callTools.deadlineMs)`;
    this.#close(
      "the deadline of call_tools has passed",
      { code: "timeout", message: `${text}. The call may have run.`, sent: "unknown" },
      {
        code: "timeout",
        message: `not begun within ${this.#options.deadlineMs / 1000} s (callTools.deadlineMs)`,
        sent: false,
      },
    );
  }

  /** Ends what has not ended: with one failure what was begun, with the other what was not. */
  #close(reason: string, begun: Failure, waiting: Failure): void {
    this.#end(reason);
    const now = this.#options.clock.now();
    for (const entry of this.#entries) {
      if (entry.isOver) continue;
      if (entry.inners.length === 0) entry.failure = waiting;
      for (const inner of entry.inners) {
        if (inner.ended !== undefined) continue;
        const { hints } = (entry.target as Target).traits;
        const { code, message } = begun;
        const isHarmless = hints.readOnlyHint === true;
        inner.ended = { failure: inner.startedAt === undefined ? waiting : isHarmless ? { code, message } : begun };
        inner.endedAt = now;
      }
    }
    this.#tell();
  }

  #reply(): void {
    this.#end("");
    this.#tell();
  }

  #tell(): void {
    const ms = this.#options.clock.now() - this.#startedAt;
    this.#done({ entries: this.#entries, ms, bytesIn: this.#bytesIn });
  }

  #end(reason: string): void {
    this.#isOver = true;
    this.#deadline.end();
    this.#gathering?.cancel();
    this.#lanes.close();
    for (const { inners } of this.#entries) {
      for (const inner of inners) if (inner.call?.cancel(reason) === false) inner.startedAt = undefined;
    }
    this.#questions.close(reason);
  }
}
