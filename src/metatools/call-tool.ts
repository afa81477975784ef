import { isProtocols } from "../errors.ts";
import { encodeString } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";
import { failure } from "./answers.ts";
import type { Answers, InnerCallHandle, MetaRequest, MetaTool, Outcome } from "./meta-tool.ts";
import { argumentLimits } from "./references.ts";
import { TraitsReader, unionOf } from "./scope.ts";
import type { Shapes } from "./shapes.ts";
import { resolveToolName } from "./tool-names.ts";
import { jsonIn } from "./values.ts";

const noArguments = Buffer.from("{}");
const noQuestions = Buffer.from("{}");
const openingBrace = 0x7b;
const quote = 0x22;

/** What models write for the two members, the right name first. */
const nameMembers = ["name", "tool", "tool_name"];
const argumentMembers = ["arguments", "args", "parameters", "input"];

const definition = {
  name: "call_tool",
  title: "Call one tool",
  description: "Call one tool that search_tools has found.",
  inputSchema: {
    type: "object",
    additionalProperties: false,
    required: ["name"],
    properties: {
      name: { type: "string" },
      arguments: { type: "object", additionalProperties: true, description: "By its inputSchema" },
    },
  },
};

/** Calls any one tool of the catalog; its result comes back as it stands. `shapes` learns what it is made of. */
export function callTool(shapes: Shapes): MetaTool {
  const traits = new TraitsReader();
  return {
    name: definition.name,
    isOneCall: true,
    definition: (catalog) => ({
      ...definition,
      annotations: unionOf(catalog, "all", traits),
      _meta: { "anthropic/alwaysLoad": true },
    }),
    begin: (request) => {
      const wanted = readWanted(request.arguments);
      if ("problem" in wanted) return refuse(request, failure("bad_arguments", `call_tool: ${wanted.problem}`));
      const catalog = request.catalog();
      const tool = resolveToolName(wanted.name, catalog);
      if ("problem" in tool) return refuse(request, failure("unknown_tool", tool.problem));
      return call(request, tool, wanted.args, shapes);
    },
  };
}

function refuse({ reply }: MetaRequest, result: string) {
  reply(result);
  return { cancel: () => {} };
}

function call(
  request: MetaRequest,
  { exposed, server }: { readonly exposed: string; readonly server: string },
  args: Buffer,
  shapes: Shapes,
) {
  let under: InnerCallHandle | undefined;
  const begin = (answers?: Answers): void => {
    under = request.call(exposed, args, settled, answers);
  };
  const settled = (outcome: Outcome): void => {
    under = undefined;
    if (outcome.kind === "asks") askClient(outcome);
    else if (outcome.kind === "result") request.reply(withoutType(outcome.result));
    else if (isProtocols(outcome.code)) request.refuse(outcome);
    else request.reply(errorAsResult(server, outcome));
    if (outcome.kind === "result") shapes.note(exposed, outcome.result);
  };
  const askClient = ({ inputRequests = noQuestions, requestState }: Extract<Outcome, { kind: "asks" }>): void => {
    const lost = `${server}: asked the client something and got no answer. The call may have run.`;
    request.ask(
      inputRequests,
      (inputResponses) => begin({ inputResponses, requestState }),
      () => request.reply(failure("cannot_ask", lost, { server, mayHaveRun: true })),
    );
  };
  begin();
  return { cancel: (reason: string) => under?.cancel(reason) };
}

/** A server's JSON-RPC error as the result of its call: message as text; code, message and data as they stand in the mark. */
function errorAsResult(server: string, { code, message, data }: Extract<Outcome, { kind: "error" }>): string {
  const text = encodeString(message);
  const more = data === undefined ? "" : `,"data":${data.toString("latin1")}`;
  const mark = `{"origin":"server","server":${encodeString(server)},"code":${code},"message":${text}${more}}`;
  const content = `[{"type":"text","text":${text}}]`;
  return `{"content":${content},"isError":true,"_meta":{"tutti/error":${mark}}}`;
}

/** A result as it stands, but for its `resultType`, which is not ours to write. */
function withoutType(result: Buffer): string {
  const members = [...membersOf(result, 0)];
  const kept = members.filter(({ name }) => name !== "resultType");
  if (kept.length === members.length) return result.toString("latin1");
  const texts = kept.map(({ nameStart, end }) => result.toString("latin1", nameStart, end));
  return `{${texts.join(",")}}`;
}

type Wanted = { readonly name: string; readonly args: Buffer };

function readWanted(given: Buffer): Wanted | { readonly problem: string } {
  const members = new Map([...membersOf(given, 0)].map(({ name, start, end }) => [name, given.subarray(start, end)]));
  const memberOf = (names: readonly string[]) =>
    names.map((name) => members.get(name)).find((found) => found !== undefined);
  const name = memberOf(nameMembers);
  if (name?.[0] !== quote) return { problem: 'name: has to be a tool\'s name, as in {"name": "…", "arguments": {…}}' };
  const args = unpacked(memberOf(argumentMembers) ?? noArguments);
  if (args === undefined) return { problem: 'arguments: has to be an object, as in {"name": "…", "arguments": {…}}' };
  return { name: JSON.parse(name.toString()) as string, args };
}

/** The object, also where it came as a text that holds one; undefined where there is none. */
function unpacked(args: Buffer): Buffer | undefined {
  if (args[0] === openingBrace) return args;
  if (args[0] !== quote) return args.toString() === "null" ? noArguments : undefined;
  if (args.toString() === '""') return noArguments;
  const inside = jsonIn(args, argumentLimits.maxDepth);
  return inside?.[0] === openingBrace ? inside : undefined;
}
