import { randomUUID } from "node:crypto";
import { Server as LegacyServer } from "@modelcontextprotocol/sdk/server/index.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StdioServerTransport as LegacyTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import * as legacyTypes from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, inputRequired, Server, type ServerNotifier } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { onTestFinished } from "vitest";
import { serveFetch } from "./http-fetch.ts";
import { httpServer } from "./http-servers.ts";
import type { OnStage } from "./stage.ts";

/** A server built with an official SDK. Its tools: `ask`, `count`, `hang` and `log`. */
export type OfficialServer = {
  readonly onStage: OnStage;
  /** Calls of `hang` that run: their `n`. */
  readonly hanging: Set<number>;
  /** Those whose caller took them back. */
  readonly aborted: number[];
  /** It has one more tool from now on, and says so. */
  readonly grow: () => Promise<void>;
  /** Its resource has changed, and it says so. */
  readonly touch: () => Promise<void>;
};

const names = ["ask", "count", "hang", "log"];
const requestedSchema = {
  type: "object" as const,
  properties: { heard: { type: "string" as const } },
  required: ["heard"],
};
const capabilities = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  logging: {},
};

type Arguments = { readonly n: number; readonly about: string };
type Wanted = { readonly name: string; readonly args: Arguments; readonly signal: AbortSignal };
/** How the SDK lets it speak during a call. */
type Speech = {
  readonly progress: (progress: number, message: string) => Promise<void>;
  readonly log: (data: unknown) => Promise<void>;
  /** The answers to a form, to a prompt for a model, and for roots; or the result that asks for them. */
  readonly ask: (about: string) => Promise<unknown>;
};

function text(value: unknown) {
  return { content: [{ type: "text" as const, text: JSON.stringify(value) }] };
}

/** What each of the tools does, the same on every SDK. */
async function run(
  { name, args, signal }: Wanted,
  { progress, log, ask }: Speech,
  { hanging, aborted }: Pick<OfficialServer, "hanging" | "aborted">,
) {
  if (name === "ask") return await ask(args.about);
  if (name === "log") await log({ about: args.about });
  if (name === "count") {
    for (let at = 1; at <= args.n; at++) await progress(at, `${args.about} ${at}`);
    // The SDKs' clients drop progress that they read in one piece with the reply behind it.
    for (let turns = 0; turns < 5; turns++) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  if (name !== "hang") return text(args);
  hanging.add(args.n);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  hanging.delete(args.n);
  aborted.push(args.n);
  return text(args);
}

function toolsOf(more: readonly string[]) {
  return { tools: [...names, ...more].map((name) => ({ name, inputSchema: { type: "object" as const } })) };
}

function prompt(about: string) {
  return { messages: [{ role: "user" as const, content: { type: "text" as const, text: about } }], maxTokens: 10 };
}

/** A server on the line of the SDK that knows the older era only. */
export function officialServerV1(uri: string): OfficialServer {
  const more: string[] = [];
  const state = { hanging: new Set<number>(), aborted: [] as number[] };
  const server = new LegacyServer({ name: "v1", version: "1" }, { capabilities });
  server.setRequestHandler(legacyTypes.ListToolsRequestSchema, () => toolsOf(more));
  server.setRequestHandler(legacyTypes.ListResourcesRequestSchema, () => ({ resources: [{ uri, name: "It" }] }));
  server.setRequestHandler(legacyTypes.SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(legacyTypes.UnsubscribeRequestSchema, () => ({}));
  server.setRequestHandler(legacyTypes.CallToolRequestSchema, async ({ params }, extra) => {
    const { signal, sendNotification } = extra;
    // Over HTTP it goes on the stream of the call.
    const within = { relatedRequestId: extra.requestId };
    const speech: Speech = {
      progress: async (progress, message) => {
        const progressToken = params._meta?.progressToken as number;
        await sendNotification({ method: "notifications/progress", params: { progressToken, progress, message } });
      },
      log: async (data) => await sendNotification({ method: "notifications/message", params: { level: "info", data } }),
      ask: async (about) => {
        const [form, model, roots] = await Promise.all([
          server.elicitInput({ message: about, requestedSchema }, within),
          server.createMessage(prompt(about), within),
          server.listRoots(undefined, within),
        ]);
        return text({ form, model: model.content, roots: roots.roots });
      },
    };
    const args = params.arguments as Arguments;
    return (await run({ name: params.name, args, signal }, speech, state)) as ReturnType<typeof text>;
  });
  return {
    ...state,
    onStage: {
      era: "legacy",
      speaks: ({ input, output }) => void server.connect(new LegacyTransport(input as never, output)),
      serves: async (by) => {
        onTestFinished(() => server.close());
        return await (by === "http" ? serveStreamable(server) : serveSse(server));
      },
    },
    grow: async () => {
      more.push("more");
      await server.sendToolListChanged();
    },
    touch: async () => await server.sendResourceUpdated({ uri }),
  };
}

async function serveStreamable(server: LegacyServer): Promise<URL> {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() });
  await server.connect(transport as Transport);
  return (await httpServer((request, response) => void transport.handleRequest(request, response))).url;
}

