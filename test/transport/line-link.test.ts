import { describe, expect, test } from "vitest";
import { openLineLink } from "../../src/transport/line-link.ts";
import type { Link } from "../../src/transport/link.ts";
import { slot } from "../../src/wire/members.ts";
import { type FakeClock, fakeClock } from "../support/clock.ts";
import { Peer, pipe, type Streams } from "../support/peer.ts";
import { quiet } from "../support/turns.ts";

type Heard = {
  readonly heard: string[];
  readonly peer: Peer;
  readonly link: Link;
  readonly ours: Streams;
  readonly clock: FakeClock;
};

/** A link, what it has told in order, and the other side. */
function open(onMessage: (id: string) => void = () => {}): Heard {
  const { ours, theirs } = pipe();
  const heard: string[] = [];
  const limits = { maxMessageBytes: 1000, maxDepth: 16 };
  const clock = fakeClock();
  const link = openLineLink(ours, limits, clock, {
    message: (message) => {
      heard.push(`message ${message.raw(slot.id)}`);
      onMessage(message.raw(slot.id) ?? "");
    },
    badLine: ({ problem }) => heard.push(`bad line: ${problem}`),
    closed: (reason) => heard.push(`closed: ${reason}`),
    defect: (cause) => heard.push(`defect: ${(cause as Error).message}`),
  });
  return { heard, peer: new Peer(theirs), link, ours, clock };
}

const ping = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;

describe("a link", () => {
  test("tells messages and bad lines in order, then once that it is closed", async () => {
    const { heard, peer } = open();
    peer.write(`${ping(1)}\nnonsense\r\n\n${ping(2)}\r\n`);
    peer.end();
    await quiet();
    expect(heard).toEqual(["message 1", "bad line: not_json", "message 2", "closed: its output ended"]);
  });

  test("takes what came behind the last newline for a line", async () => {
    const { heard, peer } = open();
    peer.write(`${ping(1)}\n${ping(2)}`);
    peer.end();
    await quiet();
    expect(heard).toEqual(["message 1", "message 2", "closed: its output ended"]);
  });

  test("is closed once when its input is destroyed, and tells nothing after that", async () => {
    const { heard, peer, ours } = open();
    peer.send(ping(1));
    await quiet();
    ours.input.destroy();
    await quiet();
    ours.output.destroy();
    await quiet();
    expect(heard).toEqual(["message 1", "closed: its output was closed"]);
  });

  test("is closed once when its input fails, and tells nothing after that", async () => {
    const { heard, peer, ours } = open();
    ours.input.destroy(new Error("EPIPE"));
    await quiet();
    peer.send(ping(1));
    await quiet();
    expect(heard).toEqual(["closed: reading failed: EPIPE"]);
  });

  test("hears what was said before its output failed, then is closed once and tells nothing after that", async () => {
    const { heard, peer, ours, clock } = open();
    ours.output.destroy(new Error("EPIPE"));
    await quiet();
    peer.send(ping(1));
    await clock.advance(1000);
    peer.send(ping(2));
    await quiet();
    expect(heard).toEqual(["message 1", "closed: writing failed: EPIPE"]);
  });

  test("whose output has failed is closed as soon as its input ends", async () => {
    const { heard, peer, ours } = open();
    ours.output.destroy(new Error("EPIPE"));
    await quiet();
    peer.send(ping(1));
    peer.end();
    await quiet();
    expect(heard).toEqual(["message 1", "closed: its output ended"]);
  });

  test("that is closed takes messages and does nothing with them", async () => {
    const { heard, link, ours, clock } = open();
    ours.output.destroy(new Error("EPIPE"));
    await clock.advance(1000);
    link.send("short");
    link.send([Buffer.from("long")]);
    link.end();
    await quiet();
    expect(link.queuedBytes()).toBe(0);
    expect(heard.length).toBe(1);
  });

  test("loses no line but the one at which we threw", async () => {
    const { heard, peer } = open((id) => {
      if (id === "2") throw new Error("ours");
    });
    peer.write(`${ping(1)}\n${ping(2)}\n${ping(3)}\n`);
    await quiet();
    expect(heard).toEqual(["message 1", "message 2", "defect: ours", "message 3"]);
  });

  test("ends for sending and still hears", async () => {
    const { heard, peer, link } = open();
    link.send("last");
    link.end();
    await quiet();
    peer.send(ping(1));
    await quiet();
    expect(peer.lines.map(({ text }) => text)).toEqual(["last"]);
    expect(heard).toEqual(["message 1"]);
  });

  test("reads nothing while it is paused, and loses nothing by it", async () => {
    const { heard, peer, link } = open();
    link.pause();
    for (let n = 0; n < 5; n++) peer.send(ping(n));
    await quiet();
    expect(heard).toEqual([]);
    link.resume();
    await quiet();
    expect(heard.length).toBe(5);
  });

  test("counts what of a message has come that is not whole, and nothing of one that is skipped", async () => {
    const { peer, link } = open();
    peer.write(`${ping(1)}\n{"jsonrpc":"2.0","method":"x`);
    await quiet();
    expect(link.heldBytes()).toBe(28);
    peer.write("x".repeat(2000));
    await quiet();
    expect(link.heldBytes()).toBe(0);
    peer.write(`\n${ping(2)}`);
    await quiet();
    expect(link.heldBytes()).toBe(ping(2).length);
    peer.write("\n");
    await quiet();
    expect(link.heldBytes()).toBe(0);
  });

  test("counts what waits to be read by the other side", async () => {
    const { peer, link } = open();
    peer.stopReading();
    link.send([Buffer.alloc(500_000, "x")]);
    link.send([Buffer.alloc(500_000, "x")]);
    await quiet();
    expect(link.queuedBytes()).toBeGreaterThan(400_000);
    peer.read();
    await quiet();
    expect(link.queuedBytes()).toBe(0);
    expect(peer.lines.length).toBe(2);
  });
});
