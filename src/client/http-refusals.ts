import { CallError, rpcCode, toFailure, toProtocolError } from "../errors.ts";
import type { HttpRequest } from "../transport/http-server.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { badRequest } from "./bad-requests.ts";

/** A header says something else than the body, or is missing. */
export const headerMismatch = -32020;

const json = { "content-type": "application/json" };
const retryAfterS = "10";

/** Responds to a request whose body is no message. */
export function refuseBody(request: HttpRequest, { problem, id, hasMethod }: BadLine): void {
  const [code, text] = badRequest("body", problem);
  request.respond(400, json, toProtocolError(hasMethod ? (id ?? "null") : "null", code, text));
}

/** Responds with `status` and an error, under the id of `message` where it is a request. */
export function refuse(
  request: HttpRequest,
  status: number,
  text: string,
  message?: Message,
  code: number = rpcCode.invalidRequest,
): void {
  request.respond(status, json, toProtocolError(idOf(message), code, text));
}

/** Responds that there is no room at the moment. */
export function shed(request: HttpRequest, text: string, message?: Message): void {
  const error = toFailure(idOf(message), new CallError("queue_full", text));
  request.respond(503, { ...json, "retry-after": retryAfterS }, error);
}

/** Responds with a reply that is there already. */
export function respond(request: HttpRequest, status: number, reply: Outgoing): void {
  request.respond(status, json, reply);
}

export function idOf(message: Message | undefined): string {
  return message?.kind === "request" ? (message.raw(slot.id) as string) : "null";
}
