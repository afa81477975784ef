import type { Downstream } from "../downstream/downstream.ts";
import { CallError, cutAt } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message, spliced } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";
import type { Exchange } from "./exchange.ts";
import {
  answerLimit,
  asking,
  type InputRequest,
  kindOf,
  mostQuestions,
  nameEdits,
  questions,
  readQuestions,
} from "./question.ts";
import { forbiddenAmong } from "./secret-fields.ts";

/** However often a server asks within one request, it ends here. */
const mostRounds = 10;

/**
 * Puts the questions in a server's reply to a client that is asked by requests of its own, all at once, and sends the
 * server its request again with the answers: round after round, until it answers.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
export class Rounds {
  readonly #clock: Clock;
  /** How to take back the open questions of each exchange. */
  readonly #open = new Map<Exchange, (reason: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  exchanges(): Iterable<Exchange> {
    return this.#open.keys();
  }

  begin(exchange: Exchange, reply: Message): void {
    const read = readQuestions(reply);
    if (!read.isWhole || !asking.has(exchange.arrival.method)) {
      fail(exchange, "bad_reply", "its reply asks something that cannot be read");
      return;
    }
    if (read.requests.length > mostQuestions) {
      fail(exchange, "bad_reply", `it asked more than ${mostQuestions} things at once`);
      return;
    }
    if (exchange.rounds === mostRounds) {
      fail(exchange, "bad_reply", `it asked more than ${mostRounds} times within one call`);
      return;
    }
    const forbidden = forbiddenAmong(read.requests);
    if (forbidden !== undefined) {
      fail(exchange, "cannot_ask", forbidden);
      return;
    }
    const { identity } = exchange.arrival.origin;
    const wrong = read.requests.find(
      ({ method, params }) => !questions.has(method) || !identity.canAsk(method, kindOf(params)),
    );
    if (wrong === undefined) this.#ask(exchange, read.requests, read.state);
    else fail(exchange, "cannot_ask", `it asked ${cutAt(80, wrong.method)}, which this client cannot answer`);
  }

  /** The exchange is over: what is still open is taken back. */
  ended(exchange: Exchange): void {
    this.#open.get(exchange)?.("the call is over");
  }

  #ask(exchange: Exchange, requests: readonly InputRequest[], state: string | undefined): void {
    const { client } = exchange.arrival;
    const downstream = exchange.arrival.downstream as Downstream;
    const limit = answerLimit(downstream.config);
    const answers: string[] = [];
    const ids = new Set<number>();
    const takeBack = (reason: string): void => {
      this.#open.delete(exchange);
      timer?.cancel();
      for (const id of ids) {
        if (!client.forgetAsk(id)) continue;
        const params = `{"requestId":${id},"reason":${encodeString(reason)}}`;
        // From the same source as the question, which it would overtake otherwise.
        client.notify(
          `{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`,
          downstream,
          exchange.request,
        );
      }
    };
    const giveUp = (code: "cannot_ask" | "timed_out", text: string): void => {
      takeBack("the call has failed");
      fail(exchange, code, text);
    };
    const expire = (): void => giveUp("timed_out", limit.text);
    const timer = limit.ms === 0 ? undefined : this.#clock.after(limit.ms, expire);
    const goOn = (): void => {
      this.#open.delete(exchange);
      timer?.cancel();
      const responses = requests.length === 0 ? [] : [`"inputResponses":{${answers.join(",")}}`];
      exchange.again([...responses, ...(state === undefined ? [] : [`"requestState":${state}`])].join(","));
    };
    this.#open.set(exchange, takeBack);
    for (const request of requests) {
      const { key, method } = request;
      const params = paramsFor(request, downstream.name);
      const id: number = client.ask(
        (ours) => `{"jsonrpc":"2.0","id":${ours},"method":${encodeString(method)},"params":${params(ours)}}`,
        {
          reply: (answer) => {
            ids.delete(id);
            if (answer.has(slot.error)) {
              giveUp("cannot_ask", `the client refused ${method}: ${cutAt(200, answer.text(slot.message) ?? "")}`);
              return;
            }
            answers.push(`${key}:${answer.raw(slot.result)}`);
            if (ids.size === 0) goOn();
          },
          progress: () => {},
          // When the client has left, whatever waits for it is ended elsewhere.
          lost: (why) => {
            ids.delete(id);
            if (why === "spoilt") giveUp("cannot_ask", `the client's answer to ${method} cannot be read`);
          },
        },
        downstream,
        exchange.request,
      );
      ids.add(id);
    }
    if (requests.length === 0) goOn();
  }
}

/** A client that is asked to open an address wants an id for it, which these servers do not give. */
function paramsFor({ method, params, at }: InputRequest, server: string): (id: number) => string {
  const edits = nameEdits(method, params, 0, server);
  const isUrl = method === "elicitation/create" && kindOf(params)["mode"] === "url";
  const needsId = isUrl && ![...membersOf(params, 0)].some(({ name }) => name === "elicitationId");
  return (id) => {
    const added = needsId ? [{ start: 1, end: 1, bytes: `"elicitationId":"tutti-${at}-${id}",` }] : [];
    return spliced(params, [...added, ...edits]);
  };
}

function fail(exchange: Exchange, code: "bad_reply" | "cannot_ask" | "timed_out", text: string): void {
  const server = exchange.arrival.downstream?.name ?? "";
  exchange.fail(new CallError(code, `${server}: ${text}. The call may have run.`, { server }));
}
