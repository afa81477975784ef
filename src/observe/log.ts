import { pino } from "pino";
import type { LogLevel } from "../config/config.ts";
import { type Observer, troubles } from "../events.ts";
import { harmless } from "../process/harmless.ts";

/** What one server may add to the log in a second. */
const mostLinesPerSecond = 200;

export type LogOptions = {
  readonly level: LogLevel;
  /** Takes one line with its newline. */
  readonly write: (line: string) => void;
  readonly redact: (text: string) => string;
  /** Lines for people instead of JSON. */
  readonly isForPeople: boolean;
  /** Monotonic, ms. */
  readonly now: () => number;
};

/** Logs what happens, one line each; secrets are replaced by value in all of it. */
export function createLog({ level, write, redact, isForPeople, now }: LogOptions): Observer {
  const log = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => write(isForPeople ? redact(lineForPeople(line)) : escapeInvisible(redact(line))) },
  );
  const isDue = limitLines(now, (server, dropped) => log.warn({ server }, `${dropped} lines dropped`));
  return {
    serverChanged: ({ server, state, text }) => log[troubles.has(state) ? "warn" : "info"]({ server }, text),
    serverSaid: ({ server, from, line }) => {
      if (isDue(server)) log.info({ server, from }, line);
    },
    oddity: ({ server, text }) => {
      if (isDue(server)) log.warn({ server }, text);
    },
    definitionsChanged: ({ server, text }) => {
      if (isDue(server)) log.warn({ server }, text);
    },
    listening: ({ urls }) => log.info(`listening on ${urls.join(" and ")}`),
    reloaded: ({ text }) => log.info(text),
    unusable: ({ text }) => log.error(text),
    notice: ({ text }) => log.warn(text),
    defect: ({ cause }) => log.error({ err: cause }, "a defect in tutti; please report it"),
    ...(log.isLevelEnabled("debug") ? { callEnded: (call) => log.debug(call, "call") } : {}),
  };
}

/** Whether one more line of a server may be logged; of those that may not, `tell` hears the number a second later. */
function limitLines(now: () => number, tell: (server: string, dropped: number) => void): (server: string) => boolean {
  const seconds = new Map<string, { readonly startedAt: number; lines: number }>();
  return (server) => {
    const second = seconds.get(server);
    if (second !== undefined && now() - second.startedAt < 1000) {
      second.lines += 1;
      return second.lines <= mostLinesPerSecond;
    }
    seconds.set(server, { startedAt: now(), lines: 1 });
    if (second !== undefined && second.lines > mostLinesPerSecond) tell(server, second.lines - mostLinesPerSecond);
    return true;
  };
}

/** A line of the log as a person reads it, with its newline. */
export function lineForPeople(line: string): string {
  const { level, time, server, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const more = Object.keys(rest).length === 0 ? "" : ` ${JSON.stringify(rest)}`;
  const name = server === undefined ? "" : `${server}: `;
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${harmless(`${name}${msg}${more}`)}\n`;
}

/** What pino leaves in a line of JSON that could act on a terminal, or hide or reorder what is read, as JSON escapes. */
function escapeInvisible(line: string): string {
  const asEscape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return line.replace(
    /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\u{E0000}-\u{E007F}]|[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{2,}/gu,
    (found) => found.split("").map(asEscape).join(""),
  );
}
