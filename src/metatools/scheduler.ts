/** One call that has all it needs, on its way to a server. */
export type Ticket = {
  readonly server: string;
  /** Its place in the list. */
  readonly order: number;
  readonly isWriting: boolean;
};

type Lane<One> = {
  /** In the order of the list. */
  readonly waiting: One[];
  sharing: number;
  isWriting: boolean;
};

/**
 * Who of one plan may go to a server now: a call of a tool that is marked as writing alone, all others side by side, in
 * the order of the list. Only who has all that it needs comes here, so nobody in here waits for anybody out there, and
 * no server waits for another.
 */
export class Lanes<One extends Ticket> {
  readonly #lanes = new Map<string, Lane<One>>();
  readonly #go: (one: One) => void;

  /** `go`: what each does that may go, which is told at most once; nobody goes after `close`. */
  constructor(go: (one: One) => void) {
    this.#go = go;
  }

  /** It goes at once, or when those before it have left. */
  enter(one: One): void {
    const lane = this.#laneOf(one.server);
    if (lane.waiting.length === 0 && mayGo(lane, one)) this.#letIn(lane, one);
    else {
      const before = lane.waiting.findLastIndex(({ order }) => order < one.order);
      lane.waiting.splice(before + 1, 0, one);
      this.#letGo(lane);
    }
  }

  /** One that went is done: the next ones may go. Once for each. */
  leave({ server, isWriting }: One): void {
    const lane = this.#laneOf(server);
    if (isWriting) lane.isWriting = false;
    else lane.sharing--;
    this.#letGo(lane);
  }

  #laneOf(server: string): Lane<One> {
    let lane = this.#lanes.get(server);
    if (lane === undefined) {
      lane = { waiting: [], sharing: 0, isWriting: false };
      this.#lanes.set(server, lane);
    }
    return lane;
  }

  /** Nobody who waits goes any more. */
  close(): void {
    for (const { waiting } of this.#lanes.values()) waiting.length = 0;
  }

  #letGo(lane: Lane<One>): void {
    for (let next = lane.waiting[0]; next !== undefined && mayGo(lane, next); next = lane.waiting[0]) {
      lane.waiting.shift();
      this.#letIn(lane, next);
    }
  }

  #letIn(lane: Lane<One>, one: One): void {
    if (one.isWriting) lane.isWriting = true;
    else lane.sharing++;
    this.#go(one);
  }
}

function mayGo({ isWriting, sharing }: Lane<Ticket>, one: Ticket): boolean {
  return !isWriting && !(one.isWriting && sharing > 0);
}
