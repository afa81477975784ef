import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { expect, onTestFailed, onTestFinished, test } from "vitest";
import { quiet, until } from "../support/turns.ts";
import { enveloped, request as rpc } from "./connect.ts";
import { servedClients, type Wish } from "./http-served.ts";

const sessions = 25;
const callers = 25;
const callsEach = 40;
const atOnce = 4;

/** Pseudo-random numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Headers = Readonly<Record<string, string>>;

/** Whoever speaks HTTP to `url`; all bodies are messages. */
function speaker(url: URL) {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const send = async (method: string, headers: Headers, body = ""): Promise<IncomingMessage> =>
    await new Promise((resolve, reject) => {
      const accept = "application/json, text/event-stream";
      const all = { "content-type": "application/json", accept, ...headers };
      const request = httpRequest(url, { method, agent, headers: all }, resolve);
      request.on("error", reject);
      request.end(body);
    });
  return { send };
}

// biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
async function* messagesOf(response: IncomingMessage): AsyncGenerator<any> {
  const isStream = response.headers["content-type"] === "text/event-stream";
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    if (!isStream) continue;
    const events = text.split("\n\n");
    text = events.pop() as string;
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
  if (!isStream && text !== "") yield JSON.parse(text);
}

const initialize =
  '{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}';

test("whatever is under way at once, nobody gets what is another's: not a reply, progress, a question or a notice", {
  timeout: 60_000,
}, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  onTestFailed(() => void process.stderr.write(`seed ${seed}\n`));
  const random = randomFrom(seed);
  const one = await servedClients(
    { turns: () => Math.floor(random() * 4), maxClients: 64 },
    { limits: { maxConnections: 1024 } },
  );
  const { send } = speaker(one.url);
  let answered = 0;

  /** All calls have the same id and the same token. */
  const call = async (wish: Wish, headers: Headers, params: string): Promise<void> => {
    const response = await send("POST", headers, rpc(1, "tools/call", params));
    const heard: unknown[] = [];
    for await (const message of messagesOf(response)) {
      if (message.method === "notifications/progress") {
        expect(message.params).toEqual({ progressToken: "t", progress: heard.length + 1, message: wish.tag });
        heard.push(message);
      } else if (message.method === "elicitation/create") {
        expect(message.params.message).toBe(wish.tag);
        const result = { action: "accept", content: { heard: message.params.message } };
        const reply = await send("POST", headers, JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
        expect(reply.statusCode).toBe(202);
        reply.resume();
      } else {
        const said = JSON.parse(message.result.content[0].text);
        const answer = wish.asks ? wish.tag : "nothing";
        expect([message.id, said]).toEqual([1, { tag: wish.tag, answer, text: "x".repeat(wish.length ?? 0) }]);
        expect(heard.length).toBe(wish.steps);
        answered++;
      }
    }
  };
  const callAll = async (who: string, canAsk: boolean, make: (wish: Wish) => Promise<void>): Promise<void> => {
    const wishes = Array.from({ length: callsEach }, (_, index) => ({
      tag: `${who}.${index}`,
      steps: Math.floor(random() * 3),
      asks: canAsk && random() < 0.3,
      length: random() < 0.1 ? 50_000 : 0,
    }));
    const next = async (): Promise<void> => {
      for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift()) await make(wish);
    };
    await Promise.all(Array.from({ length: atOnce }, next));
  };

  const notices: string[][] = [];
  const inSession = async (number: number): Promise<void> => {
    const begun = await send("POST", {}, rpc(1, "initialize", initialize));
    begun.resume();
    const headers = {
      "mcp-session-id": begun.headers["mcp-session-id"] as string,
      "mcp-protocol-version": "2025-11-25",
    };
    const mine: string[] = [];
    notices.push(mine);
    const listening = await send("GET", headers);
    void (async () => {
      for await (const { method } of messagesOf(listening)) mine.push(method);
    })().catch(() => {});
    await callAll(`s${number}`, true, (wish) =>
      call(wish, headers, JSON.stringify({ name: "wish", arguments: wish, _meta: { progressToken: "t" } })),
    );
  };
  const onItsOwn = async (number: number): Promise<void> => {
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "wish" };
    await callAll(`c${number}`, false, (wish) => {
      const params = enveloped({}, `,"name":"wish","arguments":${JSON.stringify(wish)}`);
      return call(wish, headers, params.replace('{"_meta":{', '{"_meta":{"progressToken":"t",'));
    });
  };
  await Promise.all([
    ...Array.from({ length: sessions }, (_, number) => inSession(number)),
    ...Array.from({ length: callers }, (_, number) => onItsOwn(number)),
  ]);
  expect([answered, one.clients.size, one.defects]).toEqual([(sessions + callers) * callsEach, sessions + 1, []]);
  one.tell("tools/list_changed");
  await until(
    () => notices.every((mine) => mine.length > 0),
    () => "a notice for each session",
  );
  await quiet();
  expect(notices).toEqual(notices.map(() => ["notifications/tools/list_changed"]));
});

test("a client that goes away in the middle is noticed at once, and nobody else is touched", async () => {
  const one = await servedClients();
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "wish" };
  const params = (tag: string) => enveloped({}, `,"name":"wish","arguments":{"tag":"${tag}","waits":true}`);
  const { send } = speaker(one.url);
  const others = ["a", "b"].map((tag) => send("POST", headers, rpc(1, "tools/call", params(tag))));
  const request = httpRequest(one.url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", accept: "application/json, text/event-stream" },
  });
  request.on("error", () => {});
  request.end(rpc(1, "tools/call", params("gone")));
  await until(
    () => one.heard.length === 3,
    () => "three calls",
  );
  request.destroy();
  const told = "withdrawn tools/call: the client closed the stream";
  await until(
    () => one.heard.includes(told),
    () => told,
  );
  for (const tag of ["a", "b"]) {
    await until(
      () => one.release(tag),
      () => tag,
    );
  }
  for (const [index, tag] of ["a", "b"].entries()) {
    for await (const { result } of messagesOf((await others[index]) as IncomingMessage)) {
      expect(JSON.parse(result.content[0].text).tag).toBe(tag);
    }
  }
  expect(one.heard.filter((what) => what === told).length).toBe(1);
});
