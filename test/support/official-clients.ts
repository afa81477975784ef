import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as LegacyHttpTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StdioServerTransport as LegacyTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import * as legacyTypes from "@modelcontextprotocol/sdk/types.js";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { onTestFinished } from "vitest";
import { metaName } from "./envelope.ts";
import type { FakeClient } from "./fake-client.ts";

type CallOptions = {
  readonly onprogress?: (progress: { readonly progress: number; readonly message?: string | undefined }) => void;
  readonly signal?: AbortSignal;
};

/** What a client built with an official SDK has been told unasked. */
export type Told = { lists: number; readonly updates: string[]; readonly logs: unknown[] };

/** A client built with an official SDK. It answers whatever it is asked, with what it was asked. */
export type OfficialClient = {
  readonly told: Told;
  readonly tools: () => Promise<readonly string[]>;
  /** The JSON in the text of the result. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly call: (name: string, args: object, options?: CallOptions) => Promise<any>;
  /** Wants to hear of changes of the tools, and of a resource. */
  readonly watch: (uri: string) => Promise<void>;
  /** Wants log messages, all there are. */
  readonly wantLogs: () => Promise<void>;
};

const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } };
const about = { name: "official", version: "0" };
const roots = { roots: [{ uri: "file:///home", name: "home" }] };

function sampled({ messages }: { readonly messages: readonly { readonly content: unknown }[] }) {
  return { model: "m", role: "assistant" as const, content: messages[0]?.content as { type: "text"; text: string } };
}

function accepted({ message }: { readonly message: string }) {
  return { action: "accept" as const, content: { heard: message } };
}

function newTold(): Told {
  return { lists: 0, updates: [], logs: [] };
}

function jsonIn(result: Readonly<Record<string, unknown>>): unknown {
  const [first] = result["content"] as readonly { readonly text: string }[];
  if (result["isError"] === true) throw new Error(first?.text);
  return JSON.parse(first?.text as string);
}

/** On the line of the SDK that knows the older era only, in the place of a fake one. */
export async function officialClientV1(place: FakeClient): Promise<OfficialClient> {
  const told = newTold();
  const client = new LegacyClient(about, { capabilities });
  client.setRequestHandler(legacyTypes.ElicitRequestSchema, ({ params }) => accepted(params));
  client.setRequestHandler(legacyTypes.CreateMessageRequestSchema, ({ params }) => sampled(params));
  client.setRequestHandler(legacyTypes.ListRootsRequestSchema, () => roots);
  client.setNotificationHandler(legacyTypes.ToolListChangedNotificationSchema, () => void told.lists++);
  client.setNotificationHandler(legacyTypes.ResourceUpdatedNotificationSchema, ({ params }) => {
    told.updates.push(params.uri);
  });
  client.setNotificationHandler(legacyTypes.LoggingMessageNotificationSchema, ({ params }) => {
    told.logs.push(params);
  });
  const { address, streams } = place;
  const transport =
    address === undefined
      ? new LegacyTransport(streams.input as never, streams.output as never)
      : new LegacyHttpTransport(address.url, { requestInit: { headers: address.headers } });
  await client.connect(transport as Transport);
  onTestFinished(() => client.close());
  return {
    told,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, options) =>
      jsonIn(await client.callTool({ name, arguments: { ...args } }, undefined, options)),
    watch: async (uri) => void (await client.subscribeResource({ uri })),
    wantLogs: async () => void (await client.setLoggingLevel("debug")),
  };
}

/** On the line of the SDK that knows both eras. `auto`: it speaks the newer one where it can. */
export async function officialClientV2(place: FakeClient, mode: "auto" | "legacy"): Promise<OfficialClient> {
  const told = newTold();
  const client = new Client(about, { capabilities, versionNegotiation: { mode }, inputRequired: { maxRounds: 50 } });
  client.setRequestHandler("elicitation/create", ({ params }) => accepted(params));
  client.setRequestHandler("sampling/createMessage", ({ params }) => sampled(params));
  client.setRequestHandler("roots/list", () => roots);
  client.setNotificationHandler("notifications/tools/list_changed", () => void told.lists++);
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => void told.updates.push(params.uri));
  client.setNotificationHandler("notifications/message", ({ params }) => void told.logs.push(params));
  const { address, streams } = place;
  const transport =
    address === undefined
      ? new StdioServerTransport(streams.input as never, streams.output as never)
      : new StreamableHTTPClientTransport(address.url, { requestInit: { headers: address.headers } });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const isModern = client.getProtocolEra() === "modern";
  let meta: { _meta?: Record<string, unknown> } = {};
  return {
    told,
    tools: async () => (await client.listTools(undefined, { cacheMode: "refresh" })).tools.map(({ name }) => name),
    call: async (name, args, options) =>
      jsonIn(await client.callTool({ name, arguments: { ...args }, ...meta }, options)),
    watch: async (uri) => {
      if (isModern) await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] });
      else await client.subscribeResource({ uri });
    },
    wantLogs: async () => {
      if (isModern) meta = { _meta: { [metaName.logLevel]: "debug" } };
      else await client.setLoggingLevel("debug");
    },
  };
}
