import { encodeString } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";
import type { Inner } from "./entry.ts";
import type { Answers, Outcome } from "./meta-tool.ts";

type Asked = Extract<Outcome, { readonly kind: "asks" }>;

type Question = { readonly inner: Inner; readonly key: string; readonly request: Buffer };

type Asking = {
  readonly requestState: Buffer | undefined;
  /** Its own keys that nobody has answered yet. */
  readonly open: Set<string>;
  readonly answers: Map<string, Buffer>;
  readonly drop: Asked["drop"];
  /** How often the client has come back without any answer to it. */
  silences: number;
};

const mostSilences = 10;
const none = Buffer.from("{}");

/**
 * What the calls of one plan want to know of its client, put together: each question under the id of its call and the
 * key that its server chose, so that the answers find their way back.
 */
export class Questions {
  readonly #asking = new Map<Inner, Asking>();
  /** By the keys that the client sees. */
  readonly #questions = new Map<string, Question>();

  /** How many calls ask. */
  get size(): number {
    return this.#asking.size;
  }

  /** A call asks. Undefined: it has to wait for the client; otherwise it asks nothing, and can go on at once with these. */
  add(inner: Inner, { inputRequests, requestState, drop }: Asked): Answers | undefined {
    const asking: Asking = { requestState, drop, open: new Set(), answers: new Map(), silences: 0 };
    const requests = inputRequests ?? none;
    for (const { name, start, end } of requests[0] === 0x7b ? membersOf(requests, 0) : []) {
      if (asking.open.has(name)) continue;
      asking.open.add(name);
      this.#questions.set(this.#freeKey(inner, name), { inner, key: name, request: requests.subarray(start, end) });
    }
    if (asking.open.size === 0) return { inputResponses: none, requestState };
    this.#asking.set(inner, asking);
    return undefined;
  }

  /** All that is open, as the client gets it. */
  requests(): Buffer {
    return objectOf([...this.#questions].map(([key, { request }]) => [key, request]));
  }

  /** Those who have all their answers now, and those who are told nothing however often they ask; the others ask on. */
  answered(inputResponses: Buffer): {
    readonly ready: readonly (readonly [Inner, Answers])[];
    readonly silent: readonly Inner[];
  } {
    const heard = new Set<Inner>();
    for (const { name, start, end } of inputResponses[0] === 0x7b ? membersOf(inputResponses, 0) : []) {
      const question = this.#questions.get(name);
      if (question === undefined) continue;
      const asking = this.#asking.get(question.inner) as Asking;
      this.#questions.delete(name);
      asking.open.delete(question.key);
      asking.answers.set(question.key, inputResponses.subarray(start, end));
      heard.add(question.inner);
    }
    const ready: [Inner, Answers][] = [];
    const silent: Inner[] = [];
    for (const [inner, asking] of this.#asking) {
      if (asking.open.size === 0) {
        ready.push([inner, { inputResponses: objectOf([...asking.answers]), requestState: asking.requestState }]);
      } else if (!heard.has(inner) && ++asking.silences === mostSilences) silent.push(inner);
    }
    for (const inner of silent) this.#asking.get(inner)?.drop?.("the client does not answer");
    for (const inner of [...ready.map(([inner]) => inner), ...silent]) this.#forget(inner);
    return { ready, silent };
  }

  /** Nobody is asked any more. */
  close(reason: string): void {
    for (const { drop } of this.#asking.values()) drop?.(reason);
    this.#asking.clear();
  }

  #forget(inner: Inner): void {
    this.#asking.delete(inner);
    for (const [key, question] of this.#questions) if (question.inner === inner) this.#questions.delete(key);
  }

  #freeKey({ entry, index }: Inner, key: string): string {
    let free = `${entry.call.id}${index === undefined ? "" : `.${index}`}/${key}`;
    // Ids and servers' keys can have strokes in them.
    while (this.#questions.has(free)) free += "'";
    return free;
  }
}

function objectOf(members: readonly (readonly [key: string, value: Buffer])[]): Buffer {
  const text = members.map(([key, value]) => `${encodeString(key)}:${value.toString("latin1")}`).join(",");
  return Buffer.from(`{${text}}`, "latin1");
}
