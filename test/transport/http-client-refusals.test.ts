import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { until as untilLater } from "../e2e/support/until.ts";
import { answered, chunk, head, rawServer, writeEndlessly } from "../support/http-servers.ts";
import { until } from "../support/turns.ts";
import { event, hello, linkTo, newer, scripted } from "./over-http.ts";

const call = `{"name":"t",${newer}}`;
const reply = '{"jsonrpc":"2.0","id":1,"result":{}}';

describe("an answer without a reply", () => {
  test.each([
    [401, {}, "", "login_required", false, "it answered with HTTP 401; give it an Authorization in headers"],
    [403, {}, "no", "login_required", false, 'it answered with HTTP 403: "no"; give it an Authorization in headers'],
    [400, {}, "bad\r\n\tform\x1b[1m", "unavailable", false, 'it answered with HTTP 400: "bad form\\\\x1b[1m"'],
    [404, {}, "", "unavailable", false, "it answered with HTTP 404"],
    [405, {}, "", "unavailable", false, "it answered with HTTP 405"],
    [406, {}, "", "unavailable", false, "it answered with HTTP 406"],
    [429, { "retry-after": "30" }, "", "unavailable", false, "it answered with HTTP 429 (not before 30 s)"],
    [
      429,
      { "retry-after": "1000000000" },
      "",
      "unavailable",
      false,
      "it answered with HTTP 429 (not before many days)",
    ],
    [503, { "retry-after": "5" }, "", "unavailable", false, "it answered with HTTP 503 (not before 5 s)"],
    [503, {}, "", "bad_reply", true, "it answered with HTTP 503"],
    [500, {}, "<h1>é</h1>", "bad_reply", true, 'it answered with HTTP 500: "<h1>é</h1>"'],
    [502, {}, "x".repeat(9999), "bad_reply", true, `it answered with HTTP 502: "${"x".repeat(199)}…"`],
    [202, {}, "", "bad_reply", true, "it answered with HTTP 202 and no reply"],
    [204, {}, "", "bad_reply", true, "it answered with HTTP 204 and no reply"],
  ])("fails its call alone with HTTP %i %j %j as %s", async (status, headers, body, code, mayHaveRun, text) => {
    const server = await scripted((heard) => {
      if (heard.json.id !== 1) heard.replies();
      else heard.answers(status, Buffer.from(body).toString("latin1"), { "content-type": "text/plain", ...headers });
    });
    const { ask, failure, message } = linkTo(server.url);
    ask(1, "tools/call", call);
    const { retryAfterMs, ...rest } = await failure();
    expect(rest).toEqual({ id: 1, code, text, mayHaveRun });
    const { "retry-after": seconds = "" } = headers as { "retry-after"?: string };
    expect(retryAfterMs).toBe(/^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined);
    ask(2, "tools/call", call);
    await message(0);
  });

  test("tells nothing of what the headers hold", async () => {
    const server = await scripted((heard) =>
      heard.answers(401, `no ${heard.headers["authorization"]} ${heard.headers["x-key"]}`),
    );
    const { ask, failure } = linkTo(server.url, {
      headers: { Authorization: "Bearer abcdefgh", "X-Key": "0123456789" },
    });
    ask(1, "tools/call", call);
    expect((await failure()).text).toBe(
      'it answered with HTTP 401: "no [secret] [secret]"; it does not accept the Authorization in headers of servers.json',
    );
  });

  test.each([
    ["text/html", "<html>\n</html>", 'it answered with text/html instead of a reply: "<html> </html>"'],
    ["", "hi", 'it answered with something instead of a reply: "hi"'],
    ["application/json", '{"jsonrpc":"2.0","method":"x"}', "its answer is not the reply to this request"],
  ])("says that %s came", async (type, body, text) => {
    const server = await scripted((heard) => heard.answers(200, body, { "content-type": type }));
    const { ask, failure } = linkTo(server.url);
    ask(1, "tools/call", call);
    expect(await failure()).toEqual({ id: 1, code: "bad_reply", text, mayHaveRun: true });
  });

  test.each([
    ["not_json", "{"],
    ["not_rpc", `[${reply}]`],
    ["not_rpc", "{}"],
    ["too_deep", reply.replace("{}", "[".repeat(70) + "]".repeat(70))],
    ["bad_utf8", reply.replace("{}", '"\xc3("')],
    ["too_long", reply.replace("{}", `"${"x".repeat(2 << 20)}"`)],
  ])("in JSON is a reply that is spoilt: %s", async (problem, body) => {
    const asStream = event(body);
    for (const isStream of [false, true]) {
      const server = await scripted((heard) => (isStream ? heard.streams()(asStream) : heard.answers(200, body)));
      const { ask, badLines, failures } = linkTo(server.url);
      ask(1, "tools/call", call);
      await until(
        () => badLines.length + failures.length > 0,
        () => "anything",
      );
      // What has no id may be anything, until the stream ends.
      if (isStream && problem === "not_rpc") expect(badLines).toMatchObject([{ problem, id: undefined }]);
      else expect(badLines).toMatchObject([{ problem, id: "1", isObject: true, hasMethod: false }]);
    }
  });
});

