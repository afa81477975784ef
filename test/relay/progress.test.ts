import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";
import { openPlans, said } from "./call-tools-stage.ts";

const alpha = { tools: ["echo"] };
const method = "notifications/progress";

describe("progress", () => {
  const tokens = ["0", "1", "7", "9007199254740993", "1.0", '""', '"1"', '"a\\u0041é😀"', `"${"x".repeat(40_000)}"`];
  for (const token of tokens) {
    test(`comes back under the client's token, every other byte as it was: ${token.slice(0, 40)}`, async () => {
      const { client, servers } = await stage({ servers: { alpha } });
      client.callWithProgress(5, "alpha__echo", token);
      const { id, line } = await servers.alpha.call();
      expect(line.text).toContain(`"_meta":{"progressToken":${id}}`);
      const progress = (own: string) =>
        `{ "method":"${method}","params":{"more":1.0,"progressToken": ${own} ,"progress":1e0,"message":"\\u0041"},"x":-0,"jsonrpc":"2.0"}`;
      servers.alpha.send(progress(id));
      expect((await client.notification(method)).text).toBe(progress(token));
    });
  }

  test("of several calls goes to each under its own token, also where clients use one twice", async () => {
    const { client, servers } = await stage({ servers: { alpha, beta: alpha } });
    client.callWithProgress(1, "alpha__echo", '"same"');
    client.callWithProgress(2, "beta__echo", '"same"');
    client.callWithProgress(3, "beta__echo", '"other"');
    (await servers.alpha.call()).progress(',"progress":1');
    expect((await client.notification(method)).json.params).toEqual({ progressToken: "same", progress: 1 });
    (await servers.beta.call()).progress(',"progress":2');
    expect((await client.notification(method)).json.params).toEqual({ progressToken: "same", progress: 2 });
    (await servers.beta.call()).progress(',"progress":3');
    expect((await client.notification(method)).json.params).toEqual({ progressToken: "other", progress: 3 });
  });

  test("is not written together with the reply that follows it, which the official clients would drop it for", async () => {
    const { client, servers, streams } = await stage({ servers: { alpha } });
    const written: string[] = [];
    streams[0]?.output.on("data", (chunk: Buffer) => written.push(chunk.toString()));
    client.callWithProgress(1, "alpha__echo", 1);
    client.call(2, "alpha__echo");
    const [{ id }, other] = [await servers.alpha.call(), await servers.alpha.call()];
    const progress = `{"jsonrpc":"2.0","method":"${method}","params":{"progressToken":${id},"progress":1}}`;
    const replies = [id, other.id].map((one) => `{"jsonrpc":"2.0","id":${one},"result":{}}`);
    servers.alpha.send([progress, ...replies].join("\n"));
    await client.reply(1);
    const [first = "", second = ""] = written.slice(-2);
    expect(first).toContain(method);
    expect(first).toContain('"id":2'); // Others do not wait.
    expect(first).not.toContain('"id":1,');
    expect(second).toContain('"id":1,');
  });

  test("of a plan is not written together with its reply either", async () => {
    const { plan, servers, streams } = await openPlans("LL", { alpha });
    const written: string[] = [];
    streams[0]?.output.on("data", (chunk: Buffer) => written.push(chunk.toString()));
    const planned = plan([{ name: "alpha__echo" }], '"progressToken":"t"');
    (await servers.alpha.call()).result(said("done"));
    await planned.result();
    const own = written.filter((chunk) => chunk.includes(method) || chunk.includes(`"id":${planned.id},`));
    expect(own.length).toBeGreaterThan(1);
    expect(own.filter((chunk) => chunk.includes(method) && chunk.includes(`"id":${planned.id},`))).toEqual([]);
  });

  test("comes before the reply that follows it", async () => {
    const { client, servers } = await stage({ servers: { alpha } });
    client.callWithProgress(1, "alpha__echo", 1);
    const call = await servers.alpha.call();
    for (let n = 0; n < 100; n++) call.progress(`,"progress":${n}`);
    call.result();
    await client.reply(1);
    const seen = client.peer.lines.map(({ json }) => json.params?.progress);
    expect(seen).toEqual([...Array(100).keys(), undefined]);
  });

  test("of a call that asked for none is dropped", async () => {
    const { client, servers } = await stage({ servers: { alpha } });
    client.call(1, "alpha__echo");
    const { id, result } = await servers.alpha.call();
    servers.alpha.send(`{"jsonrpc":"2.0","method":"${method}","params":{"progressToken":${id},"progress":1}}`);
    result();
    await client.reply(1);
    expect(client.peer.left).toEqual([]);
  });

  test("under a token that is foreign, finished, of another type or missing is dropped", async () => {
    const { client, servers, published } = await stage({ servers: { alpha, beta: alpha } });
    client.callWithProgress(1, "alpha__echo", 8);
    const finished = await servers.alpha.call();
    finished.result();
    await client.reply(1);
    client.callWithProgress(2, "alpha__echo", 9);
    const running = await servers.alpha.call();
    const { id } = running;
    for (const token of ["999", "8", "9", `"${id}"`, `${id}.0`, "null", "[]", "-1", "0", finished.id]) {
      servers.alpha.send(`{"jsonrpc":"2.0","method":"${method}","params":{"progressToken":${token},"progress":1}}`);
    }
    servers.beta.send(`{"jsonrpc":"2.0","method":"${method}","params":{"progressToken":${id},"progress":1}}`);
    servers.alpha.send(`{"jsonrpc":"2.0","method":"${method}"}`);
    running.result();
    await client.reply(2);
    expect(client.count(method)).toBe(0);
    expect(published.oddities.length).toBe(12);
  });

  for (const token of ["{}", "[1]", "null", "true"]) {
    test(`is not asked for by a token that is no string or number, which stays as it is: ${token}`, async () => {
      const { client, servers } = await stage({ servers: { alpha } });
      client.callWithProgress(1, "alpha__echo", token);
      const { line, result } = await servers.alpha.call();
      expect(line.text).toContain(`"_meta":{"progressToken":${token}}`);
      result();
      await client.reply(1);
    });
  }

  test("that a client sends reaches no server", async () => {
    const { client, servers } = await stage({ servers: { alpha } });
    client.callWithProgress(1, "alpha__echo", 1);
    const { id, result } = await servers.alpha.call();
    for (const token of [1, id]) {
      client.send(`{"jsonrpc":"2.0","method":"${method}","params":{"progressToken":${token},"progress":1}}`);
    }
    await client.ping();
    result();
    await client.reply(1);
    expect(servers.alpha.count(method)).toBe(0);
  });
});

