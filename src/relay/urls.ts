import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import type { AskingOptions } from "./ask.ts";
import type { Exchange } from "./exchange.ts";
import { inputRequest, inputRequired } from "./question.ts";

const missingCapability = -32_021;

/**
 * A server refused a request until addresses are opened, with an error that this client does not know: it is asked to
 * open them instead, and its next request is sent to the server as a new one.
 */
export function askForUrls(exchange: Exchange, reply: Message, { parked, restart }: AskingOptions): void {
  const { client, downstream, message, origin } = exchange.arrival;
  const data = reply.parsed(slot.data) as { elicitations?: unknown } | undefined;
  const elicitations = Array.isArray(data?.elicitations) ? (data.elicitations as object[]) : [];
  const canAsk = elicitations.every((params) => origin.identity.canAsk("elicitation/create", params));
  if (elicitations.length === 0 || !canAsk || parked.isFull) {
    const text = reply.raw(slot.message) ?? '"The server wants an address to be opened."';
    const needed = '{"requiredCapabilities":{"elicitation":{"url":{}}}}';
    const error = `{"code":${missingCapability},"message":${text},"data":${needed}}`;
    exchange.answer(`{"jsonrpc":"2.0","id":${exchange.id},"error":${error}}`);
    return;
  }
  const { name, askTimeoutMs } = downstream?.config ?? { name: "", askTimeoutMs: 0 };
  const state = parked.add(client, message, askTimeoutMs, {
    resume: (retry) => restart(retry, client, origin),
    abandon: () => {},
  });
  const requests = elicitations.map((params, index) => {
    const text = Buffer.from(JSON.stringify({ mode: "url", ...params }));
    return `"q${index + 1}":${inputRequest("elicitation/create", text, name)}`;
  });
  exchange.answer(inputRequired(exchange.id, requests, state));
}
