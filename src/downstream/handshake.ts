import * as z from "zod";
import { serverErrorInOneLine } from "../errors.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message } from "../wire/message.ts";

/** Protocol revisions that servers of the legacy era speak, the newest first. */
const revisions: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/** What a server said of itself when it was greeted. */
export type Greeting = {
  readonly protocolVersion: string;
  /** Self-reported; for display only. */
  readonly serverInfo: { readonly name: string; readonly version: string };
  readonly hasTools: boolean;
};

const initializeResult = z.looseObject({
  protocolVersion: z.string(),
  capabilities: z.looseObject({ tools: z.unknown() }).partial().optional(),
  serverInfo: z.looseObject({ name: z.string().catch(""), version: z.string().catch("") }).optional(),
});

/** Our side of `initialize`: https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization. */
export function initializeParams(version: string): string {
  const clientInfo = `{"name":"tutti","version":${encodeString(version)}}`;
  return `{"protocolVersion":"${revisions[0]}","capabilities":{},"clientInfo":${clientInfo}}`;
}

/** Reads the reply to `initialize`. Throws an error of one line where the server cannot be spoken with. */
export function readGreeting(reply: Message): Greeting {
  if (reply.has(slot.error)) {
    throw new Error(`it refused to initialize: ${serverErrorInOneLine(reply)}`);
  }
  const parsed = initializeResult.safeParse(reply.parsed(slot.result));
  if (!parsed.success) throw new Error("its answer to initialize is not one of the protocol");
  const { protocolVersion, capabilities, serverInfo } = parsed.data;
  if (!revisions.includes(protocolVersion)) {
    const shown = JSON.stringify(protocolVersion.slice(0, 40));
    throw new Error(`it speaks protocol version ${shown}; tutti speaks ${revisions.join(", ")}`);
  }
  return {
    protocolVersion,
    serverInfo: { name: serverInfo?.name ?? "", version: serverInfo?.version ?? "" },
    hasTools: capabilities?.tools !== undefined,
  };
}