describe("progress and the deadline", () => {
  const config = { callTimeoutMs: 1000, callTimeoutCapMs: 3000 };

  test("extends it by callTimeoutMs each time", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { ...alpha, config } } });
    client.callWithProgress(1, "alpha__echo", 1);
    const call = await servers.alpha.call();
    for (let n = 0; n < 2; n++) {
      await clock.advance(900);
      call.progress(`,"progress":${n}`);
    }
    await clock.advance(999);
    expect(client.peer.left.map(({ json }) => json.method)).toEqual([method, method]);
    await clock.advance(1);
    expect((await client.failure(1)).text).toBe("alpha: no reply within 1 s (callTimeoutMs). The call may have run.");
  });

  test("extends it up to callTimeoutCapMs and no further", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { ...alpha, config } } });
    client.callWithProgress(1, "alpha__echo", 1);
    const call = await servers.alpha.call();
    for (let at = 0; at < 2900; at += 100) {
      await clock.advance(100);
      call.progress(`,"progress":${at}`);
    }
    await clock.advance(99);
    expect(client.count(method)).toBe(29);
    await clock.advance(1);
    expect((await client.failure(1)).text).toBe(
      "alpha: no reply within 3 s (callTimeoutCapMs). The call may have run.",
    );
  });

  test("extends it without end where callTimeoutCapMs is 0", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: { ...alpha, config: { callTimeoutMs: 1000, callTimeoutCapMs: 0 } } },
    });
    client.callWithProgress(1, "alpha__echo", 1);
    const call = await servers.alpha.call();
    for (let n = 0; n < 50; n++) {
      await clock.advance(900);
      call.progress(`,"progress":${n}`);
    }
    await clock.advance(900);
    call.result('{"at last":1}');
    expect((await client.reply(1)).json.result).toEqual({ "at last": 1 });
  });

  test("of one call does not extend another's", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { ...alpha, config } } });
    client.callWithProgress(1, "alpha__echo", 1);
    client.callWithProgress(2, "alpha__echo", 2);
    const [first] = [await servers.alpha.call(), await servers.alpha.call()];
    await clock.advance(900);
    first.progress(',"progress":1');
    await clock.advance(100);
    expect((await client.failure(2)).mark).toMatchObject({ code: "timed_out" });
    first.result();
    await client.reply(1);
  });
});
