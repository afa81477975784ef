import { counted, type Kind, kinds } from "../../catalog/definition.ts";
import type { Downstream } from "../../downstream/downstream.ts";

/** What became of one server of the configuration. */
export type ServerReport = {
  readonly name: string;
  /** `incomplete`: ready, but for a list that could not be had. */
  readonly state: "starting" | "ready" | "incomplete" | "failed" | "disabled";
  /** Why it has failed, in a line. */
  readonly reason?: string;
  /** Only the user can help, by signing in to it. */
  readonly needsLogin?: true;
  /** The line of its stderr that says what went wrong, where that is another. */
  readonly stderr?: string;
  /** As it calls itself. */
  readonly title?: string;
  readonly protocol?: string;
  readonly startMs?: number;
  /** How much it offers of each kind. */
  readonly counts?: Readonly<Record<Kind, number>>;
  /** About so many its tools cost a model. */
  readonly tokens?: number;
};

/** What is known of a server beside itself. */
type Known = {
  /** Of its tools as clients see them. */
  readonly tokens: number;
  readonly isIncomplete: boolean;
  readonly complaint: string | undefined;
};

/** `downstream`: undefined for a server that is disabled. */
export function reportOf(name: string, downstream: Downstream | undefined, known: Known): ServerReport {
  if (downstream === undefined) return { name, state: "disabled" };
  const { tokens, isIncomplete, complaint } = known;
  const { state, trouble, offer } = downstream;
  if (state.kind === "starting") return { name, state: "starting" };
  if (state.kind !== "ready") {
    const reason = state.kind === "down" ? state.reason : (trouble ?? state.kind);
    const isNews = complaint !== undefined && !reason.includes(complaint);
    const needsLogin = state.kind === "down" && state.needsLogin === true;
    return {
      name,
      state: "failed",
      reason,
      ...(needsLogin && { needsLogin }),
      ...(isNews && { stderr: complaint }),
    };
  }
  const { serverInfo, protocolVersion: protocol } = state.greeting;
  return {
    name,
    state: isIncomplete ? "incomplete" : "ready",
    title: `${serverInfo.name} ${serverInfo.version}`.trim() || "unnamed",
    protocol,
    startMs: Math.round(state.startedInMs),
    counts: Object.fromEntries(
      (Object.keys(kinds) as Kind[]).map((kind) => [kind, offer[kind].definitions.length]),
    ) as Record<Kind, number>,
    tokens,
  };
}

/** The same in a few words, without its name. */
export function described(server: ServerReport): string {
  const { state, title, protocol, startMs, counts, tokens } = server;
  if (counts === undefined) return state === "failed" ? `failed  ${failureOf(server)}` : state;
  const parts = (Object.keys(kinds) as Kind[])
    .filter((kind) => kind === "tools" || counts[kind] > 0)
    .map((kind) => counted(kind, counts[kind]));
  const cost = tokens ? [`~${tokens.toLocaleString("en-US")} tokens`] : [];
  const seconds = `${((startMs ?? 0) / 1000).toFixed(1)} s`;
  return `ready   ${[title, `protocol ${protocol}`, ...parts, ...cost, seconds].join(", ")}`;
}

/** Why it has failed. */
export function failureOf({ reason = "", stderr }: ServerReport): string {
  return stderr === undefined || reason.includes(stderr) ? reason : `${reason}; its stderr says: ${stderr}`;
}
