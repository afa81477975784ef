import { Client as ModernSdkClient } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernTransport } from "@modelcontextprotocol/client/stdio";
import { Client as LegacySdkClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { Launch } from "./talk.ts";

/** A message's method and params, as the official SDK hands them over. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
export type Said = { readonly method: string; readonly params: any };

export type CallOptions = {
  readonly onprogress?: (progress: {
    progress: number;
    total?: number | undefined;
    message?: string | undefined;
  }) => void;
  readonly signal?: AbortSignal;
};

/** One of the official clients, of either era, with what both can do. */
export type EraClient = {
  /** The questions that reached it, in order. */
  readonly asked: Said[];
  /** The notifications that it got beside progress, in order. */
  readonly heard: Said[];
  /** What it answers to questions from now on. */
  readonly answer: (answer: (asked: Said) => object | Promise<object>) => void;
  /** The result's texts, parsed where they are JSON. */
  readonly call: (tool: string, args?: object, options?: CallOptions) => Promise<unknown>;
  /** The whole result. */
  readonly result: (tool: string, args?: object) => Promise<{ readonly [member: string]: unknown }>;
  readonly tools: () => Promise<readonly { readonly name: string; readonly [member: string]: unknown }[]>;
  readonly prompts: () => Promise<readonly string[]>;
  readonly resources: () => Promise<readonly string[]>;
  readonly templates: () => Promise<readonly string[]>;
  readonly prompt: (name: string, args: Record<string, string>) => Promise<string>;
  readonly read: (uri: string) => Promise<string>;
  readonly complete: (ref: object, name: string, value: string) => Promise<readonly string[]>;
  /** Wants to be told of changes of all lists and of these resources. */
  readonly watch: (...uris: readonly string[]) => Promise<void>;
  /** Wants log messages from this level on. */
  readonly wantLogs: (level: "debug" | "info" | "warning") => Promise<void>;
  readonly capabilities: () => object | undefined;
  readonly instructions: () => string | undefined;
  readonly close: () => Promise<void>;
};

export const capabilities = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {} },
  roots: { listChanged: true },
};

/** Answers that tell which question they belong to: every question says `for <label>`, or else nothing. */
export function tellingAnswer({ method, params }: Said): object {
  if (method === "roots/list") return { roots: [{ uri: "file:///work", name: "work" }] };
  if (method === "elicitation/create") {
    const label = /for ([\w-]+)/.exec(params.message)?.[1];
    return params.mode === "url" ? { action: "accept" } : { action: "accept", content: { name: `name of ${label}` } };
  }
  const label = /for ([\w-]+)/.exec(params.messages[0].content.text)?.[1];
  return { role: "assistant", content: { type: "text", text: `said to ${label}` }, model: "m" };
}

const clientInfo = { name: "era-client", version: "1" };
// biome-ignore lint/suspicious/noExplicitAny: the types of both SDKs' results differ, what is read of them does not.
type Any = any;
type Answer = Parameters<EraClient["answer"]>[0];

/** The client of SDK v1. */
export async function legacyClient(
  { command, args, env, cwd }: Launch,
  can: object = capabilities,
): Promise<EraClient> {
  return await legacyClientOn(
    new LegacyTransport({ command, args: [...args], env: { ...env }, cwd, stderr: "ignore" }),
    can,
  );
}

/** The same over whatever carries its messages. */
export async function legacyClientOn(transport: object, can: object = capabilities): Promise<EraClient> {
  const client = new LegacySdkClient(clientInfo, { capabilities: can });
  const memory = remembering();
  const answer = (request: Any): Promise<Any> => memory.answered(request);
  if ("elicitation" in can) client.setRequestHandler(ElicitRequestSchema, answer);
  if ("sampling" in can) client.setRequestHandler(CreateMessageRequestSchema, answer);
  if ("roots" in can) client.setRequestHandler(ListRootsRequestSchema, answer);
  client.fallbackNotificationHandler = async (notification) => memory.told(notification);
  await client.connect(transport as LegacyTransport);
  return {
    ...common(client, memory, () => ({})),
    call: async (name, given = {}, options = {}) =>
      contentOf(await client.callTool({ name, arguments: { ...given } }, undefined, options)),
    watch: async (...uris) => {
      for (const uri of uris) await client.subscribeResource({ uri });
    },
    wantLogs: async (level) => void (await client.setLoggingLevel(level)),
  };
}

