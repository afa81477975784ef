import { slot } from "../wire/members.ts";
import { encodeString, type Message, type Outgoing } from "../wire/message.ts";

/** Protocol revisions of the legacy era that clients may ask for, the newest first. */
const revisions: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/**
 * The reply to `initialize`, which needs no server to be up: the client's revision where we speak it, else our newest.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#version-negotiation
 */
export function answerInitialize(request: Message, version: string): Outgoing {
  const params = request.parsed(slot.params) as { protocolVersion?: unknown } | undefined;
  const wanted = params?.protocolVersion;
  const revision = revisions.find((known) => known === wanted) ?? revisions[0];
  const serverInfo = `{"name":"tutti","title":"tutti","version":${encodeString(version)}}`;
  const result = `{"protocolVersion":"${revision}","capabilities":{"tools":{"listChanged":true}},"serverInfo":${serverInfo}}`;
  return `{"jsonrpc":"2.0","id":${request.raw(slot.id)},"result":${result}}`;
}
