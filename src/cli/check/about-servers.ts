import { loginCommand } from "../../auth/auth-server.ts";
import { approval, type Change } from "../../catalog/pins.ts";
import type { Topic } from "../../events.ts";
import type { Finding } from "./finding.ts";
import type { Observed } from "./observed.ts";

/** Some programs wait no longer for the first lists of what they start. */
const slowMs = 10_000;

/** A server that failed. `reason`: all that is known of why. `needsLogin`: only the user can help, by signing in. */
export function notStarted(server: string, reason: string, needsLogin: boolean): Finding {
  if (needsLogin) {
    const cure = `${loginCommand(server)}, where its entry has no token of its own; else put a good one there`;
    return { code: "needs_login", server, severity: "error", text: reason, cure };
  }
  const cure = `tutti get ${word(server)} shows its entry, tutti check --log debug all that it writes`;
  return { code: "not_started", server, severity: "error", text: reason, cure };
}

/** A server that is ready, and took long. */
export function slowStart(server: string, startMs: number): readonly Finding[] {
  if (startMs <= slowMs) return [];
  const text = `took ${(startMs / 1000).toFixed(1)} s to start, and Codex and others wait 10 s for the first lists`;
  const cure =
    "install it instead of fetching it each time (npm install -g, uv tool install); from its second start on its lists are remembered";
  return [{ code: "slow_start", server, severity: "warning", text, cure }];
}

/** Lines on a server's stdout that are no messages. */
export function strayOutput(server: string, stray: ReturnType<Observed["strayOf"]>): readonly Finding[] {
  if (stray === undefined) return [];
  const more = stray.lines === 1 ? "a line that is" : `${stray.lines} lines that are`;
  const text = `writes ${more} no message to its stdout, over which some programs break: ${stray.first}`;
  const cure = "tutti passes over it; tell its author to write to stderr, or look for a setting that makes it quiet";
  return [{ code: "stray_output", server, severity: "note", text, cure }];
}

/** What is not as it was when a server was first seen. */
export function changed(server: string, changes: readonly Change[], isWithheld: boolean): readonly Finding[] {
  if (changes.length === 0) return [];
  const became = isWithheld ? "withheld" : "passed on";
  const text = `offers what it did not when it was first seen, which is ${became}`;
  return [
    {
      code: "definition_changed",
      server,
      severity: "warning",
      text,
      cure: `accept it with: ${approval(server)}`,
      changes,
    },
  ];
}

/** What was said while servers started, of a server or of none. `folder`: where things are kept. */
export function remarked({ server, text, topic }: Observed["remarks"][number], folder: string): Finding {
  const { severity, cure } = about[topic ?? "odd_message"];
  const filled = cure.replace("SERVER", server === undefined ? "SERVER" : word(server)).replace("FOLDER", folder);
  return { code: topic ?? "odd_message", ...(server !== undefined && { server }), severity, text, cure: filled };
}

const about: Readonly<Record<Topic | "odd_message", Pick<Finding, "severity" | "cure">>> = {
  left_out: { severity: "warning", cure: "tell its author; everything else that it offers is there" },
  not_listed: {
    severity: "warning",
    cure: "tutti check --log debug shows all that it writes; its other lists are there",
  },
  hidden_characters: {
    severity: "warning",
    cure: 'look at it with tutti list --json; "hygiene": "strip" in servers.json takes them out of titles and descriptions',
  },
  name_conflict: {
    severity: "note",
    cure: "what comes first in servers.json has the name; change the order where it is the wrong one",
  },
  pins_lost: { severity: "warning", cure: "look at what it offers now, then accept it with: tutti approve SERVER" },
  pins_anew: { severity: "note", cure: "nothing to do where you have changed its entry" },
  not_kept: { severity: "warning", cure: "make FOLDER one that you may write to, or name another in XDG_STATE_HOME" },
  not_remembered: {
    severity: "note",
    cure: "it works, and is only slower to be there; a value that is no secret can stand in args, where the server takes it so",
  },
  odd_message: { severity: "note", cure: "harmless to others; tell its author" },
};

/** A name as a word of a command. */
function word(name: string): string {
  return /^[\w@.-]+$/.test(name) ? name : JSON.stringify(name);
}
