import type { Clock } from "../../src/ports/clock.ts";
import type { Dice } from "./dice.ts";

type Task = { readonly at: number; readonly order: number; readonly run: () => void; isOver: boolean; isOurs: boolean };

/** More than this in one run is a loop without end. */
const mostSteps = 2_000_000;
/** So long a turn of the event loop may take. */
const busyMs = 2;

/**
 * Virtual time and the order of all that happens in it. One task runs at a time; before the next one every promise has
 * run to its end, so that a run depends on its dice alone.
 */
export class Scheduler {
  /** In ms since the run began. */
  now = 0;
  steps = 0;
  /** Tutti's own timers that have neither run nor been cancelled. */
  timers = 0;
  readonly #dice: Dice;
  /** A heap, what is due first at the top. */
  readonly #heap: Task[] = [];
  #soon: (() => void)[] = [];
  #order = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** The clock that tutti is given. */
  readonly clock: Clock = {
    now: () => this.now,
    after: (delayMs, run) => {
      this.timers++;
      const task = this.#add(delayMs, run, true);
      return {
        cancel: () => {
          if (task.isOver) return;
          task.isOver = true;
          this.timers--;
        },
      };
    },
    soon: (run) => void this.#soon.push(run),
  };

  /** Runs something of the world's after a while. */
  later(delayMs: number, run: () => void): void {
    this.#add(delayMs, run, false);
  }

  /** Lets so much time pass, whether or not anything happens in it. */
  async pass(ms: number): Promise<void> {
    this.later(ms, () => {});
    await this.run(this.now + ms);
  }

  /** Runs tasks in order until `isEnough`, until nothing is left, or until `until`. False: time was over first. */
  async run(until: number, isEnough: () => boolean = () => false): Promise<boolean> {
    await quiescence();
    while (!isEnough()) {
      const task = this.#next(until);
      if (task === undefined) {
        const isIdle = this.#heap.length === 0;
        if (!isIdle) this.now = until;
        return isIdle;
      }
      if (++this.steps > mostSteps) throw new Error(`it never ends: ${mostSteps} steps`);
      task();
      await quiescence();
    }
    return true;
  }

  #next(until: number): (() => void) | undefined {
    const first = this.#first();
    const waitMs = first === undefined ? Number.POSITIVE_INFINITY : first.at - this.now;
    // What arrives meanwhile may be read before what was put off, or after it; a busy turn takes its time.
    const isFirst = waitMs <= 0 ? this.#dice.chance(50) : waitMs < busyMs && this.#dice.chance(15);
    if (this.#soon.length > 0 && !isFirst) return this.#soon.shift();
    if (first === undefined || first.at > until) return undefined;
    this.#remove();
    this.now = Math.max(this.now, first.at);
    first.isOver = true;
    if (first.isOurs) this.timers--;
    return first.run;
  }

  #first(): Task | undefined {
    while (this.#heap[0]?.isOver) this.#remove();
    return this.#heap[0];
  }

  #add(delayMs: number, run: () => void, isOurs: boolean): Task {
    // As Node has it: what is no usable delay is 1 ms.
    const delay = delayMs >= 0 && delayMs <= 2_147_483_647 ? delayMs : 1;
    const task: Task = { at: this.now + delay, order: this.#order++, run, isOver: false, isOurs };
    const heap = this.#heap;
    let index = heap.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(task, heap[parent] as Task)) break;
      heap[index] = heap[parent] as Task;
      index = parent;
    }
    heap[index] = task;
    return task;
  }

  #remove(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[index] = heap[child] as Task;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Task, other: Task): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Every promise and every stream has gone as far as it can by itself. */
function quiescence(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
