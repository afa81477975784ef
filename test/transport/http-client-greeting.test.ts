import { describe, expect, test } from "vitest";
import { officialHttpV2 } from "./official-http.ts";
import { event, type Heard, hello, type Scripted, scripted } from "./over-http.ts";
import { type Remote, startRemote } from "./remote.ts";

const about = '"capabilities":{},"ttlMs":0,"cacheScope":"private"';
const discovery = `"result":{"resultType":"complete","supportedVersions":["2026-07-28"],${about}}`;

/** A server of the older era that answers `server/discover` so. */
function older(probed: (heard: Heard) => void): (heard: Heard) => void {
  return (heard) => {
    const method = heard.json?.method;
    if (method === "server/discover") probed(heard);
    else if (method === "initialize") heard.replies(hello, { "mcp-session-id": "s" });
    else if (heard.method === "POST") heard.answers(202, "");
    else heard.answers(heard.method === "GET" ? 405 : 200, "");
  };
}

async function greeted(
  answer: (heard: Heard) => void,
  options: Parameters<typeof startRemote>[1] = {},
): Promise<{ readonly server: Scripted; readonly remote: Remote }> {
  const server = await scripted(answer);
  const remote = startRemote(server.url, options);
  await remote.started;
  return { server, remote };
}

function error(code: number, data = "{}"): string {
  return `{"jsonrpc":"2.0","id":null,"error":{"code":${code},"message":"no","data":${data}}}`;
}

describe("a server over HTTP", () => {
  test("is of the newer era where it answers the probe", async () => {
    const { server, remote } = await greeted((heard) => heard.replies(discovery));
    expect(remote.learnt).toEqual(["modern"]);
    expect(server.lines()[0]).toBe("server/discover");
    expect(server.heard[0]?.headers).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "server/discover",
    });
  });

  test.each([
    ["speaks another version of it as well", error(-32022, '{"supported":["2026-07-28"],"requested":"x"}')],
    ["wants a client that can do something", error(-32021, '{"requiredCapabilities":{"roots":{}}}')],
  ])("is asked once more where it %s", async (_, body) => {
    let asked = 0;
    const { server, remote } = await greeted((heard) =>
      asked++ === 0 ? heard.answers(400, body) : heard.replies(discovery),
    );
    expect(remote.learnt).toEqual(["modern"]);
    expect(server.lines().slice(0, 2)).toEqual(["server/discover", "server/discover"]);
  });

  test.each<readonly [string, (heard: Heard) => void]>([
    ["HTTP 400 and no JSON", (heard) => heard.answers(400, "Bad Request")],
    ["HTTP 400 and an error of its own", (heard) => heard.answers(400, error(-32000))],
    ["HTTP 404", (heard) => heard.answers(404, "")],
    ["HTTP 405", (heard) => heard.answers(405, "")],
    ["HTTP 406", (heard) => heard.answers(406, "")],
    ["HTTP 422 and JSON of its own", (heard) => heard.answers(422, '{"detail":"no"}')],
    ["HTTP 500", (heard) => heard.answers(500, "oops")],
    ["an unknown method", (heard) => heard.replies('"error":{"code":-32601,"message":"no"}')],
    [
      "an unknown method in a stream",
      (heard) =>
        heard.streams()(event(`{"jsonrpc":"2.0","id":${heard.json.id},"error":{"code":-32601,"message":"no"}}`)),
    ],
    ["HTTP 202", (heard) => heard.answers(202, "")],
    ["a broken connection", (heard) => void heard.response.destroy()],
  ])("is greeted in the older way where it answers the probe with %s", async (_, probed) => {
    const { server, remote } = await greeted(older(probed));
    expect(remote.downstream.state).toMatchObject({ kind: "ready" });
    expect(remote.learnt).toEqual(["legacy"]);
    await server.next("GET");
    expect(server.lines().slice(0, 4)).toEqual(["server/discover", "initialize", "notifications/initialized", "GET"]);
  });

  test("is greeted in the older way where it does not answer the probe at all", async () => {
    const { remote } = await greeted(
      older(() => {}),
      { config: { connectTimeoutMs: 1000 } },
    );
    expect(remote.learnt).toEqual(["legacy"]);
  });

  test("is spoken with by the oldest transport where it knows neither", async () => {
    let write = (_: string): void => {};
    const { remote, server } = await greeted((heard) => {
      if (heard.method === "GET") {
        write = heard.streams();
        write("event: endpoint\ndata: /post\n\n");
      } else if (heard.path !== "/post") heard.answers(405, "");
      else {
        heard.answers(202, "Accepted");
        if (heard.json.method === "initialize") write(event(`{"jsonrpc":"2.0","id":${heard.json.id},${hello}}`));
        if (heard.json.method === "tools/call")
          write(event(`{"jsonrpc":"2.0","id":${heard.json.id},"result":{"content":[{"type":"text","text":"1"}]}}`));
      }
    });
    expect(remote.downstream.state).toMatchObject({ kind: "ready" });
    expect(remote.learnt).toEqual(["legacy"]);
    expect(server.lines().slice(0, 4)).toEqual(["server/discover", "initialize", "GET", "initialize"]);
    const { result } = await remote.call("t").ended;
    expect(result.content).toEqual([{ type: "text", text: "1" }]);
  });

  test("that was of the older era is found to be of the newer one", async () => {
    const server = await officialHttpV2({ legacy: "reject" });
    const remote = startRemote(server.url, { known: "legacy" });
    await remote.started;
    expect(remote.learnt).toEqual(["modern"]);
  });

  test("that was of the newer era is found to be of the older one", async () => {
    const { remote } = await greeted(
      older((heard) => heard.answers(404, "")),
      { known: "modern" },
    );
    expect(remote.learnt).toEqual(["legacy"]);
  });

  test.each([401, 403])("that asks for a login with HTTP %i is down, and says why", async (status) => {
    const { remote, server } = await greeted((heard) => heard.answers(status, ""));
    const reason = `it answered with HTTP ${status}; give it an Authorization in headers`;
    expect(remote.downstream.state).toMatchObject({ kind: "down", isFailure: true, reason });
    expect(server.heard.length).toBeLessThan(6);
    expect(server.lines()).not.toContain("GET");
  });

  test("that is not there is down, and says where", async () => {
    const { server } = await greeted((heard) => heard.replies(discovery));
    server.end();
    const remote = startRemote(server.url);
    await remote.started;
    expect(remote.downstream.state).toMatchObject({
      kind: "down",
      reason: expect.stringContaining(`127.0.0.1:${server.port}`),
    });
  });
});
