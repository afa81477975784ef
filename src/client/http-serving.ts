import { rpcCode, toProtocolError } from "../errors.ts";
import type { HttpLink } from "../transport/http-link.ts";
import type { HttpRequest } from "../transport/http-server.ts";
import type { HttpWays } from "../transport/http-ways.ts";
import type { ParamHeader } from "../wire/header-value.ts";
import type { Message } from "../wire/message.ts";
import type { Client } from "./client.ts";
import { idOf } from "./http-refusals.ts";
import type { Served } from "./roster.ts";

/** What serving clients over HTTP needs, of whatever kind they are. */
export type Serving = {
  readonly ways: HttpWays;
  readonly random: (count: number) => Buffer;
  /** Makes the client at the other end of `link`, which is that of `request`, and tells of it. */
  readonly arrive: (link: HttpLink, request: HttpRequest) => Client;
  readonly paramHeaders: (client: Client, tool: string) => readonly ParamHeader[];
  readonly defect: (cause: unknown) => void;
};

/** Who sends a request: the same only for the same credential, web page and path. */
export function ownerOf({ principal, path, header }: HttpRequest): string {
  return `${path}\n${header("origin") ?? ""}\n${principal}`;
}

/** Whose credential that was. */
export function principalIn(owner: string): string {
  return owner.slice(owner.lastIndexOf("\n") + 1);
}

/** Hands a client's message over to its `Client`, and has its reply sent as the response, with `headers`. */
export function deliver(
  { defect }: Serving,
  { client, link }: Served,
  request: HttpRequest,
  message: Message,
  headers?: Readonly<Record<string, string>>,
): void {
  link.touch();
  if (message.kind !== "request") request.respond(202, {});
  else link.open(request, message, headers);
  try {
    client.receive(message);
  } catch (cause) {
    defect(cause);
    const text = "tutti: a defect, which is in its log. The request may have been worked on.";
    link.send(toProtocolError(idOf(message), rpcCode.internalError, text), undefined, message);
  }
}
