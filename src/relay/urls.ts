import type { Downstream } from "../downstream/downstream.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import type { AskingOptions } from "./ask.ts";
import type { Exchange } from "./exchange.ts";
import { answerLimit, asking, inputRequest, inputRequired } from "./question.ts";

const missingCapability = -32_021;

/**
 * A server refused a request until addresses are opened, with an error that this client does not know: it is asked to
 * open them instead, and its next request is sent to the server as a new one.
 */
export function askForUrls(exchange: Exchange, reply: Message, { parked, restart }: AskingOptions): void {
  const { client, method, message, origin } = exchange.arrival;
  const { config } = exchange.arrival.downstream as Downstream;
  const data = reply.parsed(slot.data) as { elicitations?: unknown } | null | undefined;
  const wanted: unknown[] = Array.isArray(data?.elicitations) ? data.elicitations : [];
  const elicitations = wanted.map((params) => (isObject(params) ? { mode: "url", ...params } : undefined));
  const canAsk = elicitations.every((params) => params && origin.identity.canAsk("elicitation/create", params));
  if (elicitations.length === 0 || !canAsk || !asking.has(method) || parked.isFull) {
    const isText = reply.text(slot.message) !== undefined;
    const text = isText ? reply.raw(slot.message) : '"The server wants an address to be opened."';
    const needed = '{"requiredCapabilities":{"elicitation":{"url":{}}}}';
    const error = `{"code":${missingCapability},"message":${text},"data":${needed}}`;
    exchange.answer(`{"jsonrpc":"2.0","id":${exchange.id},"error":${error}}`);
    return;
  }
  const state = parked.add(client, message, answerLimit(config).ms, {
    resume: (retry) => restart(retry, client, origin),
    abandon: () => {},
  });
  const requests = elicitations.map((params, index) => {
    const text = Buffer.from(JSON.stringify(params));
    return `"q${index + 1}":${inputRequest("elicitation/create", text, config.name)}`;
  });
  exchange.answer(inputRequired(exchange.id, requests, state));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
