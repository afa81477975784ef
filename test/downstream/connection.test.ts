import { expect, test } from "vitest";
import { Connection } from "../../src/downstream/connection.ts";
import { openLineLink } from "../../src/transport/line-link.ts";
import type { LinkEvents, OwnLink } from "../../src/transport/link.ts";
import type { Message } from "../../src/wire/message.ts";
import { fakeClock } from "../support/clock.ts";
import { Peer, pipe } from "../support/peer.ts";
import { quiet, until } from "../support/turns.ts";

function twice({
  defect = (cause: unknown): void => {
    throw cause;
  },
  maxMessageBytes = 1000,
} = {}) {
  const clock = fakeClock();
  const closed: string[] = [];
  const dropped: string[] = [];
  const notified: string[] = [];
  const links: LinkEvents[] = [];
  const peers: Peer[] = [];
  const connection = new Connection(
    {
      heard: () => {},
      notification: (method) => void notified.push(method),
      request: () => {},
      strayLine: () => {},
      renewed: () => {},
      dropped: (what) => void dropped.push(what),
      closed: (reason) => void closed.push(reason),
      defect,
    },
    { clock },
  );
  const open = async (events: LinkEvents): Promise<OwnLink> => {
    links.push(events);
    const { ours, theirs } = pipe();
    peers.push(new Peer(theirs));
    const link = openLineLink(ours, { maxMessageBytes, maxDepth: 10 }, clock, events);
    return { ...link, kill: () => link.end(), stop: async () => link.end() };
  };
  return { connection, open, closed, dropped, notified, links, peers };
}

test("what an older link still brings is not taken for what the present one brings", async () => {
  const { connection, open, closed, notified, links, peers } = twice();
  await connection.open(open);
  await connection.open(open);
  peers[0]?.send('{"jsonrpc":"2.0","method":"from/old"}');
  await quiet();
  links[0]?.closed("the old one");
  peers[1]?.send('{"jsonrpc":"2.0","method":"from/new"}');
  await quiet();
  expect({ closed, notified, because: connection.closedBecause }).toEqual({
    closed: [],
    notified: ["from/new"],
    because: undefined,
  });
});

test("an answer before there is a link, and one after it has closed, do nothing", async () => {
  const { connection, open, peers } = twice();
  connection.answer("{}");
  await connection.open(open);
  peers[0]?.end();
  await quiet();
  connection.answer("{}");
  connection.send("{}");
  await quiet();
  expect(connection.closedBecause).toBe("its output ended");
});

test("a call that throws when its link has closed, or its request has failed, keeps no other from hearing of its own end", async () => {
  const defects: unknown[] = [];
  const { connection, open, links, closed } = twice({ defect: (cause) => void defects.push(cause) });
  await connection.open(open);
  const heard: string[] = [];
  const waiter = (name: string) => {
    const tell = (what: string) => (): void => {
      heard.push(`${name} ${what}`);
      if (name === "bad") throw new Error(what);
    };
    const told = { reply: tell("reply"), progress: tell("progress"), spoilt: tell("spoilt"), expire: tell("expire") };
    return connection.register({
      ...{ isSent: true, deadlineAt: Number.POSITIVE_INFINITY, ...told },
      ...{ lost: tell("lost"), failed: tell("failed") },
    });
  };
  for (const name of ["bad", "good"]) {
    links[0]?.failed?.(waiter(name), { code: "unavailable", text: "", mayHaveRun: false });
    waiter(name);
  }
  links[0]?.closed("it has ended");
  expect(heard).toEqual(["bad failed", "good failed", "bad lost", "good lost"]);
  expect(closed).toEqual(["it has ended"]);
  expect(defects).toEqual([new Error("failed"), new Error("lost")]);
});

test("a reply that nobody waits for is dropped before it is too long, one that is waited for is not", async () => {
  const { connection, open, dropped, peers } = twice({ maxMessageBytes: 3 * 2 ** 20 });
  await connection.open(open);
  const replies: number[] = [];
  const never = (): never => {
    throw new Error("not this");
  };
  const waiter = {
    ...{ isSent: true, deadlineAt: Number.POSITIVE_INFINITY, progress: never, spoilt: never, expire: never },
    ...{ lost: never, failed: never, reply: (reply: Message) => void replies.push(reply.length) },
  };
  /** In pieces, as a pipe gives it. */
  const bring = (of: number, mebibytes: number): void => {
    peers[0]?.write(`{"jsonrpc":"2.0","id":${of},"result":{"a":"`);
    for (let n = 0; n < 4 * mebibytes; n++) peers[0]?.write("x".repeat(2 ** 18));
    peers[0]?.send('"}}');
  };
  const id = connection.register(waiter);
  bring(id + 1, 4);
  bring(id, 2);
  await until(
    () => replies.length > 0,
    () => "the reply",
  );
  expect(replies[0]).toBeGreaterThan(2 ** 21);
  expect(dropped).toEqual([`a reply with the id ${id + 1}`]);
  // One that was given up is nothing to tell of, the first time.
  const late = connection.register(waiter);
  connection.giveUp(late);
  for (let n = 0; n < 2; n++) bring(late, 4);
  await until(
    () => dropped.length > 1,
    () => "the second",
  );
  expect(dropped.slice(1)).toEqual([`a reply with the id ${late}`]);
});
