import { connect } from "node:net";
import { expect, test } from "vitest";
import type { HttpRequest } from "../../src/transport/http-server.ts";
import { until } from "../e2e/support/until.ts";
import { post, RawClient, served, tell } from "../transport/http-raw.ts";

const mib = 1024 * 1024;

/** Answers with so many MiB as the body of the request says: whole, or in a stream where it says so. */
function big(request: HttpRequest): void {
  const [size = "0", how] = Buffer.concat([...request.body])
    .toString()
    .split(" ");
  const pieces = [Buffer.alloc(Number(size) * mib, "x"), Buffer.from("the end")];
  if (how !== "stream") request.respond(200, { "content-type": "application/json" }, pieces);
  else {
    const stream = request.stream();
    stream.write(pieces);
    stream.end();
  }
}

/** Somebody who asks for so much and reads none of it. */
function sleeper(port: number, what: string): RawClient {
  const client = new RawClient(port);
  client.socket.pause();
  return client.send(post(port, {}, what));
}

test("who does not read a long answer takes room from others who want long ones, and from nobody else", async () => {
  const { port, accepted } = await served({ accept: big, limits: { maxUnreadBytes: 24 * mib } });
  const asleep = sleeper(port, "16");
  await until("the request", () => accepted.length === 1);
  const shed = await tell(port, post(port, {}, "16"));
  expect(shed).toMatchObject({ status: 503, body: expect.stringContaining("could not be kept") });
  expect((await tell(port, post(port, {}, "0"))).body).toBe("the end");
  const stream = new RawClient(port).send(post(port, {}, "16 stream"));
  await stream.closed;
  expect(stream.text).not.toContain("the end");
  asleep.socket.destroy();
  await until("room", async () => (await tell(port, post(port, {}, "16"))).status === 200);
});

test("who reads none of many long answers gets no more of them while as much is left for others, who get theirs", async () => {
  const clients = new Map<string, object>();
  const { port, accepted } = await served({
    accept: (request) => {
      const name = request.header("mcp-name") as string;
      const client = clients.get(name) ?? {};
      clients.set(name, client);
      request.belongsTo(client);
      big(request);
    },
    limits: { maxUnreadBytes: 64 * mib },
  });
  const statuses = async (name: string, count: number): Promise<number[]> => {
    const all: number[] = [];
    for (let n = 0; n < count; n++) {
      const before = accepted.length;
      const client = new RawClient(port);
      client.socket.pause();
      client.send(post(port, { "mcp-name": name }, "16"));
      await until("the request", () => accepted.length > before);
      client.socket.once("data", (bytes: Buffer) => {
        all.push(Number(/^HTTP\/1.1 (\d+)/.exec(bytes.toString("latin1", 0, 20))?.[1]));
        client.socket.pause();
      });
      client.socket.resume();
      await until("its answer's head", () => all.length === n + 1);
    }
    return all;
  };
  // What the system takes itself is not counted.
  const asleep = await statuses("asleep", 6);
  expect(asleep.slice(0, 2)).toEqual([200, 200]);
  expect(asleep.slice(-1)).toEqual([503]);
  expect((await tell(port, post(port, { "mcp-name": "good" }, "16"))).status).toBe(200);
});

test.each(["16", "16 stream"])(
  "who takes nothing for long of an answer that is there is disconnected: %s",
  async (what) => {
    const { port, accepted } = await served({ accept: big, limits: { stalledMs: 300 } });
    const asleep = sleeper(port, what);
    await until("the request", () => accepted.length === 1);
    let isGone = false;
    accepted[0]?.onGone(() => {
      isGone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    asleep.socket.resume();
    await asleep.closed;
    expect(asleep.text.length).toBeLessThan(16 * mib);
    expect(isGone || asleep.isClosed).toBe(true);
  },
);

test("who takes a long answer slowly gets all of it, and may take his time between two requests", async () => {
  const { port } = await served({ accept: big, limits: { stalledMs: 1000 } });
  const slow = connect(port, "127.0.0.1").pause();
  slow.write(post(port, {}, "32"));
  let [allowed, taken, last] = [0, 0, ""];
  slow.on("data", (bytes: Buffer) => {
    taken += bytes.length;
    last = bytes.toString("latin1", Math.max(bytes.length - 7, 0));
    if (taken > allowed) slow.pause();
  });
  const startedAt = performance.now();
  const reading = setInterval(() => {
    allowed += mib;
    slow.resume();
  }, 80);
  await until("the end", () => last === "the end");
  clearInterval(reading);
  expect(performance.now() - startedAt).toBeGreaterThan(1500);
  expect(taken).toBeGreaterThan(32 * mib + 7);
  allowed = Number.POSITIVE_INFINITY;
  await new Promise((resolve) => setTimeout(resolve, 1200));
  last = "";
  slow.resume().write(post(port, {}, "0"));
  await until("the next answer", () => last === "the end");
  slow.destroy();
});

test("an answer that is long in coming is waited for, behind one that was taken", async () => {
  const { port, accepted } = await served({
    limits: { stalledMs: 100 },
    accept: (request) => {
      if (accepted.length === 1) request.respond(200, {}, "first");
      else setTimeout(() => request.respond(200, {}, "second"), 1000);
    },
  });
  const client = new RawClient(port).send(post(port) + post(port));
  expect([(await client.reply()).body, (await client.reply()).body]).toEqual(["first", "second"]);
});
