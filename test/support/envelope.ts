/** The two families of revisions. */
export type Era = "legacy" | "modern";

/** The revision that fakes of an era speak. */
export const revisionOf: Readonly<Record<Era, string>> = { legacy: "2025-11-25", modern: "2026-07-28" };

/** Names in `_meta` that the protocol reserves: https://modelcontextprotocol.io/specification/2026-07-28/basic#meta */
export const metaName = {
  version: "io.modelcontextprotocol/protocolVersion",
  capabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
} as const;

/** What a self-contained request says of its client, JSON as it stands. */
export type Envelope = {
  readonly capabilities: string;
  readonly info: string;
  readonly logLevel?: string | undefined;
};

/** The members of a request's `_meta`, without braces. */
export function envelopeMembers({ capabilities, info, logLevel }: Envelope): string {
  const level = logLevel === undefined ? "" : `,"${metaName.logLevel}":"${logLevel}"`;
  const version = `"${metaName.version}":"${revisionOf.modern}"`;
  return `${version},"${metaName.capabilities}":${capabilities},"${metaName.clientInfo}":${info}${level}`;
}

/** An object's text with `members` before its own. */
export function withMembers(object: string, members: string): string {
  if (members === "") return object;
  const rest = object.trimStart().slice(1);
  return rest.trimStart().startsWith("}") ? `{${members}${rest}` : `{${members},${rest}`;
}

/** The requests whose results a client may keep for a while, and so must say for how long. */
export const cacheable: readonly string[] = [
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
];

/** The requests that may be answered by questions. */
export const mayAsk: readonly string[] = ["tools/call", "prompts/get", "resources/read"];
