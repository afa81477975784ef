import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What happens to a connection when so many bytes of one side have passed; those beyond are held back. */
export type Fault = {
  readonly from: "client" | "server";
  readonly afterBytes: number;
  /** `reset`: RST to both. `end`: FIN to the client. `stall`: nothing passes any more, and nobody is told. */
  readonly effect: "reset" | "end" | "stall";
};

export type FaultProxy = {
  readonly port: number;
  /** What befalls connections from now on, those open included; undefined: nothing. */
  readonly inject: (fault: Fault | undefined) => void;
  /** How many connections came so far. */
  readonly connections: () => number;
};

/** A TCP proxy on 127.0.0.1 before a port there, until the test is over. */
export async function faultProxy(targetPort: number): Promise<FaultProxy> {
  let fault: Fault | undefined;
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    connections++;
    const target = connect(targetPort, "127.0.0.1");
    const passed = { client: 0, server: 0 };
    let isStalled = false;
    const strike = ({ effect }: Fault): void => {
      if (effect === "stall") isStalled = true;
      else if (effect === "end") {
        client.end();
        target.destroy();
      } else {
        client.resetAndDestroy();
        target.resetAndDestroy();
      }
    };
    const pass = (from: "client" | "server", chunk: Buffer): void => {
      if (isStalled) return;
      const to = from === "client" ? target : client;
      const room = fault?.from === from ? Math.max(fault.afterBytes - passed[from], 0) : chunk.length;
      passed[from] += Math.min(room, chunk.length);
      const isStruck = fault?.from === from && room <= chunk.length;
      const piece = chunk.subarray(0, room);
      if (!isStruck || fault === undefined) to.write(piece);
      else if (piece.length === 0) strike(fault);
      else to.write(piece, strike.bind(undefined, fault));
    };
    for (const [from, socket] of [
      ["client", client],
      ["server", target],
    ] as const) {
      open.add(socket);
      socket.setNoDelay();
      socket.on("data", (chunk: Buffer) => pass(from, chunk));
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        if (!isStalled) (from === "client" ? target : client).destroy();
      });
    }
    if (fault?.from === "client" && fault.afterBytes === 0) strike(fault);
  });
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    inject: (next) => {
      fault = next;
    },
    connections: () => connections,
  };
}
