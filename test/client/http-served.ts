import { onTestFinished } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { Origin } from "../../src/client/handshake.ts";
import { HttpClients, type HttpClientsOptions } from "../../src/client/http-clients.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { systemListener } from "../../src/ports/listener.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { type HttpServerOptions, serveHttp } from "../../src/transport/http-server.ts";
import { slot } from "../../src/wire/members.ts";
import { encodeString, type Message, type Outgoing } from "../../src/wire/message.ts";

/** What a call of the one tool asks for. */
export type Wish = {
  /** Comes back with everything that belongs to the call. */
  readonly tag: string;
  /** So often it reports progress. */
  readonly steps?: number;
  /** Whether it asks the client something, and waits for the answer. */
  readonly asks?: boolean;
  /** Whether it waits for `release` before it ends. */
  readonly waits?: boolean;
  /** Length of a text that comes with the result. */
  readonly length?: number;
};

export type ServedClients = {
  readonly url: URL;
  readonly clients: HttpClients;
  readonly arrived: Client[];
  /** Requests by method and id, what was withdrawn, and who has left. */
  readonly heard: string[];
  readonly defects: unknown[];
  /** Lets a call that waits go on, by its tag; true where there is one. */
  readonly release: (tag: string) => boolean;
  /** Streams that clients listen on, which each was told of. */
  readonly tell: (notice: string) => void;
  /** Sends this on each of them that belongs to a request, from `source`. */
  readonly notifyListens: (message: Outgoing) => void;
};

/** A server with one tool on a real port, which does what each call wishes; `turns`: how long each of its steps takes. */
export async function servedClients(
  options: { readonly turns?: () => number } & Partial<HttpClientsOptions> = {},
  server: Partial<HttpServerOptions> = {},
): Promise<ServedClients> {
  const { turns = () => 1, ...more } = options;
  const arrived: Client[] = [];
  const heard: string[] = [];
  const defects: unknown[] = [];
  const waiting = new Map<string, () => void>();
  const listens = new Map<Message, Client>();
  const wait = async (): Promise<void> => {
    for (let left = turns(); left > 0; left--) await new Promise((resolve) => void setImmediate(resolve));
  };
  const call = async (message: Message, client: Client, origin: Origin): Promise<void> => {
    const { arguments: wish } = message.parsed(slot.params) as { arguments: Wish };
    const { tag, steps = 0, asks = false, waits = false, length = 0 } = wish;
    for (let step = 1; step <= steps; step++) {
      await wait();
      const params = `"progressToken":${message.raw(slot.wantedToken)},"progress":${step},"message":${encodeString(tag)}`;
      client.notify(`{"jsonrpc":"2.0","method":"notifications/progress","params":{${params}}}`, undefined, message);
    }
    await wait();
    const answer = asks && origin === client.session ? await asked(client, message, tag) : "nothing";
    if (waits) await new Promise<void>((resolve) => void waiting.set(tag, resolve));
    await wait();
    const text = encodeString(JSON.stringify({ tag, answer, text: "x".repeat(length) }));
    const result = `"resultType":"complete","content":[{"type":"text","text":${text}}]`;
    client.reply(message, `{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{${result}}}`);
  };
  const clients = new HttpClients({
    version: "1.2.3",
    limits: { maxMessageBytes: 4 * 1024 * 1024, maxDepth: 64 },
    clock: systemClock,
    random: systemRandom,
    firstInstructions: () => "",
    defect: (cause) => void defects.push(cause),
    arrived: (client) => {
      arrived.push(client);
      client.serve({
        request: (method, message, _client, origin) => {
          heard.push(`${method} ${message.raw(slot.id)}`);
          if (method === "tools/call") void call(message, client, origin);
          else if (method === "tools/list") client.reply(message, tools(message));
          else if (method === "subscriptions/listen") {
            listens.set(message, client);
            client.notify(
              onStream(message, "subscriptions/acknowledged", `,"notifications":${wanted(message)}`),
              undefined,
              message,
            );
          } else client.reply(message, unknownMethod(message));
        },
        notification: (method) => void heard.push(method),
        withdrawn: (message, _client, reason) => {
          listens.delete(message);
          heard.push(`withdrawn ${message.text(slot.method)}: ${reason}`);
          return true;
        },
        about: () => ({ instructions: "", extensions: "" }),
        closed: () => void heard.push("closed"),
      });
    },
    ...more,
  });
  const http = await serveHttp(
    {
      host: "127.0.0.1",
      port: 0,
      tokens: [],
      hosts: [],
      origins: [],
      isReady: () => true,
      defect: (cause) => void defects.push(cause),
      accept: (request) => clients.accept(request),
      ...server,
    },
    { listener: systemListener, clock: systemClock },
  );
  onTestFinished(async () => {
    clients.stop();
    await http.stop();
  });
  return {
    url: new URL(`http://127.0.0.1:${http.port}/mcp`),
    clients,
    arrived,
    heard,
    defects,
    release: (tag) => {
      waiting.get(tag)?.();
      return waiting.delete(tag);
    },
    notifyListens: (notice) => {
      for (const [message, client] of listens) client.notify(notice, undefined, message);
    },
    tell: (notice) => {
      for (const client of arrived) {
        if (client.session !== undefined) client.notify(`{"jsonrpc":"2.0","method":"notifications/${notice}"}`);
      }
      for (const [message, client] of listens) client.notify(onStream(message, notice, ""), undefined, message);
    },
  };
}

/** What the client says to a question within a call. */
async function asked(client: Client, about: Message, tag: string): Promise<string> {
  const schema = '{"type":"object","properties":{"heard":{"type":"string"}}}';
  return await new Promise((resolve) => {
    client.ask(
      (id) => {
        const params = `{"mode":"form","message":${encodeString(tag)},"requestedSchema":${schema}}`;
        return `{"jsonrpc":"2.0","id":${id},"method":"elicitation/create","params":${params}}`;
      },
      {
        reply: (reply) => {
          const result = reply.parsed(slot.result) as { content?: { heard?: string } } | undefined;
          resolve(result?.content?.heard ?? "refused");
        },
        progress: () => {},
        lost: resolve,
      },
      undefined,
      about,
    );
  });
}

function tools(message: Message): string {
  const tool = '{"name":"wish","inputSchema":{"type":"object"}}';
  const hints = '"resultType":"complete","ttlMs":0,"cacheScope":"private"';
  return `{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{"tools":[${tool}],${hints}}}`;
}

function unknownMethod(message: Message): string {
  return `{"jsonrpc":"2.0","id":${message.raw(slot.id)},"error":{"code":-32601,"message":"no such method"}}`;
}

function wanted(message: Message): string {
  return JSON.stringify((message.parsed(slot.params) as { notifications: unknown }).notifications);
}

function onStream(message: Message, method: string, more: string): string {
  const meta = `{"io.modelcontextprotocol/subscriptionId":${message.raw(slot.id)}}`;
  return `{"jsonrpc":"2.0","method":"notifications/${method}","params":{"_meta":${meta}${more}}}`;
}
