import { cacheable, type Era, withMembers } from "./envelope.ts";
import type { Line } from "./peer.ts";

/** A question of a server to the client. */
export type Question = { readonly method: string; readonly params: Readonly<Record<string, unknown>> };

/** What came back for one question: the members of a reply. */
export type Answer = {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
};

/** What came back for all questions of a round. */
export type Answers<K extends string> = {
  readonly answers: Readonly<Record<K, Answer>>;
  /** The request that is to be answered now: in the newer era another than the one that asked. */
  readonly call: FakeCall;
};

/** One request of a client as the server got it. */
export type FakeCall = {
  readonly line: Line;
  /** As it stands. */
  readonly id: string;
  readonly method: string;
  /** The name of the tool or prompt. */
  readonly tool: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly params: any;
  /** `json`: the result as it stands, but for what the server's era demands and it lacks. */
  readonly result: (json?: string) => void;
  readonly error: (json: string) => void;
  /** `more`: members beside the token, each with a comma before it. */
  readonly progress: (more: string) => void;
  /**
   * Asks the client in the middle of it: in the older era each question is a request, in the newer one they are the
   * result, with `state`, and the request comes again. Resolves when all are answered.
   */
  readonly ask: <K extends string>(questions: Readonly<Record<K, Question>>, state?: string) => Promise<Answers<K>>;
};

/** What a call needs of its server. */
export type CallHolder = {
  readonly era: Era;
  readonly send: (line: string) => void;
  /** Sends a request within a call, and resolves with its reply. */
  readonly question: (question: Question, call: FakeCall) => Promise<Line>;
  /** The next request of that method, tool and state. */
  readonly again: (call: FakeCall, state: string | undefined) => Promise<FakeCall>;
};

export function callIn(holder: CallHolder, line: Line): FakeCall {
  const { id, method, params } = line.json;
  const send = (members: string) => holder.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${members}}`);
  const asking = async <K extends string>(
    questions: Readonly<Record<K, Question>>,
    state: string | undefined,
  ): Promise<Answers<K>> => {
    const entries = Object.entries(questions) as [K, Question][];
    if (holder.era === "legacy") {
      const replies = await Promise.all(entries.map(([, question]) => holder.question(question, call)));
      const answers = entries.map(([key], index) => [key, answerIn(replies[index]?.json)]);
      return { answers: Object.fromEntries(answers), call };
    }
    const members = [
      '"resultType":"input_required"',
      ...(entries.length > 0 ? [`"inputRequests":${JSON.stringify(questions)}`] : []),
      ...(state === undefined ? [] : [`"requestState":${JSON.stringify(state)}`]),
    ];
    send(`"result":{${members}}`);
    const again = await holder.again(call, state);
    const responses = again.params.inputResponses ?? {};
    const answers = Object.keys(responses).map((key) => [key, { result: responses[key] }]);
    return { answers: Object.fromEntries(answers), call: again };
  };
  const call: FakeCall = {
    line,
    id: String(id),
    method,
    tool: params?.name,
    params,
    result: (json = defaultResults[method] ?? "{}") => send(`"result":${complete(holder.era, method, json)}`),
    error: (json) => send(`"error":${json}`),
    progress: (more) => {
      const token = JSON.stringify(params._meta.progressToken);
      holder.send(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token}${more}}}`);
    },
    ask: (questions, state) => {
      const answers = asking(questions, state);
      answers.catch(() => {}); // Whoever waits for them hears of it; others have failed before.
      return answers;
    },
  };
  return call;
}

const defaultResults: Readonly<Record<string, string>> = {
  "tools/call": '{"content":[]}',
  "prompts/get": '{"messages":[]}',
  "resources/read": '{"contents":[]}',
  "completion/complete": '{"completion":{"values":[]}}',
};

/** A result with what its era demands, where it is not there yet. */
export function complete(era: Era, method: string, json: string): string {
  if (era === "legacy" || json.includes('"resultType"')) return json;
  const hints = cacheable.includes(method) && !json.includes('"ttlMs"') ? ',"ttlMs":0,"cacheScope":"private"' : "";
  return withMembers(json, `"resultType":"complete"${hints}`);
}

function answerIn({ result, error }: Answer): Answer {
  return error === undefined ? { result } : { error };
}
