import { randomUUID } from "node:crypto";
import { Server as LegacyServer } from "@modelcontextprotocol/sdk/server/index.js";
import { type EventStore, StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import * as legacyTypes from "@modelcontextprotocol/sdk/types.js";
import { type CreateMcpHandlerOptions, createMcpHandler, McpServer, Server } from "@modelcontextprotocol/server";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { serveFetch } from "../support/http-fetch.ts";
import { httpServer, type Listening } from "../support/http-servers.ts";

/** A server over HTTP built with an official SDK. Its tools: `echo`, `count`, `hang`, `drop` and `ask`. */
export type OfficialHttp = Listening & {
  /** Calls that have run, by their `n`. */
  readonly ran: readonly number[];
  readonly aborted: readonly number[];
  readonly hanging: ReadonlySet<number>;
  /** Methods of HTTP that came, with the status that they were answered with. */
  readonly answered: readonly string[];
  /** It has one more tool from now on, and says so. */
  readonly grow: () => Promise<void>;
};

type Arguments = { readonly n: number };

const names = ["echo", "count", "hang", "drop", "ask"];

function toolsOf(more: readonly string[]) {
  return { tools: [...names, ...more].map((name) => ({ name, inputSchema: { type: "object" as const } })) };
}

function text(value: unknown) {
  return { content: [{ type: "text" as const, text: JSON.stringify(value) }] };
}

/** A call as a tool sees it. */
type Wanted = {
  readonly name: string;
  readonly n: number;
  readonly signal: AbortSignal;
  readonly progress: (progress: number) => Promise<void>;
  /** The stream of the call breaks off. */
  readonly drop: () => void;
  readonly ask: () => Promise<unknown>;
};

type State = { readonly ran: number[]; readonly aborted: number[]; readonly hanging: Set<number> };

async function run({ name, n, signal, progress, drop, ask }: Wanted, { ran, aborted, hanging }: State) {
  ran.push(n);
  if (name === "count") for (let at = 1; at <= n; at++) await progress(at);
  if (name === "drop") {
    await progress(1);
    drop();
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  if (name === "ask") return text(await ask());
  if (name !== "hang") return text({ name, n });
  hanging.add(n);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  hanging.delete(n);
  aborted.push(n);
  return text({});
}

export type HttpV1 = OfficialHttp & {
  /** As after a restart: no session is known any more. */
  readonly forget: () => Promise<void>;
  readonly sessions: () => number;
};

/** A server with sessions, on the line of the SDK that knows the older era only. */
export async function officialHttpV1({ isJson = false, isResumable = true } = {}): Promise<HttpV1> {
  const state: State = { ran: [], aborted: [], hanging: new Set() };
  const more: string[] = [];
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: LegacyServer }>();
  const answered: string[] = [];
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const server = legacyServer(state, more);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, { transport, server }),
      onsessionclosed: (id) => void sessions.delete(id),
      enableJsonResponse: isJson,
      ...(isResumable ? { eventStore: eventStore(), retryInterval: 60 } : {}),
    });
    await server.connect(transport as Transport);
    return transport;
  };
  const listening = await httpServer(async (request, response) => {
    response.on("finish", () => void answered.push(`${request.method} ${response.statusCode}`));
    const id = request.headers["mcp-session-id"];
    const known = sessions.get(String(id));
    if (known === undefined && id !== undefined) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
    } else await (known?.transport ?? (await open())).handleRequest(request, response);
  });
  onTestFinished(async () => {
    for (const { server } of sessions.values()) await server.close();
  });
  return {
    ...listening,
    ...state,
    answered,
    sessions: () => sessions.size,
    forget: async () => {
      for (const { server } of sessions.values()) await server.close();
      sessions.clear();
    },
    grow: async () => {
      more.push("more");
      for (const { server } of sessions.values()) await server.sendToolListChanged();
    },
  };
}

/** Events by their number. The SDK's own example sorts those of one millisecond by chance. */
function eventStore(): EventStore {
  const events: { readonly streamId: string; readonly message: legacyTypes.JSONRPCMessage }[] = [];
  return {
    storeEvent: async (streamId, message) => String(events.push({ streamId, message }) - 1),
    replayEventsAfter: async (lastId, { send }) => {
      const { streamId } = events[Number(lastId)] ?? { streamId: "" };
      for (let id = Number(lastId) + 1; id < events.length; id++) {
        const event = events[id];
        if (event?.streamId === streamId) await send(String(id), event.message);
      }
      return streamId;
    },
  };
}

function legacyServer(state: State, more: readonly string[]): LegacyServer {
  const server = new LegacyServer({ name: "v1", version: "1" }, { capabilities: { tools: { listChanged: true } } });
  server.setRequestHandler(legacyTypes.ListToolsRequestSchema, () => toolsOf(more));
  server.setRequestHandler(legacyTypes.CallToolRequestSchema, async ({ params }, extra) => {
    const { n } = params.arguments as Arguments;
    const progressToken = params._meta?.progressToken as number;
    return await run(
      {
        name: params.name,
        n,
        signal: extra.signal,
        progress: async (progress) => {
          const message = `${n}: ${progress}`;
          await extra.sendNotification({
            method: "notifications/progress",
            params: { progressToken, progress, message },
          });
        },
        drop: () => extra.closeSSEStream?.(),
        ask: async () => await extra.sendRequest({ method: "roots/list" }, legacyTypes.ListRootsResultSchema),
      },
      state,
    );
  });
  return server;
}

/** A server on the line of the SDK that knows both eras. */
export async function officialHttpV2(options: CreateMcpHandlerOptions = {}): Promise<OfficialHttp> {
  const state: State = { ran: [], aborted: [], hanging: new Set() };
  const more: string[] = [];
  const answered: string[] = [];
  const handler = createMcpHandler(() => modernServer(state, more), options);
  const listening = await httpServer(async (request, response) => {
    response.on("close", () => void answered.push(`${request.method} ${response.statusCode}`));
    await serveFetch(request, response, handler.fetch);
  });
  onTestFinished(() => handler.close());
  return {
    ...listening,
    ...state,
    answered,
    grow: async () => {
      more.push("more");
      handler.notify.toolsChanged();
    },
  };
}

/** One whose tool `route` wants two of its arguments in headers, and refuses calls without them. */
export async function officialHttpWithHeaders(): Promise<Listening> {
  const marked = (name: string) => ({ "x-mcp-header": name });
  const inputSchema = z.object({
    region: z.string().meta(marked("Region")),
    deep: z.object({ zone: z.int().optional().meta(marked("Zone")) }),
  });
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: "v2", version: "2" });
      server.registerTool("route", { inputSchema }, async (args) => text(args));
      return server;
    },
    { legacy: "reject" },
  );
  onTestFinished(() => handler.close());
  return await httpServer(async (request, response) => await serveFetch(request, response, handler.fetch));
}

function modernServer(state: State, more: readonly string[]): Server {
  const server = new Server({ name: "v2", version: "2" }, { capabilities: { tools: { listChanged: true } } });
  server.setRequestHandler("tools/list", () => toolsOf(more));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const { n } = params.arguments as unknown as Arguments;
    const progressToken = mcpReq._meta?.progressToken as number;
    return await run(
      {
        name: params.name,
        n,
        signal: mcpReq.signal,
        progress: async (progress) => {
          const message = `${n}: ${progress}`;
          await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, message } });
        },
        drop: () => {},
        ask: async () => ({}),
      },
      state,
    );
  });
  return server;
}
