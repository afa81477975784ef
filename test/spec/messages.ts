import type { Example } from "./example.ts";
import type { Direction, JsonRpc } from "./json-rpc.ts";

/** One message of an example, as it is sent under an id. */
export type Sent = {
  readonly direction: Direction;
  readonly message: JsonRpc;
  /** The method of the request that a reply answers. */
  readonly asked?: string;
};

/** The messages of an example: its notification, or its request and its reply. */
export function messagesOf(example: Example, id: string | number): readonly Sent[] {
  const [there, back]: readonly [Direction, Direction] =
    example.from === "client" ? ["to the server", "to the client"] : ["to the client", "to the server"];
  const { method, params } = example;
  const inner = params === undefined ? { method } : { method, params };
  if (example.kind === "notification") return [{ direction: there, message: { jsonrpc: "2.0", ...inner } }];
  return [
    { direction: there, message: { jsonrpc: "2.0", id, ...inner } },
    { direction: back, message: { jsonrpc: "2.0", id, ...example.reply }, asked: method },
  ];
}
