import { systemClock } from "../ports/clock.ts";
import { thisSystem } from "../ports/system.ts";
import { startChild } from "../process/child.ts";
import { Reaper } from "../process/reaper.ts";
import { openStdioChild } from "../transport/stdio-child.ts";
import { Rpc } from "./rpc.ts";

/** A tutti started over stdio as a client starts it, and what it logs. Whoever starts it stops it. */
export type StartedTutti = {
  readonly rpc: Rpc;
  /** What it has logged about servers: a line each. */
  readonly serverLines: readonly string[];
  /** Ms that the request with this id waited before it was sent; undefined while that is not known. */
  readonly queuedMs: (id: number) => number | undefined;
  readonly stop: () => Promise<void>;
};

/** Starts `node main.js serve` with these configuration files and shakes hands with it. */
export async function startTutti(main: string, cwd: string, configs: readonly string[]): Promise<StartedTutti> {
  const serverLines: string[] = [];
  const queued = new Map<string, number>();
  const args = [main, "serve", "--log", "debug", ...configs.flatMap((config) => ["--config", config])];
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const reaper = new Reaper({ ...thisSystem, failed: () => {} });
  const child = startChild(
    { command: process.execPath, args, env, cwd },
    { spawn: reaper.watched(thisSystem.spawn, { isMarked: true }), clock: systemClock },
    {
      stderrLine: (line) => {
        const entry = readLogLine(line);
        if (entry?.msg === "call") queued.set(String(entry.id), entry.queuedMs ?? 0);
        else if (entry?.server !== undefined && entry.from === undefined)
          serverLines.push(`${entry.server}: ${entry.msg}`);
      },
    },
  );
  const link = openStdioChild(child, { maxMessageBytes: 32 * 1024 * 1024, maxDepth: 512 }, systemClock, {
    message: (message) => rpc.receive(message),
    badLine: () => {},
    closed: (reason) => rpc.close(`tutti is gone: ${reason}`),
    defect: (cause) => {
      throw cause;
    },
  });
  const rpc = new Rpc((message) => link.send(Buffer.from(message).toString("latin1")));
  const clientInfo = { name: "tutti-demo", version: "1" };
  await rpc.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  rpc.notify("notifications/initialized");
  return { rpc, serverLines, queuedMs: (id) => queued.get(String(id)), stop: link.stop };
}

type LogEntry = {
  readonly msg: string;
  readonly server?: string;
  readonly from?: string;
  readonly id?: string;
  readonly queuedMs?: number;
};

function readLogLine(line: string): LogEntry | undefined {
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return undefined; // Node's own warnings are no log lines of ours.
  }
}
