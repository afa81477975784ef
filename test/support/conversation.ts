import type { Answer, Question } from "./fake-call.ts";
import type { FakeClient } from "./fake-client.ts";
import type { Line } from "./peer.ts";

/** A question on its way to a person, whatever brought it: `key` only where its era has one. */
export type Shown = Question & { readonly key: string | undefined };

export type Request = {
  readonly method: string;
  /** The params without `_meta`, as they stand. */
  readonly params: string;
  /** Members of `_meta`, as they stand. */
  readonly meta?: string;
};

type Held = Shown & { readonly answer: (answer: Answer) => void };

/**
 * One request of a client and what it is asked on the way, the same in both eras: there each question is a request of
 * tutti's; here they are the result, and the request is sent again with the answers.
 */
export class Conversation {
  /** Ids under which it was sent, the newest last. */
  readonly ids: number[] = [];
  /** The state that came with the questions. */
  state: string | undefined;
  /** The reply that brought them. */
  shown: Line | undefined;
  readonly #client: FakeClient;
  readonly #request: Request;
  readonly #settle: () => Promise<void>;
  #held: Held[] = [];

  /** `settle` lets pass the moment in which questions are collected. */
  constructor(client: FakeClient, request: Request, settle: () => Promise<void>) {
    this.#client = client;
    this.#request = request;
    this.#settle = settle;
    this.#send("");
  }

  get id(): number {
    return this.ids.at(-1) as number;
  }

  /** The next questions, in the order in which they came; there must be `count`. */
  async questions(count = 1): Promise<readonly Shown[]> {
    await this.#settle();
    if (this.#client.era === "legacy") {
      this.#held = [];
      while (this.#held.length < count) {
        const { method, params, answer } = await this.#client.asked();
        this.#held.push({ key: undefined, method, params, answer });
      }
    } else {
      this.shown = await this.#client.reply(this.id);
      const { json, text } = this.shown;
      if (json.result?.resultType !== "input_required") throw new Error(`It asks nothing: ${text}`);
      this.state = json.result.requestState;
      const asked = Object.entries((json.result.inputRequests ?? {}) as Record<string, Question>);
      if (asked.length !== count) throw new Error(`There are other than ${count} questions: ${text}`);
      this.#held = asked.map(([key, { method, params }]) => ({ key, method, params, answer: () => {} }));
    }
    return this.#held;
  }

  /** The keys of the questions that were shown last. */
  get keys(): readonly string[] {
    return this.#held.flatMap(({ key }) => (key === undefined ? [] : [key]));
  }

  /** Answers the questions, in the order in which they came. */
  answer(...results: readonly unknown[]): void {
    const held = this.#held;
    this.#held = [];
    if (this.#client.era === "legacy") {
      for (const [index, { answer }] of held.entries()) answer({ result: results[index] });
      return;
    }
    const responses = Object.fromEntries(held.map(({ key }, index) => [key, results[index]]));
    this.retry(responses);
  }

  /** Sends the request again, with these answers by key and the state that it has. */
  retry(responses: object, state = this.state): void {
    const more = state === undefined ? "" : `,"requestState":${JSON.stringify(state)}`;
    this.#send(`"inputResponses":${JSON.stringify(responses)}${more}`);
  }

  /** Its one reply. */
  async reply(): Promise<Line> {
    return await this.#client.reply(this.id);
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  async result(): Promise<any> {
    const { json, text } = await this.reply();
    if (json.result === undefined) throw new Error(`It has no result: ${text}`);
    return json.result;
  }

  /**
   * Its result, after whatever is asked on the way has been answered with what `person` says. Where questions come as
   * requests, the client answers them by itself.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  async finish(person: (question: Question) => unknown): Promise<any> {
    for (;;) {
      const result = await this.result();
      if (result.resultType !== "input_required") return result;
      const asked = Object.entries((result.inputRequests ?? {}) as Record<string, Question>);
      this.state = result.requestState;
      this.retry(Object.fromEntries(asked.map(([key, question]) => [key, person(question)])));
    }
  }

  #send(more: string): void {
    const { method, params, meta = "" } = this.#request;
    const id = this.#client.newId();
    this.ids.push(id);
    const whole = more === "" ? params : `${params.slice(0, -1)}${params === "{}" ? "" : ","}${more}}`;
    this.#client.request(id, method, whole, meta);
  }
}
