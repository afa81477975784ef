import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";

const about = '"capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"}';

/** A stage with one server that answers `initialize` with these members. */
function greeted(answer: string | undefined) {
  return stage({ servers: { alpha: { tools: ["echo"], answers: { initialize: () => answer } } } });
}

describe("the handshake with a server", () => {
  test("asks for our newest revision, says who we are, and is confirmed before the list is asked for", async () => {
    const { servers } = await stage({ servers: { alpha: { tools: ["echo"] } } });
    const [initialize, initialized, list] = servers.alpha.heard;
    expect(initialize).toBe(
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},' +
        '"clientInfo":{"name":"tutti","version":"1.2.3"}}}',
    );
    expect(initialized).toBe('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    expect(JSON.parse(list as string)).toMatchObject({ method: "tools/list", params: {} });
  });

  for (const revision of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
    test(`succeeds with a server that speaks ${revision}`, async () => {
      const { client, downstreams } = await stage({ servers: { alpha: { tools: ["echo"], revision } } });
      expect(downstreams.alpha.state).toMatchObject({
        kind: "ready",
        greeting: { protocolVersion: revision, serverInfo: { name: "fake", version: "1" } },
      });
      expect(await client.tools(1)).toEqual(["alpha__echo"]);
    });
  }

  test("asks for no tools where the server has none", async () => {
    const { servers, downstreams } = await greeted('"result":{"protocolVersion":"2025-11-25","capabilities":{}}');
    expect(downstreams.alpha.state).toMatchObject({ kind: "ready", greeting: { hasTools: false } });
    expect(servers.alpha.count("tools/list")).toBe(0);
  });

  for (const info of ["", ',"serverInfo":{}', ',"serverInfo":{"name":7,"version":null}']) {
    test(`needs no more of the server than its revision: ${info || "no serverInfo"}`, async () => {
      const { downstreams } = await greeted(
        `"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}${info}}`,
      );
      expect(downstreams.alpha.state).toMatchObject({
        kind: "ready",
        greeting: { serverInfo: { name: "", version: "" } },
      });
    });
  }

  const failures: readonly (readonly [answer: string, reason: string])[] = [
    [
      `"result":{"protocolVersion":"1999-01-01",${about}}`,
      'it speaks protocol version "1999-01-01"; tutti speaks 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05',
    ],
    [`"result":{"protocolVersion":7,${about}}`, "its answer to initialize is not one of the protocol"],
    ['"result":{}', "its answer to initialize is not one of the protocol"],
    ['"result":null', "its answer to initialize is not one of the protocol"],
    ['"result":[]', "its answer to initialize is not one of the protocol"],
    ['"error":{"code":-32000,"message":"no licence"}', "it refused to initialize: no licence (-32000)"],
    ['"result":{oops}', "its answer to initialize cannot be read (not_json)"],
  ];
  for (const [answer, reason] of failures) {
    test(`fails with ${answer}, and calls say why`, async () => {
      const { client, downstreams } = await greeted(answer);
      expect(downstreams.alpha.state).toEqual({ kind: "down", reason, isFailure: true });
      client.call(1, "alpha__echo");
      expect((await client.failure(1)).text).toBe(`alpha: ${reason}. The call did not run.`);
      expect(downstreams.alpha.openRequests).toBe(0);
    });
  }

  test("fails when the server refuses to list its tools, and calls say why", async () => {
    const { downstreams } = await stage({
      servers: { alpha: { answers: { "tools/list": () => '"error":{"code":1,"message":"no"}' } } },
    });
    expect(downstreams.alpha.state).toMatchObject({ kind: "down", reason: "tools/list failed: no (1)" });
  });

  for (const method of ["initialize", "tools/list"]) {
    test(`fails when the server goes away at ${method}`, async () => {
      const { client, downstreams } = await stage({
        servers: {
          alpha: {
            answers: {
              [method]: (_request, server) => {
                server.crash();
                return undefined;
              },
            },
          },
        },
      });
      expect(downstreams.alpha.state).toEqual({ kind: "down", reason: "its output ended", isFailure: true });
      client.call(1, "alpha__echo");
      expect((await client.failure(1)).text).toBe("alpha: its output ended. The call did not run.");
    });
  }

  test("is one line in what it fails with, whatever the server says", async () => {
    const { downstreams } = await greeted('"error":{"code":1,"message":"one\\ntwo\\r\\nthree"}');
    expect(downstreams.alpha.state).toMatchObject({ reason: "it refused to initialize: one two three (1)" });
  });
});
