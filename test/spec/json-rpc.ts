/** A message, parsed, as far as it is looked at. */
export type JsonRpc = {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
};

export type Direction = "to the client" | "to the server";

type Kind = "request" | "notification" | "result" | "error";

export function kindOf(message: JsonRpc): Kind | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  if ("method" in message) return "id" in message ? "request" : "notification";
  if ("result" in message) return "result";
  return "error" in message ? "error" : undefined;
}
