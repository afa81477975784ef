import { describe, expect, test } from "vitest";
import { slot } from "../../src/wire/members.ts";
import { rawServer, writeEndlessly } from "../support/http-servers.ts";
import { failure, network, post } from "../support/outbound.ts";
import { quiet, until } from "../support/turns.ts";
import { event, greeted } from "../transport/over-http.ts";
import { open, peer, posted } from "../transport/sse-peer.ts";

const ping = (id: number): string => `{"jsonrpc":"2.0","id":"p${id}","method":"ping"}`;
const pings = (count: number): string[] => Array.from({ length: count }, (_, id) => ping(id));
const comments = ": still here\n".repeat(5000);

describe("a server that asks without end and takes no answer", () => {
  test("has a few of our requests at a time, and gets each answer once where it takes them", async () => {
    const linked = await greeted(
      (heard) => {
        if (heard.json.method === "tools/call")
          heard.streams()(
            pings(500)
              .map((one) => event(one))
              .join(""),
          );
      },
      {
        onMessage: (message, link) => {
          if (message.kind === "request") link.send(`{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{}}`, link);
        },
      },
    );
    const { server, ask, link } = linked;
    ask(2, "tools/call", '{"name":"t"}');
    const answers = () => server.heard.filter(({ json }) => json?.method === undefined && json?.id !== undefined);
    await until(
      () => answers().length >= 16,
      () => `${answers().length} answers`,
    );
    await quiet();
    expect(answers().length).toBeLessThanOrEqual(32);
    expect(link.queuedBytes()).toBeGreaterThan(0);
    for (let index = 0; index < 500; index++) {
      const answer = await until(
        () => answers()[index],
        () => `answer ${index}`,
      );
      answer.answers(202, "");
    }
    await quiet();
    expect(answers()).toHaveLength(500);
    expect(new Set(answers().map(({ json }) => json.id)).size).toBe(500);
    expect(link.queuedBytes()).toBe(0);
  });

  test("is read no further while thousands of answers wait for it", async () => {
    let taken = 0;
    const { ask, server } = await greeted(
      (heard) => {
        if (heard.json.method === "tools/call")
          heard.streams()(
            pings(20_000)
              .map((one) => event(one))
              .join(""),
          );
      },
      {
        onMessage: (message, link) => {
          if (message.kind !== "request") return;
          taken++;
          link.send(`{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{}}`, link);
        },
      },
    );
    ask(2, "tools/call", '{"name":"t"}');
    await server.next("tools/call");
    await until(
      () => taken > 4000,
      () => `${taken} questions`,
    );
    await quiet();
    expect(taken).toBeLessThan(8000);
  });

  test("is read on as soon as it takes the answers", async () => {
    let taken = 0;
    const { ask, server } = await greeted(
      (heard) => {
        if (heard.json.method !== "tools/call") heard.answers(202, "taken");
        else
          heard.streams()(
            pings(10_000)
              .map((one) => event(one))
              .join(""),
          );
      },
      {
        onMessage: (message, link) => {
          if (message.kind !== "request") return;
          taken++;
          link.send(`{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{}}`, link);
        },
      },
    );
    ask(2, "tools/call", '{"name":"t"}');
    await server.next("tools/call");
    await until(
      () => taken === 10_000,
      () => `${taken} questions`,
    );
  });

  test("has a few of our requests at a time by the transport before, too", async () => {
    const server = await peer();
    const { link } = await open(server.url);
    for (const id of pings(200).keys()) link.send(`{"jsonrpc":"2.0","id":"p${id}","result":{}}`);
    link.send('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"t"}}');
    await until(
      () => server.posts.some(({ body }) => body.includes("tools/call")),
      () => "the call",
    );
    await quiet();
    const answers = () => server.posts.filter(({ body }) => body.includes("result"));
    expect(answers().length).toBeLessThanOrEqual(32);
    for (let index = 0; index < 200; index++) {
      const answer = await until(
        () => answers()[index],
        () => `answer ${index}`,
      );
      answer.response.writeHead(202).end();
    }
    expect(await posted(server, 201)).toHaveLength(201);
  });
});

test("an answer to what has no reply is not read for long, so that its connection is not lost", async () => {
  const { server, notify, clock } = await greeted((heard) => heard.streams()(": more will come"));
  notify("notifications/roots/list_changed");
  const { response } = await server.next("notifications/roots/list_changed");
  let isGone = false;
  response.on("close", () => {
    isGone = true;
  });
  await quiet();
  await clock.advance(900);
  expect(isGone).toBe(false);
  await clock.advance(200);
  await until(
    () => isGone,
    () => "the end of the answer",
  );
});

describe("a stream on which much comes and no message", () => {
  test("fails its request, which is not tried again", async () => {
    const {
      ask,
      failure: failed,
      server,
    } = await greeted((heard) => {
      if (heard.method !== "POST") return;
      const write = heard.streams();
      write("id: 1\ndata:\n\n");
      for (let piece = 0; piece < 700; piece++) write(comments);
    });
    ask(2, "tools/call", '{"name":"t"}');
    expect(await failed()).toMatchObject({
      id: 2,
      code: "connection_lost",
      mayHaveRun: true,
      text: "its stream was given up: 33 MiB came, and no message without a reply",
    });
    await quiet();
    expect(server.lines().filter((line) => line === "GET")).toHaveLength(1);
  });

  test("is left alone for a while where it is the one of what is pushed", async () => {
    const { server, clock } = await greeted(
      (heard) => {
        if (heard.method !== "GET") return;
        const write = heard.streams();
        for (let piece = 0; piece < 700; piece++) write(comments);
      },
      { push: true },
    );
    let isOver = false;
    server.heard.at(-1)?.response.on("close", () => {
      isOver = true;
    });
    await until(
      () => isOver,
      () => "the end of the stream",
    );
    await quiet();
    await clock.advance(29_000);
    expect(server.lines().filter((line) => line === "GET")).toHaveLength(1);
    await clock.advance(1000);
    await server.next("GET", 1);
  });

  test("ends the link by the transport before", async () => {
    const server = await peer();
    const { heard } = await open(server.url);
    for (let piece = 0; piece < 700; piece++) server.stream().write(comments);
    await until(
      () => heard.length > 0,
      () => "its end",
    );
    expect(heard).toEqual(["closed: its stream of events was given up: 32 MiB came, and no message"]);
  });
});

test("a server that says without end that it will answer is given up", async () => {
  const server = await rawServer(({ socket }) => {
    writeEndlessly(socket, () => Buffer.from("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1000)));
  });
  const { text, isSent } = await failure(network().request(post(server.url)).response);
  expect({ text, isSent }).toEqual({
    text: "SERVER says over and over that it will answer, and does not",
    isSent: true,
  });
});

test("a flood of short messages is taken a part at a time, so that others have their turn", async () => {
  let [inTurn, most, came] = [0, 0, 0];
  const isOver = (): boolean => came === 60_000;
  const look = (): void => {
    most = Math.max(most, inTurn);
    inTurn = 0;
    if (!isOver()) setImmediate(look);
  };
  const { ask } = await greeted(
    (heard) =>
      heard.streams()(event('{"jsonrpc":"2.0","method":"notifications/x","params":{"a":"bcdefgh"}}').repeat(60_000)),
    {
      onMessage: () => {
        inTurn++;
        came++;
      },
    },
  );
  // The greeting came before.
  [inTurn, came] = [0, 0];
  setImmediate(look);
  ask(2, "tools/call", '{"name":"t"}');
  await until(isOver, () => `${came} messages`);
  expect(most).toBeLessThan(8000);
});
