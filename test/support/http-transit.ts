import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";

type Pair = { client?: Socket; server?: Socket };

/** Connections of this process with itself, by the ports of both ends. */
const pairs = new Map<string, Pair>();
const connecting = new Set<Socket>();

/** From now on every connection within this process is watched. */
export function watchSockets(): void {
  channel("net.client.socket").subscribe((message) => {
    const { socket } = message as { readonly socket: Socket };
    connecting.add(socket);
    socket.once("close", () => connecting.delete(socket));
    socket.once("connect", () => {
      connecting.delete(socket);
      pairOf(`${socket.localPort} ${socket.remotePort}`).client = socket;
    });
  });
  channel("net.server.socket").subscribe((message) => {
    const { socket } = message as { readonly socket: Socket };
    pairOf(`${socket.remotePort} ${socket.localPort}`).server = socket;
  });
}

/** Whether there are bytes, or ends, that one end of a connection has sent and the other one has not got yet. */
export function isOnItsWay(): boolean {
  if (connecting.size > 0) return true;
  for (const [key, { client, server }] of pairs) {
    if (client === undefined || server === undefined) return true;
    if (client.destroyed && server.destroyed) pairs.delete(key);
    else if (client.destroyed !== server.destroyed) return true;
    else if (client.bytesWritten !== server.bytesRead || server.bytesWritten !== client.bytesRead) return true;
  }
  return false;
}

function pairOf(key: string): Pair {
  const known = pairs.get(key);
  // Ports come back after a while: then the connection before is over.
  if (known !== undefined && known.client?.destroyed !== true && known.server?.destroyed !== true) return known;
  const pair: Pair = {};
  pairs.set(key, pair);
  return pair;
}