describe("an answer that breaks off", () => {
  const lost = { code: "connection_lost", mayHaveRun: true };

  test.each<readonly [string, (socket: Socket) => void]>([
    ["before its head", (socket) => socket.resetAndDestroy()],
    ["before its head, politely", (socket) => socket.end()],
    ["in its head", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-")],
    [
      "behind its head",
      (socket) => socket.end(head(200, { "content-type": "application/json", "content-length": "40" })),
    ],
    [
      "in JSON",
      (socket) => {
        socket.write(head(200, { "content-type": "application/json", "content-length": "90" }));
        socket.end('{"jsonrpc":"2.0",');
      },
    ],
    [
      "in a stream",
      (socket) => {
        socket.write(head(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }));
        socket.write(chunk("data: {"), () => socket.resetAndDestroy());
      },
    ],
    ["in another protocol", (socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n")],
  ])("%s fails its call alone", async (_, breakOff) => {
    const server = await rawServer(({ socket, body }) => {
      if (body.includes('"id":1,')) breakOff(socket);
      else
        socket.write(
          answered(
            200,
            { "content-type": "application/json" },
            reply.replace("1", "2").replace('"2.0","id":1', '"2.0","id":2'),
          ),
        );
    });
    const { ask, failure, failures } = linkTo(server.url);
    ask(1, "tools/call", call);
    expect(await failure()).toMatchObject({ id: 1, ...lost });
    expect(failures[0]?.text).toMatch(/^[a-z\d][^\n]*$/);
  });

  test("does not hold where nobody listens at all: the call did not run", async () => {
    const server = await rawServer(() => {});
    server.end();
    const { ask, failure } = linkTo(server.url);
    ask(1, "tools/call", call);
    expect(await failure()).toMatchObject({ id: 1, code: "unavailable", mayHaveRun: false });
  });
});

describe("an answer without an end", () => {
  test.each<readonly [string, Record<string, string>, Buffer]>([
    ["JSON", { "content-type": "application/json" }, Buffer.from(" ".repeat(65536))],
    ["data of an event", { "content-type": "text/event-stream" }, Buffer.from("x".repeat(65536))],
    ["a page", { "content-type": "text/html" }, Buffer.from("<p>".repeat(20000))],
  ])("is given up at the bound: %s", async (type, headers, piece) => {
    const server = await rawServer(({ socket }) => {
      socket.write(head(200, headers));
      if (type.startsWith("data")) socket.write("data: ");
      writeEndlessly(socket, () => piece);
    });
    const { ask, failures, badLines } = linkTo(server.url);
    ask(1, "tools/call", call);
    await until(
      () => failures.length + badLines.length > 0,
      () => "its end",
    );
    expect([...failures, ...badLines]).toHaveLength(1);
  });

  test("that comes packed is given up as well", async () => {
    const bomb = gzipSync(Buffer.alloc(300 << 20, " "));
    const server = await rawServer(({ socket }) => {
      socket.write(answered(200, { "content-type": "application/json", "content-encoding": "gzip" }, bomb));
    });
    const before = process.memoryUsage().rss;
    const { ask, badLines, failures } = linkTo(server.url);
    ask(1, "tools/call", call);
    // It is unpacked beside the event loop, whose turns say nothing of how long that takes.
    await untilLater("its end", () => failures.length + badLines.length > 0);
    expect(badLines).toMatchObject([{ problem: "too_long", id: "1" }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });

  test("of comments holds nobody up, and ends with the call", async () => {
    let isGone = false;
    const server = await rawServer(({ socket, body }) => {
      if (!body.includes('"id":1,'))
        socket.write(answered(200, { "content-type": "application/json" }, reply.replace(":1", ":2")));
      else {
        socket.on("close", () => {
          isGone = true;
        });
        socket.write(head(200, { "content-type": "text/event-stream" }));
        for (let n = 0; n < 100; n++) socket.write(": still here\n\n");
      }
    });
    const { ask, notify, message } = linkTo(server.url);
    ask(1, "tools/call", call);
    ask(2, "tools/call", call);
    await message(0);
    notify("notifications/cancelled", '{"requestId":1}');
    await until(
      () => isGone,
      () => "the end of the stream",
    );
  });
});

describe("a redirect", () => {
  test.each([307, 308])("with HTTP %i within the server is followed, with all that was sent", async (status) => {
    const server = await scripted((heard) => {
      if (heard.path === "/mcp") heard.answers(status, "", { location: "/v2/mcp" });
      else heard.replies();
    });
    const { ask, message } = linkTo(server.url, { headers: { Authorization: "Bearer t" } });
    ask(1, "tools/call", call);
    await message(0);
    expect(server.heard[1]).toMatchObject({ path: "/v2/mcp", method: "POST", body: server.heard[0]?.body });
    expect(server.heard[1]?.headers["authorization"]).toBe("Bearer t");
  });

  test.each([
    [
      "to another server",
      307,
      "http://169.254.169.254/latest?token=secret",
      "it redirects with HTTP 307 to http://169.254.169.254/latest, which is another server: if that is right, put it into url",
    ],
    [
      "that changes the method",
      302,
      "/login",
      "it redirects with HTTP 302 to ORIGIN/login, where a message cannot follow: put that into url",
    ],
    ["in a circle", 307, "/mcp", "it redirects with HTTP 307 to ORIGIN/mcp, after 3 redirects before that"],
    ["to nowhere", 307, "http://[", "it answered with HTTP 307"],
    [
      "to a file",
      307,
      "file:///etc/passwd",
      "it redirects with HTTP 307 to file:///etc/passwd, which is another server: if that is right, put it into url",
    ],
  ])("%s is refused, and the call did not run", async (_, status, location, text) => {
    const server = await scripted((heard) => heard.answers(status, "", { location }));
    const { ask, failure } = linkTo(server.url);
    ask(1, "tools/call", call);
    const { text: said, ...rest } = await failure();
    expect(said).toBe(text.replace("ORIGIN", server.url.origin));
    expect(rest).toEqual({ id: 1, code: "unavailable", mayHaveRun: false });
  });
});

describe("a server that takes no posted messages", () => {
  const opening = '{"protocolVersion":"2025-11-25","capabilities":{}}';

  test.each([400, 404, 405])("and says so with HTTP %i is spoken with by the older transport", async (status) => {
    const server = await scripted((heard) => {
      if (heard.path === "/mcp" && heard.method === "POST") heard.answers(status, "no");
      else if (heard.method === "GET") {
        const write = heard.streams();
        write("event: endpoint\ndata: /messages?s=1\n\n");
        void server.next("initialize", 1).then(() => write(event(`{"jsonrpc":"2.0","id":1,${hello}}`)));
      } else heard.answers(202, "Accepted");
    });
    const { ask, message, link, closed, failures } = linkTo(server.url);
    ask(1, "initialize", opening);
    expect(await message(0)).toContain("2025-06-18");
    expect(server.heard.at(-1)?.path).toBe("/messages?s=1");
    expect(failures).toEqual([]);
    await link.stop();
    expect(closed).toHaveLength(1);
    expect(server.lines()).not.toContain("DELETE");
  });

  test("nor streams anything is not there", async () => {
    const server = await scripted((heard) => heard.answers(404, "nothing here"));
    const { ask, failure, closed } = linkTo(server.url);
    ask(1, "initialize", opening);
    expect(await failure()).toMatchObject({ id: 1, code: "unavailable", mayHaveRun: false });
    expect((await failure()).text).toMatch(
      /^it answered with HTTP 404: "nothing here"; asked for a stream of events instead, /,
    );
    expect(closed).toEqual([]);
  });

  test.each([401, 403, 500])("with HTTP %i is another matter", async (status) => {
    const server = await scripted((heard) => heard.answers(status, ""));
    const { ask, failure } = linkTo(server.url);
    ask(1, "initialize", opening);
    await failure();
    expect(server.lines()).toEqual(["initialize"]);
  });
});
