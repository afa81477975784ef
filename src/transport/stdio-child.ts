import type { Clock } from "../ports/clock.ts";
import type { Child, ChildEnd } from "../process/child.ts";
import { lastWords } from "../process/complaint.ts";
import type { MessageLimits } from "../wire/lines.ts";
import { openLineLink } from "./line-link.ts";
import type { LinkEvents, OwnLink } from "./link.ts";
import type { Turns } from "./turns.ts";

/** The end of a process is told a little after its pipes close; this long its reason is waited for. */
const reasonMs = 100;

/** The link to a server that runs as our child. `closed` tells how the child ended. */
export function openStdioChild(
  child: Child,
  limits: MessageLimits,
  clock: Clock,
  events: LinkEvents,
  turns?: Turns,
): OwnLink {
  let isClosed = false;
  const close = (reason: string) => {
    if (isClosed) return;
    isClosed = true;
    events.closed(reason);
  };
  const streams = { input: child.stdout, output: child.stdin };
  const closed = (reason: string) => void clock.after(reasonMs, () => close(reason));
  const link = openLineLink(streams, limits, clock, { ...events, closed }, turns);
  void child.ended.then((end) => close(describe(end)));
  return { ...link, stop: child.stop, kill: child.kill };
}

function describe(end: ChildEnd): string {
  if (end.kind === "not_started") return end.reason;
  const how = end.signal === null ? `exited with code ${end.code}` : `was ended by ${end.signal}`;
  const words = lastWords(end.stderrTail);
  return words === undefined ? `its process ${how}` : `its process ${how}; its last words: ${words}`;
}