async function serveSse(server: LegacyServer): Promise<URL> {
  let transport: SSEServerTransport | undefined;
  const { url } = await httpServer((request, response) => {
    if (request.method === "POST") void transport?.handlePostMessage(request, response);
    else {
      transport = new SSEServerTransport("/messages", response);
      void server.connect(transport);
    }
  });
  return url;
}

/** A server on the line of the SDK that knows both eras; `legacy`: whether it serves the older one too. */
export function officialServerV2(uri: string, legacy: "serve" | "reject"): OfficialServer {
  const more: string[] = [];
  const state = { hanging: new Set<number>(), aborted: [] as number[] };
  // The SDK makes one to answer a probe, and maybe another one to serve.
  const made: Server[] = [];
  let notify: ServerNotifier | undefined;
  const make = () => {
    const server = new Server({ name: "v2", version: "2" }, { capabilities });
    server.setRequestHandler("tools/list", () => toolsOf(more));
    server.setRequestHandler("resources/list", () => ({ resources: [{ uri, name: "It" }] }));
    server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
      const { signal, inputResponses } = mcpReq;
      const speech: Speech = {
        progress: async (progress, message) => {
          const progressToken = mcpReq._meta?.progressToken;
          await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, message } });
        },
        log: async (data) => await mcpReq.log("info", data),
        ask: async (about) => {
          if (inputResponses === undefined) {
            return inputRequired({
              inputRequests: {
                form: inputRequired.elicit({ message: about, requestedSchema }),
                model: inputRequired.createMessage(prompt(about)),
                roots: inputRequired.listRoots(),
              },
              requestState: `state of ${about}`,
            });
          }
          if (mcpReq.requestState() !== `state of ${about}`) throw new Error("This is the state of another call.");
          const { form, model, roots } = inputResponses as Record<string, Record<string, unknown>>;
          return text({ form, model: model?.["content"], roots: roots?.["roots"] });
        },
      };
      const args = params.arguments as unknown as Arguments;
      return (await run({ name: params.name, args, signal }, speech, state)) as ReturnType<typeof text>;
    });
    made.push(server);
    return server;
  };
  return {
    ...state,
    onStage: {
      era: "modern",
      speaks: ({ input, output }) => {
        serveStdio(make, { transport: new StdioServerTransport(input as never, output), legacy });
      },
      serves: async () => {
        const handler = createMcpHandler(make, { legacy: legacy === "serve" ? "stateless" : "reject" });
        notify = handler.notify;
        onTestFinished(() => handler.close());
        return (await httpServer((request, response) => void serveFetch(request, response, handler.fetch))).url;
      },
    },
    grow: async () => {
      more.push("more");
      if (notify !== undefined) notify.toolsChanged();
      else await made.at(-1)?.sendToolListChanged();
    },
    touch: async () => {
      if (notify !== undefined) notify.resourceUpdated(uri);
      else await made.at(-1)?.sendResourceUpdated({ uri });
    },
  };
}
