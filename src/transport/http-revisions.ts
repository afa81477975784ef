/** Revisions of the legacy era, whose clients have a session. */
const ofSessions: ReadonlySet<string> = new Set(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]);

/** The revision of the modern era, whose every request speaks for itself. */
const selfContained = "2026-07-28";

/** Whether a client with a session may name this revision in MCP-Protocol-Version. */
export function isSessionRevision(revision: string): boolean {
  return ofSessions.has(revision);
}

/** Whether requests under this revision speak for themselves. */
export function isSelfContainedRevision(revision: string | undefined): boolean {
  return revision === selfContained;
}

/** Whether clients of this revision take events that hold nothing but an id; earlier ones stumble over them. */
export function takesEmptyEvents(revision: string | undefined): boolean {
  return revision === "2025-11-25";
}

/** All that can be named, for people. */
export function knownRevisions(): string {
  return [selfContained, ...ofSessions].join(", ");
}
