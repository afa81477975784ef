import { CallError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message, spliced } from "../wire/message.ts";
import type { Exchange } from "./exchange.ts";
import { asking, type InputRequest, nameEdits, questions, readQuestions } from "./question.ts";

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
    const read = asking.has(exchange.arrival.method) ? readQuestions(reply) : undefined;
    if (read === undefined) {
      fail(exchange, "bad_reply", "its reply asks something that cannot be read");
      return;
    }
    if (exchange.rounds === mostRounds) {
      fail(exchange, "bad_reply", `it asked more than ${mostRounds} times within one call`);
      return;
    }
    const { identity } = exchange.arrival.origin;
    const wrong = read.requests.find(
      ({ method, params }) => !questions.has(method) || !identity.canAsk(method, JSON.parse(params.toString())),
    );
    if (wrong === undefined) this.#ask(exchange, read.requests, read.state);
    else fail(exchange, "cannot_ask", `it asked ${wrong.method.slice(0, 80)}, which this client cannot answer`);
  }

  /** The exchange is over: what is still open is taken back. */
  ended(exchange: Exchange): void {
    this.#open.get(exchange)?.("the call is over");
  }

  #ask(exchange: Exchange, requests: readonly InputRequest[], state: string | undefined): void {
    const { client, downstream } = exchange.arrival;
    const { name, askTimeoutMs } = downstream?.config ?? { name: "", askTimeoutMs: 0 };
    const answers: string[] = [];
    const ids = new Set<number>();
    const takeBack = (reason: string): void => {
      this.#open.delete(exchange);
      timer?.cancel();
      for (const id of ids) {
        client.withdraw(id);
        const params = `{"requestId":${id},"reason":${encodeString(reason)}}`;
        client.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`);
      }
      ids.clear();
    };
    const giveUp = (code: "cannot_ask" | "timed_out", text: string): void => {
      takeBack("the call has failed");
      fail(exchange, code, text);
    };
    const late = `the client did not answer its question within ${askTimeoutMs / 1000} s (askTimeoutMs)`;
    const timer = askTimeoutMs === 0 ? undefined : this.#clock.after(askTimeoutMs, () => giveUp("timed_out", late));
    const goOn = (): void => {
      this.#open.delete(exchange);
      timer?.cancel();
      const responses = requests.length === 0 ? [] : [`"inputResponses":{${answers.join(",")}}`];
      exchange.again([...responses, ...(state === undefined ? [] : [`"requestState":${state}`])].join(","));
    };
    this.#open.set(exchange, takeBack);
    for (const request of requests) {
      const { key, method } = request;
      const params = paramsFor(request, name);
      const id: number = client.ask(
        (ours) => `{"jsonrpc":"2.0","id":${ours},"method":${encodeString(method)},"params":${params(ours)}}`,
        {
          reply: (answer) => {
            ids.delete(id);
            if (answer.has(slot.error)) {
              giveUp("cannot_ask", `the client refused ${method}: ${answer.text(slot.message)?.slice(0, 200) ?? ""}`);
              return;
            }
            answers.push(`${key}:${answer.raw(slot.result)}`);
            if (ids.size === 0) goOn();
          },
          progress: () => {},
          lost: () => ids.delete(id),
        },
        downstream,
      );
      ids.add(id);
    }
    if (requests.length === 0) goOn();
  }
}

/** A client that is asked to open an address wants an id for it, which these servers do not give. */
function paramsFor({ method, params, at }: InputRequest, server: string): (id: number) => string {
  const edits = nameEdits(method, params, 0, server);
  const { mode, elicitationId } = JSON.parse(params.toString());
  const needsId = method === "elicitation/create" && mode === "url" && elicitationId === undefined;
  return (id) => {
    const added = needsId ? [{ start: 1, end: 1, bytes: `"elicitationId":"tutti-${at}-${id}",` }] : [];
    return spliced(params, [...added, ...edits]);
  };
}

function fail(exchange: Exchange, code: "bad_reply" | "cannot_ask" | "timed_out", text: string): void {
  const server = exchange.arrival.downstream?.name ?? "";
  exchange.fail(new CallError(code, `${server}: ${text}. The call may have run.`, { server }));
}
