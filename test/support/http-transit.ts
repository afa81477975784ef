import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** `looks`: how often it was looked at while one end was not known. */
type Pair = { client?: Socket; server?: Socket; looks: number };

/** Within this process both ends are known sooner: one of them is elsewhere, or was forgotten. */
const mostLooks = 100;

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
  for (const [key, pair] of pairs) {
    const { client, server } = pair;
    if (client === undefined || server === undefined) {
      if (++pair.looks < mostLooks) return true;
      pairs.delete(key);
    } else if (client.destroyed && server.destroyed) pairs.delete(key);
    else if (client.destroyed !== server.destroyed) return true;
    else if (client.bytesWritten !== server.bytesRead || server.bytesWritten !== client.bytesRead) return true;
  }
  return false;
}

/** What is left of the connections that there have been is waited for no more. */
export function forgetSockets(): void {
  pairs.clear();
  connecting.clear();
}

function pairOf(key: string): Pair {
  const known = pairs.get(key);
  // Ports come back after a while: then the connection before is over.
  if (known !== undefined && known.client?.destroyed !== true && known.server?.destroyed !== true) return known;
  const pair: Pair = { looks: 0 };
  pairs.set(key, pair);
  return pair;
}
