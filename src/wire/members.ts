/**
 * The members of a message that tutti knows by name: JSON-RPC's envelope, and the few places inside it that are read
 * or rewritten. Everything else is letter. Sources: https://www.jsonrpc.org/specification, and the MCP specification's
 * pages on progress, cancellation, tools, `_meta` and multi round-trip requests
 * (https://modelcontextprotocol.io/specification/2026-07-28).
 */
export const slot = {
  jsonrpc: 0,
  id: 1,
  method: 2,
  params: 3,
  result: 4,
  error: 5,
  /** `params.name`: of a tool. */
  name: 6,
  /** `params._meta` */
  meta: 7,
  /** `params._meta.progressToken`: where a request asks for progress. */
  wantedToken: 8,
  /** `params.progressToken`: where a progress notification says whose it is. */
  token: 9,
  /** `params.requestId`: of a cancelled notification. */
  requestId: 10,
  /** `error.code` */
  code: 11,
  /** `error.message` */
  message: 12,
  /** `error.data` */
  data: 13,
  /** `result._meta` */
  resultMeta: 14,
  /** `params.requestState`, `params.inputResponses`: of a request that is sent again with answers. */
  requestState: 15,
  inputResponses: 16,
  /** In `params._meta`: what a self-contained request says of its client. */
  protocolVersion: 17,
  clientCapabilities: 18,
  clientInfo: 19,
  logLevel: 20,
  /** `result.resultType` */
  resultType: 21,
  /** `result.task` */
  task: 22,
  /** `result.structuredContent`: of a tool. */
  structuredContent: 23,
  /** `result.ttlMs`, `result.cacheScope`: how long and by whom it may be kept. */
  ttlMs: 24,
  cacheScope: 25,
  /** In `result._meta`: who answered. */
  serverInfo: 26,
  /** In `params._meta`: which request a notification belongs to. */
  subscriptionId: 27,
} as const;

export type Slot = (typeof slot)[keyof typeof slot];

const slotCount = 28;
const none: readonly number[] = [];
const noSpans: readonly number[] = Array.from({ length: 2 * slotCount }, () => -1);

/** An object whose members are known by name; every other object is `elsewhere`. */
export type Place = number;
export const elsewhere: Place = 0;
export const envelope: Place = 1;

/** Members of a letter; where one is there more than once the last counts, as for most readers. */
const repeatable: readonly number[] = [slot.resultMeta, slot.task, slot.structuredContent];

/** What `endName` says of a member that may not be there twice, or not so often. */
export const repeated = -3;
const reserved = -2;
const unknown = -1;

/** A longer name, quotes included, is none of ours, and is not compared with others. */
const longestName = 1024;
const mostUnknownMembers = 64;
/** Each costs an edit where the message is passed on. */
const mostReservedNames = 64;

type Member = { readonly name: Uint8Array; readonly slot: number };

const errorData = 5;
const resultMeta = 6;

// Index = Place. The members are compared in this order, the most frequent first.
const members: readonly (readonly Member[])[] = [
  [],
  [
    member("jsonrpc", slot.jsonrpc),
    member("id", slot.id),
    member("method", slot.method),
    member("params", slot.params),
    member("result", slot.result),
    member("error", slot.error),
  ],
  [
    member("name", slot.name),
    member("_meta", slot.meta),
    member("progressToken", slot.token),
    member("requestId", slot.requestId),
    member("requestState", slot.requestState),
    member("inputResponses", slot.inputResponses),
  ],
  [
    member("progressToken", slot.wantedToken),
    member("io.modelcontextprotocol/protocolVersion", slot.protocolVersion),
    member("io.modelcontextprotocol/clientCapabilities", slot.clientCapabilities),
    member("io.modelcontextprotocol/clientInfo", slot.clientInfo),
    member("io.modelcontextprotocol/logLevel", slot.logLevel),
    member("io.modelcontextprotocol/subscriptionId", slot.subscriptionId),
  ],
  [member("code", slot.code), member("message", slot.message), member("data", slot.data)],
  [member("tutti/error", reserved)],
  [member("io.modelcontextprotocol/serverInfo", slot.serverInfo), member("tutti/error", reserved)],
  [
    member("_meta", slot.resultMeta),
    member("resultType", slot.resultType),
    member("structuredContent", slot.structuredContent),
    member("task", slot.task),
    member("ttlMs", slot.ttlMs),
    member("cacheScope", slot.cacheScope),
  ],
];

