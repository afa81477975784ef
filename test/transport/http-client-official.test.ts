import { describe, expect, test, vi } from "vitest";
import { readParamHeaders } from "../../src/catalog/param-headers.ts";
import { patient } from "../e2e/support/until.ts";
import { officialHttpV1, officialHttpV2, officialHttpWithHeaders } from "./official-http.ts";
import { type Ended, type Remote, startRemote } from "./remote.ts";

function said({ result, error, failure }: Ended): unknown {
  return result === undefined ? (error ?? failure?.message) : JSON.parse(result.content[0].text);
}

function toolsOf({ downstream }: Remote): string[] {
  return downstream.offer.tools.definitions.map(({ key }) => key);
}

async function ready(remote: Remote): Promise<void> {
  await remote.started;
  expect(remote.downstream.state).toMatchObject({ kind: "ready" });
}

const variants = [
  ["v1, in streams", "legacy", () => officialHttpV1()],
  ["v1, in JSON", "legacy", () => officialHttpV1({ isJson: true })],
  ["v1, without resumption", "legacy", () => officialHttpV1({ isResumable: false })],
  ["v2, of the newer era", "modern", () => officialHttpV2({ legacy: "reject" })],
  ["v2, of the newer era, in streams", "modern", () => officialHttpV2({ responseMode: "sse" })],
] as const;

describe.each(variants)("an official server on %s", (variant, era, start) => {
  test("is greeted, listed, and answers 64 calls at once", async () => {
    const server = await start();
    const remote = startRemote(server.url);
    await ready(remote);
    expect(remote.learnt).toEqual([era]);
    expect(toolsOf(remote)).toEqual(["echo", "count", "hang", "drop", "ask"]);
    const calls = Array.from({ length: 64 }, (_, n) => remote.call("echo", `{"n":${n}}`).ended);
    expect((await Promise.all(calls)).map(said)).toEqual(Array.from({ length: 64 }, (_, n) => ({ name: "echo", n })));
    expect(server.ran.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 64 }, (_, n) => n));
    expect(remote.oddities).toEqual([]);
  });

  test("is greeted at once where its era is known", async () => {
    const server = await start();
    const remote = startRemote(server.url, { known: era });
    await ready(remote);
    expect(remote.learnt).toEqual([era]);
  });

  test.skipIf(variant.includes("JSON"))("tells of progress to the call it belongs to", async () => {
    const server = await start();
    const remote = startRemote(server.url);
    await ready(remote);
    const calls = [3, 4, 5].map((n) => remote.call("count", `{"n":${n}}`).ended);
    const ended = await Promise.all(calls);
    expect(ended.map(({ progress }) => progress)).toEqual(
      [3, 4, 5].map((n) => Array.from({ length: n }, (_, at) => `${n}: ${at + 1}`)),
    );
  });

  test("hears that a call is cancelled, and goes on with the others", async () => {
    const server = await start();
    const remote = startRemote(server.url);
    await ready(remote);
    const [one, other] = [remote.call("hang", '{"n":1}'), remote.call("hang", '{"n":2}')];
    await vi.waitFor(() => expect(server.hanging.size).toBe(2), patient);
    one.cancel();
    await vi.waitFor(() => expect(server.aborted).toEqual([1]), patient);
    expect(said(await remote.call("echo", '{"n":3}').ended)).toEqual({ name: "echo", n: 3 });
    other.cancel();
    await vi.waitFor(() => expect(server.aborted).toEqual([1, 2]), patient);
  });

  test("says when its tools change", async () => {
    const server = await start();
    const remote = startRemote(server.url);
    await ready(remote);
    if (era === "legacy") await vi.waitFor(() => expect(server.answered).toContain("POST 202"), patient);
    await vi.waitFor(
      async () => {
        if (!toolsOf(remote).includes("more")) await server.grow();
        expect(toolsOf(remote)).toContain("more");
      },
      { ...patient, interval: 300 },
    );
  });
});

describe("a server with sessions", () => {
  test("that lets a stream break off is asked for the rest of it, and the call runs once", async () => {
    const server = await officialHttpV1();
    const remote = startRemote(server.url);
    await ready(remote);
    const calls = [1, 2, 3].map((n) => remote.call("drop", `{"n":${n}}`).ended);
    expect((await Promise.all(calls)).map(said)).toEqual([1, 2, 3].map((n) => ({ name: "drop", n })));
    expect(server.ran.toSorted()).toEqual([1, 2, 3]);
  });

  test("asks within a call, and is answered", async () => {
    const server = await officialHttpV1();
    const remote = startRemote(server.url, {
      answer: (method) => `"result":{"roots":[{"uri":"file:///${method}"}]}`,
    });
    await ready(remote);
    const calls = [1, 2, 3, 4].map((n) => remote.call("ask", `{"n":${n}}`).ended);
    for (const ended of await Promise.all(calls))
      expect(said(ended)).toEqual({ roots: [{ uri: "file:///roots/list" }] });
  });

  test("that has forgotten it is greeted anew, once, and what it refused runs once", async () => {
    const server = await officialHttpV1();
    const remote = startRemote(server.url);
    await ready(remote);
    const slow = remote.call("hang", '{"n":0}');
    await vi.waitFor(() => expect(server.hanging.size).toBe(1), patient);
    await server.forget();
    const calls = Array.from({ length: 16 }, (_, n) => remote.call("echo", `{"n":${n + 1}}`).ended);
    expect((await Promise.all(calls)).map(said)).toEqual(
      Array.from({ length: 16 }, (_, n) => ({ name: "echo", n: n + 1 })),
    );
    const { failure } = await slow.ended;
    expect(failure).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    expect(server.ran.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 17 }, (_, n) => n));
    expect(server.sessions()).toBe(1);
    expect(remote.renewals()).toBe(1);
  });

  test("is told when tutti leaves", async () => {
    const server = await officialHttpV1();
    const remote = startRemote(server.url);
    await ready(remote);
    await remote.downstream.stop();
    expect(server.sessions()).toBe(0);
  });
});

describe("a tool that wants arguments in headers", () => {
  const args = '{"region":" Größe ","deep":{"zone":42.0}}';

  test("gets them, as its definition says", async () => {
    const server = await officialHttpWithHeaders();
    const remote: Remote = startRemote(server.url, {
      paramHeaders: () => {
        const [definition] = remote.downstream.offer.tools.definitions;
        const read = definition === undefined ? [] : readParamHeaders(definition.bytes);
        return typeof read === "string" ? [] : read;
      },
    });
    await ready(remote);
    const called = remote.call("route", Buffer.from(args).toString("latin1"));
    expect(said(await called.ended)).toEqual({ region: " Größe ", deep: { zone: 42 } });
  });

  test("refuses a call without them, in an error of its own", async () => {
    const server = await officialHttpWithHeaders();
    const remote = startRemote(server.url);
    await ready(remote);
    expect((await remote.call("route", Buffer.from(args).toString("latin1")).ended).error).toMatch(/^-32020 /);
  });
});

test("a server of both eras is spoken with in the newer one", async () => {
  const server = await officialHttpV2();
  const remote = startRemote(server.url);
  await ready(remote);
  expect(remote.downstream.era).toBe("modern");
});

test("a server that only has the older era without sessions is spoken with so where that is known", async () => {
  const server = await officialHttpV2();
  const remote = startRemote(server.url, { known: "legacy" });
  await ready(remote);
  expect(remote.downstream.era).toBe("legacy");
  expect(said(await remote.call("echo", '{"n":1}').ended)).toEqual({ name: "echo", n: 1 });
});
