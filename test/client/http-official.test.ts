import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../support/turns.ts";
import { type ServedClients, servedClients, type Wish } from "./http-served.ts";

const about = { name: "official", version: "0" };
const capabilities = { elicitation: { form: {} } };

type Options = { onprogress?: (progress: { message?: string | undefined }) => void; signal?: AbortSignal };

type Official = {
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly call: (wish: Wish, options?: Options) => Promise<any>;
  readonly tools: () => Promise<readonly string[]>;
  /** Changes of the tools that it was told of. */
  readonly changes: () => number;
  readonly listen: () => Promise<void>;
  readonly unknown: () => Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly errors: unknown[];
};

// biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
function jsonIn(result: any): unknown {
  return JSON.parse(result.content[0].text);
}

async function v1({ url }: ServedClients): Promise<Official> {
  let changes = 0;
  const errors: unknown[] = [];
  const client = new Client(about, { capabilities });
  const transport = new StreamableHTTPClientTransport(url, {
    reconnectionOptions: {
      initialReconnectionDelay: 5,
      maxReconnectionDelay: 5,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 3,
    },
  });
  client.onerror = (error) => void errors.push(error);
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: "accept",
    content: { heard: params.message },
  }));
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
  await client.connect(transport as never);
  onTestFinished(() => client.close());
  return {
    call: async (wish, options) => jsonIn(await client.callTool({ name: "wish", arguments: wish }, undefined, options)),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    changes: () => changes,
    listen: async () => {},
    unknown: () => client.getPrompt({ name: "x" }),
    close: async () => {
      await transport.terminateSession();
      await client.close();
    },
    errors,
  };
}

async function v2({ url }: ServedClients, mode: "auto" | "legacy"): Promise<Official> {
  let changes = 0;
  const errors: unknown[] = [];
  const client = new ModernClient(about, { capabilities, versionNegotiation: { mode } });
  const transport = new ModernTransport(url);
  client.onerror = (error) => void errors.push(error);
  client.setRequestHandler("elicitation/create", ({ params }) => ({
    action: "accept",
    content: { heard: params.message },
  }));
  client.setNotificationHandler("notifications/tools/list_changed", () => void changes++);
  await client.connect(transport);
  expect(client.getProtocolEra()).toBe(mode === "auto" ? "modern" : "legacy");
  onTestFinished(() => client.close());
  return {
    call: async (wish, options) => jsonIn(await client.callTool({ name: "wish", arguments: { ...wish } }, options)),
    tools: async () => (await client.listTools(undefined, { cacheMode: "refresh" })).tools.map(({ name }) => name),
    changes: () => changes,
    listen: async () => {
      if (mode === "auto") await client.listen({ toolsListChanged: true });
    },
    unknown: () => client.getPrompt({ name: "x" }),
    close: async () => {
      if (mode === "legacy") await transport.terminateSession();
      await client.close();
    },
    errors,
  };
}

const lines: readonly [name: string, isInSession: boolean, connect: (one: ServedClients) => Promise<Official>][] = [
  ["SDK v1", true, v1],
  ["SDK v2 with a session", true, (one) => v2(one, "legacy")],
  ["SDK v2 without", false, (one) => v2(one, "auto")],
];

for (const [name, isInSession, connect] of lines) {
  describe(`a client on ${name}`, () => {
    test("lists, calls, hears of progress, and gets errors", async () => {
      const one = await servedClients();
      const official = await connect(one);
      expect(await official.tools()).toEqual(["wish"]);
      const steps: unknown[] = [];
      const onprogress = ({ message }: { message?: string | undefined }) => void steps.push(message);
      expect(await official.call({ tag: "a", steps: 3 }, { onprogress })).toMatchObject({ tag: "a" });
      expect(steps).toEqual(["a", "a", "a"]);
      await expect(official.unknown()).rejects.toThrow(/no such method/);
      expect(await official.call({ tag: "long", length: 300_000 })).toMatchObject({ tag: "long" });
      expect([one.arrived.length, one.defects]).toEqual([1, []]);
    });

    test("hears of changes where it listens", async () => {
      const one = await servedClients();
      const official = await connect(one);
      await official.listen();
      one.tell("tools/list_changed");
      await until(
        () => official.changes() === 1,
        () => "a change of the tools",
      );
      one.tell("tools/list_changed");
      await until(
        () => official.changes() === 2,
        () => "another",
      );
      expect(official.errors).toEqual([]);
    });

    test("gets many answers at once, each its own", async () => {
      const one = await servedClients({ turns: () => 1 + Math.floor(Math.random() * 5) });
      const official = await connect(one);
      const tags = Array.from({ length: 60 }, (_, index) => `t${index}`);
      const answers = await Promise.all(
        tags.map((tag, index) => official.call({ tag, steps: index % 2, asks: index % 3 === 0 })),
      );
      expect(answers.map(({ tag }) => tag)).toEqual(tags);
      const asked = answers.filter(({ answer }) => answer !== "nothing");
      expect(asked.length).toBe(isInSession ? 20 : 0);
      for (const { tag, answer } of asked) expect(answer).toBe(tag);
    });

    test("takes a call back", async () => {
      const one = await servedClients();
      const official = await connect(one);
      const abort = new AbortController();
      const call = official.call({ tag: "a", waits: true }, { signal: abort.signal });
      call.catch(() => {});
      await until(
        () => one.heard.some((what) => what.startsWith("tools/call")),
        () => "the call",
      );
      abort.abort();
      await expect(call).rejects.toThrow();
      const told = isInSession ? "notifications/cancelled" : "withdrawn tools/call: the client closed the stream";
      await until(
        () => one.heard.includes(told),
        () => told,
      );
    });

    test("leaves nothing when it goes", async () => {
      const one = await servedClients();
      const official = await connect(one);
      await official.listen();
      await official.tools();
      await official.close();
      const told = isInSession ? "closed" : "withdrawn subscriptions/listen: the client closed the stream";
      await until(
        () => one.heard.includes(told),
        () => told,
      );
      expect(one.clients.size).toBe(isInSession ? 0 : 1);
    });
  });
}

test("a connection that breaks within a call costs a client with a session nothing", async () => {
  const one = await servedClients();
  const broken: AbortController[] = [];
  const client = new Client(about, { capabilities });
  const reconnectionOptions = {
    initialReconnectionDelay: 5,
    maxReconnectionDelay: 5,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 3,
  };
  const breakable: typeof fetch = (url, init) => {
    const abort = new AbortController();
    broken.push(abort);
    return fetch(url, { ...init, signal: AbortSignal.any([abort.signal, ...(init?.signal ? [init.signal] : [])]) });
  };
  const transport = new StreamableHTTPClientTransport(one.url, { reconnectionOptions, fetch: breakable });
  await client.connect(transport as never);
  onTestFinished(() => client.close());
  const steps: unknown[] = [];
  const call = client.callTool({ name: "wish", arguments: { tag: "a", steps: 2, waits: true } }, undefined, {
    onprogress: ({ progress }) => void steps.push(progress),
  });
  await until(
    () => steps.length === 2,
    () => "progress",
  );
  for (const abort of broken) abort.abort();
  await until(
    () => one.release("a"),
    () => "the call that waits",
  );
  expect(jsonIn(await call)).toMatchObject({ tag: "a" });
  expect([steps, one.defects]).toEqual([[1, 2], []]);
});
