import type { ServerResponse } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test } from "vitest";
import { slot } from "../../src/wire/members.ts";
import { httpServer } from "../support/http-servers.ts";
import { until } from "../support/turns.ts";
import { notice, open, peer, posted, refusal, reply, request, told } from "./sse-peer.ts";

describe("with the official SDK's server", () => {
  test("a session goes from its greeting to its end", async () => {
    const transports = new Map<string, SSEServerTransport>();
    let ended = 0;
    const { url } = await httpServer((incoming, response) => {
      void (async () => {
        if (incoming.method === "GET") {
          const transport = new SSEServerTransport("/messages", response);
          transports.set(transport.sessionId, transport);
          const server = new Server({ name: "x", version: "1" }, { capabilities: { tools: {} } });
          server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
            content: [{ type: "text", text: JSON.stringify(params.arguments) }],
          }));
          server.onclose = () => void ended++;
          await server.connect(transport);
        } else {
          const session = new URL(incoming.url ?? "", "http://x").searchParams.get("sessionId") ?? "";
          await transports.get(session)?.handlePostMessage(incoming, response);
        }
      })();
    });
    const heard = await open(url);
    const { link, messages } = heard;
    const hello = '{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"t","version":"1"}}';
    link.send(request(1, "initialize", hello));
    await told(heard, 1);
    link.send(notice("notifications/initialized"));
    for (let id = 2; id < 22; id++)
      link.send(request(id, "tools/call", `{"name":"a","arguments":{"n":${id},"t":"\xc3\xa9"}}`));
    await told(heard, 21);
    const texts = messages.slice(1).map((message) => [message.integer(slot.id), message.raw(slot.result)] as const);
    expect(new Map(texts)).toEqual(
      new Map(
        Array.from({ length: 20 }, (_, at) => [
          at + 2,
          `{"content":[{"type":"text","text":"{\\"n\\":${at + 2},\\"t\\":\\"\xc3\xa9\\"}"}]}`,
        ]),
      ),
    );
    expect(link.queuedBytes()).toBe(0);
    await link.stop();
    await until(
      () => ended > 0,
      () => "the end of the session",
    );
    expect(heard.heard.at(-1)).toBe("closed: it was stopped");
  });
});

describe("a stream", () => {
  test("brings messages, and bad ones alone; comments and other events are nothing", async () => {
    const server = await peer();
    const heard = await open(server.url);
    server.stream().write(": idle\n\nevent: ping\ndata: 1\n\ndata:\n\n");
    server.say(notice("a"));
    server.say("nonsense");
    server.say(reply(7, `"${"x".repeat(200_000)}"`));
    server.say("[1]");
    server.stream().write(`data: ${reply(8)}\r\n\r\n`);
    expect(await told(heard, 5)).toEqual([
      "notification a",
      "bad not_json undefined",
      "bad too_long 7",
      "bad not_rpc undefined",
      "reply 8",
    ]);
  });

  for (const [how, end, reason] of [
    ["ends", (stream: ServerResponse) => void stream.end(), "its stream of events ended"],
    ["is reset", (stream: ServerResponse) => void stream.socket?.resetAndDestroy(), "its stream of events broke off: "],
  ] as const) {
    test(`that ${how} closes the link, once, and gives up what is under way`, async () => {
      const server = await peer();
      const heard = await open(server.url);
      heard.link.send(request(1));
      const [post] = await posted(server, 1);
      let isGone = false;
      post?.response.on("close", () => (isGone = true));
      end(server.stream());
      await told(heard, 1);
      await until(
        () => isGone,
        () => "the end of the POST",
      );
      heard.link.send(request(2));
      heard.link.kill();
      expect(heard.heard.length).toBe(1);
      expect(heard.heard[0]).toContain(`closed: ${reason}`);
      expect([heard.link.queuedBytes(), server.posts.length]).toEqual([0, 1]);
    });
  }

  test("waits with the server while the link is paused", async () => {
    const server = await peer();
    const heard = await open(server.url);
    heard.link.pause();
    const line = `data: ${reply(1, `"${"x".repeat(60_000)}"`)}\n\n`;
    let written = 0;
    while (server.stream().write(line) || written < 4_000_000) written += line.length;
    server.say(reply(2));
    // The system's buffers fill, and then nothing moves.
    let seen = -1;
    await until(
      () => {
        const before = seen;
        seen = server.stream().writableLength;
        return seen === before;
      },
      () => "a server that waits",
    );
    expect(seen).toBeGreaterThan(0);
    expect(heard.heard.length).toBeLessThan(5);
    heard.link.resume();
    await until(
      () => heard.heard.at(-1) === "reply 2",
      () => "what came last",
    );
  });

  test("that is one endless event costs nobody else anything", async () => {
    const server = await peer();
    const heard = await open(server.url);
    server.stream().write(`data: {"jsonrpc":"2.0","id":3,"result":"`);
    for (let index = 0; index < 100; index++) server.stream().write("x".repeat(64 * 1024));
    heard.link.send(request(4));
    await posted(server, 1);
    server.stream().write(`"}\n\n`);
    server.say(reply(4));
    expect(await told(heard, 2)).toEqual(["bad too_long 3", "reply 4"]);
  });
});

describe("it is not opened", () => {
  for (const [what, start, reason] of [
    [
      "the address is of another server",
      "event: endpoint\ndata: http://evil.example/m\n\n",
      "its stream named an address of another server: http://evil.example",
    ],
    [
      "the address is of another port",
      "event: endpoint\ndata: http://127.0.0.1:1/m\n\n",
      "its stream named an address of another server: http://127.0.0.1:1",
    ],
    ["the address is none", "event: endpoint\ndata: http://[\n\n", "its stream named no address"],
    ["the address is endless", `event: endpoint\ndata: /${"x".repeat(5000)}\n\n`, "its stream named no address"],
    ["there is only silence", ": idle\n\ndata: {}\n\n", "it did not say within 0.1 s where messages go"],
  ] as const) {
    test(`where ${what}`, async () => {
      const server = await peer(start);
      expect(await refusal(server.url, { openMs: 100 })).toBe(`unavailable: ${reason}`);
      await until(
        () => server.stream().destroyed,
        () => "the end of the stream",
      );
    });
  }

  for (const [what, answer, reason] of [
    [
      "it answers with 404",
      (response: ServerResponse) => response.writeHead(404).end("no"),
      'unavailable: it answered with HTTP 404: "no"',
    ],
    [
      "it wants a login",
      (response: ServerResponse) => response.writeHead(401).end(),
      "login_required: it answered with HTTP 401; give it an Authorization in headers",
    ],
    [
      "it answers with a page",
      (response: ServerResponse) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
      'unavailable: it answered a GET with "text/html", which is no stream of events',
    ],
    [
      "the stream ends at once",
      (response: ServerResponse) => response.writeHead(200, { "content-type": "text/event-stream" }).end(),
      "unavailable: its stream of events ended before it said where messages go",
    ],
    ["it never answers", () => {}, "unavailable: it did not say within 0.1 s where messages go"],
    [
      "it redirects to another server",
      (response: ServerResponse) => response.writeHead(302, { location: "http://evil.example/" }).end(),
      "unavailable: it redirects with HTTP 302 to http://evil.example/, which is another server: if that is right, put it into url",
    ],
  ] as const) {
    test(`where ${what}`, async () => {
      const server = await httpServer((_, response) => void answer(response));
      expect(await refusal(server.url, { openMs: 100 })).toBe(reason);
    });
  }
});