// Index = Slot: which place the object in that slot is.
const placeIn: readonly Place[] = (() => {
  const places = new Array<Place>(slotCount).fill(elsewhere);
  places[slot.params] = 2;
  places[slot.meta] = 3;
  places[slot.error] = 4;
  places[slot.data] = errorData;
  places[slot.resultMeta] = resultMeta;
  places[slot.result] = 7;
  return places;
})();

/** Where the members of an object in `slot` are looked up. */
export function placeOf(slot: number): Place {
  return slot < 0 ? elsewhere : (placeIn[slot] as Place);
}

/** Notes where a message's known members stand while the scanner walks over them. `reset` lets go of what was noted. */
export class Members {
  /** Where the value in slot `s` begins and ends, from the text's first byte: `spans[2 * s]`, `spans[2 * s + 1]`; −1 where there is none. */
  spans: number[] = noSpans.slice();
  /** Where the names begin and end (quotes included) of members that only tutti may write. Replaced, never added to: messages keep theirs. */
  reservedNames: readonly number[] = none;
  #unknownNames: string[] = [];
  /** The first part of a name of which the rest is still to come, with its opening quote. */
  #carried: Buffer | undefined;

  reset(): void {
    this.spans = noSpans.slice();
    this.reservedNames = none;
    if (this.#unknownNames.length > 0) this.#unknownNames = [];
    this.#carried = undefined;
  }

  /**
   * The slot of the member whose name ends before `at`, negative for one that is not known. `offset` is where
   * `bytes[from]` stands in the text, `start` where the name's opening quote does.
   */
  endName(
    place: Place,
    bytes: Uint8Array,
    from: number,
    at: number,
    offset: number,
    start: number,
    isEscaped: boolean,
  ): number {
    const carried = this.#carried;
    this.#carried = undefined;
    const length = offset - from + at + 1 - start;
    if (length > longestName) return unknown;
    let name = bytes;
    let first = at + 2 - length;
    let end = at;
    if (carried !== undefined) {
      name = Buffer.concat([carried, bytes.subarray(from, at)]);
      first = 1;
      end = name.length;
    }
    let text: string | undefined;
    if (isEscaped) {
      text = JSON.parse(`"${textOf(name, first, end)}"`) as string;
      name = Buffer.from(text);
      first = 0;
      end = name.length;
    }
    const found = find(place, name, first, end);
    // A letter may repeat its members; what tutti reads and rewrites may not, or two readers would see two messages.
    if (found >= 0) return this.spans[2 * found] !== -1 && !repeatable.includes(found) ? repeated : found;
    if (found === reserved) {
      this.reservedNames = [...this.reservedNames, start, start + length];
      if (this.reservedNames.length > 2 * mostReservedNames) return repeated;
    }
    return place === envelope ? this.#noteUnknown(text ?? textOf(name, first, end)) : unknown;
  }

  /** Keeps the part of a name that has come, for `endName`; of one that is too long, anything. */
  carry(bytes: Uint8Array, from: number, to: number): void {
    const before = this.#carried ?? Buffer.alloc(0);
    if (before.length + to - from <= longestName) this.#carried = Buffer.concat([before, bytes.subarray(from, to)]);
  }

  #noteUnknown(name: string): number {
    if (this.#unknownNames.includes(name) || this.#unknownNames.length === mostUnknownMembers) return repeated;
    this.#unknownNames.push(name);
    return unknown;
  }
}

function find(place: Place, bytes: Uint8Array, from: number, to: number): number {
  const known = members[place] as readonly Member[];
  for (let index = 0; index < known.length; index++) {
    const { name, slot } = known[index] as Member;
    if (name.length === to - from && startsWith(bytes, from, name)) return slot;
  }
  return unknown;
}

function startsWith(bytes: Uint8Array, from: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[from + index] !== name[index]) return false;
  return true;
}

function member(name: string, slot: number): Member {
  return { name: Buffer.from(name), slot };
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString();
}