/** The client of SDK v2, in the era that it has and the older ones have not. */
export async function modernClient(
  { command, args, env, cwd }: Launch,
  can: object = capabilities,
): Promise<EraClient> {
  return await modernClientOn(new InPlace({ command, args: [...args], env: { ...env }, cwd, stderr: "ignore" }), can);
}

/** The same over whatever carries its messages; `mode`: in which era it speaks. */
export async function modernClientOn(
  transport: object,
  can: object = capabilities,
  { name = clientInfo.name, mode = { pin: "2026-07-28" } }: { name?: string; mode?: "legacy" | { pin: string } } = {},
): Promise<EraClient> {
  const info = { ...clientInfo, name };
  const client = new ModernSdkClient(info, { capabilities: can, versionNegotiation: { mode } });
  const memory = remembering();
  const answer = (request: Any): Promise<Any> => memory.answered(request);
  if ("elicitation" in can) client.setRequestHandler("elicitation/create", answer);
  if ("sampling" in can) client.setRequestHandler("sampling/createMessage", answer);
  if ("roots" in can) client.setRequestHandler("roots/list", answer);
  client.fallbackNotificationHandler = async (notification) => memory.told(notification);
  await client.connect(transport as ModernTransport);
  const isModern = mode !== "legacy";
  let meta: object = {};
  return {
    ...common(client, memory, () => ({ _meta: meta })),
    call: async (name, given = {}, options = {}) =>
      contentOf(await client.callTool({ name, arguments: { ...given }, _meta: { ...meta } }, options)),
    watch: async (...uris) => {
      const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
      if (isModern) await client.listen({ ...lists, ...(uris.length > 0 && { resourceSubscriptions: [...uris] }) });
      else for (const uri of uris) await client.subscribeResource({ uri });
    },
    wantLogs: async (level) => {
      if (isModern) meta = { "io.modelcontextprotocol/logLevel": level };
      else await client.setLoggingLevel(level);
    },
  };
}

/** With a transport of a class of its own the client probes in place, and starts no second process to probe. */
class InPlace extends ModernTransport {}

function remembering() {
  const [asked, heard]: [Said[], Said[]] = [[], []];
  let answer: Answer = tellingAnswer;
  return {
    asked,
    heard,
    set: (next: Answer) => {
      answer = next;
    },
    answered: async ({ method, params }: Said): Promise<object> => {
      asked.push({ method, params });
      return await answer({ method, params });
    },
    told: ({ method, params }: { readonly method: string; readonly params?: unknown }) => {
      heard.push({ method, params });
    },
  };
}

function common(client: Any, { asked, heard, set }: ReturnType<typeof remembering>, more: () => object) {
  // Lists are fetched anew, whatever the client has kept.
  const anew = { cacheMode: "refresh" };
  return {
    asked,
    heard,
    answer: set,
    result: async (name: string, args = {}) => await client.callTool({ name, arguments: args, ...more() }),
    tools: async () => (await client.listTools(undefined, anew)).tools,
    prompts: async () => (await client.listPrompts(undefined, anew)).prompts.map((one: Any) => one.name),
    resources: async () => (await client.listResources(undefined, anew)).resources.map((one: Any) => one.uri),
    templates: async () =>
      (await client.listResourceTemplates(undefined, anew)).resourceTemplates.map((one: Any) => one.uriTemplate),
    prompt: async (name: string, args: Record<string, string>) => {
      const { messages } = await client.getPrompt({ name, arguments: args });
      return messages.map(({ content }: Any) => content.text).join("\n");
    },
    read: async (uri: string) => {
      const { contents } = await client.readResource({ uri });
      return contents.map(({ text }: Any) => text).join("\n");
    },
    complete: async (ref: object, name: string, value: string) =>
      (await client.complete({ ref, argument: { name, value } })).completion.values,
    capabilities: () => client.getServerCapabilities(),
    instructions: () => client.getInstructions(),
    close: async () => await client.close(),
  };
}

function contentOf({ content, isError }: Any): unknown {
  const text = content.map((one: Any) => one.text).join("\n");
  if (isError) return { isError, text };
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
