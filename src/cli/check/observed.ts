import type { Events, Topic } from "../../events.ts";
import { firstComplaint } from "../../process/complaint.ts";

/** What servers write before their lists are there is enough to see what is wrong. */
const mostLines = 200;
const longestLine = 300;

/** What happened while servers started. */
export type Observed = {
  /** In the order in which it was said. `server`: undefined where it is about none. */
  readonly remarks: readonly { readonly server?: string; readonly text: string; readonly topic?: Topic }[];
  /** The line of a server's stderr that says what went wrong, cut; undefined where none does. */
  readonly complaintOf: (server: string) => string | undefined;
  /** What a server wrote to its stdout and is no message: how many lines, and the first. */
  readonly strayOf: (server: string) => { readonly lines: number; readonly first: string } | undefined;
};

/** Notes what is said from now on. `redact` is given each line before it is cut. */
export function observe(events: Events, redact: (text: string) => string): Observed {
  const remarks: Observed["remarks"][number][] = [];
  const errors = new Map<string, string[]>();
  const stray = new Map<string, { lines: number; first: string }>();
  events.subscribe({
    oddity: (event) => void remarks.push(event),
    notice: (event) => void remarks.push(event),
    serverSaid: ({ server, from, line }) => {
      if (from === "stdout") {
        const known = stray.get(server);
        if (known === undefined) stray.set(server, { lines: 1, first: cut(redact(line)) });
        else known.lines += 1;
        return;
      }
      const lines = errors.get(server) ?? [];
      if (lines.length < mostLines) errors.set(server, [...lines, cut(redact(line))]);
    },
  });
  return {
    remarks,
    complaintOf: (server) => firstComplaint(errors.get(server) ?? []),
    strayOf: (server) => stray.get(server),
  };
}

function cut(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
