import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { httpServer } from "../support/http-servers.ts";
import { until } from "../support/turns.ts";
import { Source } from "./slow.ts";
import { notice, open, type Posted, peer, posted, reply, request, told } from "./sse-peer.ts";

describe("a POST", () => {
  test("goes to the address that the stream named, with the user's headers", async () => {
    const server = await peer();
    const heard = await open(server.url, {}, { Authorization: "Bearer x" });
    heard.link.send([Buffer.from(request(1).slice(0, 9)), Buffer.from(request(1).slice(9))]);
    const [post] = await posted(server, 1);
    expect([post?.path, post?.body]).toEqual(["/messages?session=1", request(1)]);
    expect(post?.headers).toMatchObject({ authorization: "Bearer x", "content-type": "application/json" });
  });

  test("that is refused fails its request alone", async () => {
    const server = await peer();
    const heard = await open(server.url);
    for (const id of [1, 2, 3, 4, 5]) heard.link.send(request(id));
    const posts = await posted(server, 5);
    const of = (id: number): ServerResponse => (posts.find(({ body }) => body === request(id)) as Posted).response;
    of(1).writeHead(400).end("Invalid\nmessage");
    of(2).writeHead(401).end();
    of(3).socket?.destroy();
    of(4).writeHead(404).end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}');
    of(5).writeHead(202).end("Accepted");
    await told(heard, 4);
    server.say(reply(5));
    const all = (await told(heard, 5)).map((line) => line.replace(/127\.0\.0\.1:\d+/, "SERVER")).sort();
    expect(all).toEqual([
      'failed 1 unavailable false: it answered with HTTP 400: "Invalid message"',
      "failed 2 login_required false: it answered with HTTP 401; give it an Authorization in headers",
      "failed 3 connection_lost true: SERVER closed the connection before it answered (ECONNRESET)",
      "reply 4",
      "reply 5",
    ]);
  });

  test("that fails after the reply has come says nothing, nor does one that nobody waits for", async () => {
    const server = await peer();
    const heard = await open(server.url);
    heard.link.send(request(1));
    heard.link.send(notice("a"));
    const posts = await posted(server, 2);
    server.say(reply(1));
    await told(heard, 1);
    for (const { response } of posts) response.writeHead(500).end();
    heard.link.send(request(2));
    await posted(server, 3);
    server.say(reply(2));
    expect(await told(heard, 2)).toEqual(["reply 1", "reply 2"]);
  });

  test("waits until the server knows that we are ready, and for no other", async () => {
    const server = await peer();
    const heard = await open(server.url);
    const { link } = heard;
    link.send(notice("notifications/initialized"));
    link.send(request(1));
    link.send(request(2));
    const [ready] = await posted(server, 1);
    server.say(notice("later"));
    await told(heard, 1);
    expect(server.posts.length).toBe(1);
    ready?.response.writeHead(202).end();
    await posted(server, 3);
  });

  test("of a request that is cancelled is given up", async () => {
    const server = await peer();
    const { link, heard } = await open(server.url);
    link.send(request(1));
    const [post] = await posted(server, 1);
    let isGone = false;
    post?.response.on("close", () => (isGone = true));
    link.send(notice("notifications/cancelled", '{"requestId":1}'));
    await until(
      () => isGone,
      () => "the end of the POST",
    );
    await posted(server, 2);
    expect(heard).toEqual([]);
  });

  test("that the server does not read counts as waiting, and holds up who sends more", async () => {
    const server = await httpServer((incoming, response) => {
      if (incoming.method !== "GET") return void incoming.pause();
      response.writeHead(200, { "content-type": "text/event-stream" }).write("event: endpoint\ndata: /m\n\n");
    });
    const { link } = await open(server.url);
    const source = new Source();
    const text = notice("a", `"${"x".repeat(32_000_000)}"`);
    link.send([Buffer.from(text)], source);
    expect([link.queuedBytes(), source.isPaused]).toEqual([text.length, true]);
    await link.stop();
    await until(
      () => !source.isPaused,
      () => "the end of the wait",
    );
    expect(link.queuedBytes()).toBe(0);
  });
});
