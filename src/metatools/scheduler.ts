/** One call that has all it needs, on its way to a server. */
type Ticket = {
  /** Its place in the list. */
  readonly order: number;
  readonly isWriting: boolean;
  readonly go: () => void;
};

/** Lets the next ones go. Called once. */
export type Leave = () => void;

type Lane = {
  /** In the order of the list. */
  readonly waiting: Ticket[];
  sharing: number;
  isWriting: boolean;
};

/**
 * Who of one plan may go to a server now: a call of a tool that is marked as writing alone, all others side by side, in
 * the order of the list. Only who has all that it needs comes here, so nobody in here waits for anybody out there, and
 * no server waits for another.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** Calls `go` at once or when those before it have left, at most once; never after `close`. */
  enter(server: string, ticket: Ticket): Leave {
    const lane = this.#laneOf(server);
    if (lane.waiting.length === 0 && mayGo(lane, ticket)) go(lane, ticket);
    else {
      const before = lane.waiting.findLastIndex(({ order }) => order < ticket.order);
      lane.waiting.splice(before + 1, 0, ticket);
      letGo(lane);
    }
    return () => {
      if (ticket.isWriting) lane.isWriting = false;
      else lane.sharing--;
      letGo(lane);
    };
  }

  #laneOf(server: string): Lane {
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
}

function letGo(lane: Lane): void {
  for (let next = lane.waiting[0]; next !== undefined && mayGo(lane, next); next = lane.waiting[0]) {
    lane.waiting.shift();
    go(lane, next);
  }
}

function mayGo(lane: Lane, { isWriting }: Ticket): boolean {
  return !lane.isWriting && !(isWriting && lane.sharing > 0);
}

function go(lane: Lane, ticket: Ticket): void {
  if (ticket.isWriting) lane.isWriting = true;
  else lane.sharing++;
  ticket.go();
}
