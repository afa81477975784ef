import { describe, expect, test } from "vitest";
import type { Asked } from "../../src/client/asks.ts";
import { quiet } from "../support/turns.ts";
import { type Connected, connect, request } from "./connect.ts";

/** Asks the client something, and notes what becomes of it: `reply …`, `progress …`, `lost`. */
function ask({ ours }: Connected, method = "roots/list"): { readonly id: number; readonly heard: readonly string[] } {
  const heard: string[] = [];
  const asked: Asked = {
    reply: (message) => void heard.push(`reply ${message.slice(0, message.length)}`),
    progress: (message) => void heard.push(`progress ${message.slice(0, message.length)}`),
    lost: () => void heard.push("lost"),
  };
  const id = ours.ask((id) => request(id, method), asked);
  return { id, heard };
}

const replyTo = (id: number | string) => `{"jsonrpc":"2.0","id":${id},"result":{"roots":[]}}`;
const progressOf = (id: number | string) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id},"progress":1}}`;

describe("a question", () => {
  test("is sent under an id of its own, and hears its reply, once", async () => {
    const connected = connect();
    const [one, other] = [ask(connected), ask(connected, "elicitation/create")];
    expect(await connected.say()).toEqual([request(one.id, "roots/list"), request(other.id, "elicitation/create")]);
    expect(other.id).not.toBe(one.id);
    expect(connected.ours.openAsks).toBe(2);
    expect(await connected.say(replyTo(other.id), replyTo(other.id))).toEqual([]);
    expect([one.heard, other.heard]).toEqual([[], [`reply ${replyTo(other.id)}`]]);
    expect(connected.ours.openAsks).toBe(1);
  });

  test("that is answered by an error hears it as its reply", async () => {
    const connected = connect();
    const { id, heard } = ask(connected);
    const refused = `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"no"}}`;
    await connected.say(refused);
    expect(heard).toEqual([`reply ${refused}`]);
  });

  test("has an id that no other has had, however many were answered", async () => {
    const connected = connect();
    const ids = new Set<number>();
    for (let round = 0; round < 50; round++) {
      const { id } = ask(connected);
      ids.add(id);
      await connected.say(replyTo(id));
    }
    expect(ids.size).toBe(50);
    expect(connected.ours.openAsks).toBe(0);
  });

  test("may be answered before anybody serves the client, and in any order", async () => {
    const connected = connect();
    const asks = [ask(connected), ask(connected), ask(connected)];
    await connected.say(...asks.map(({ id }) => replyTo(id)).reverse());
    expect(asks.map(({ heard }) => heard.length)).toEqual([1, 1, 1]);
  });

  test("asked from within a reply gets its own", async () => {
    const { ours, say } = connect();
    const heard: string[] = [];
    const ask = (what: string, then: () => void): number =>
      ours.ask((id) => request(id, what), {
        reply: () => {
          heard.push(what);
          then();
        },
        progress: () => {},
        lost: () => {},
      });
    const first = ask("a", () => void ask("b", () => {}));
    await say(replyTo(first), replyTo(first + 1));
    expect(heard).toEqual(["a", "b"]);
  });

  test("is not answered by a request of the same id, which gets an answer of its own", async () => {
    const connected = connect();
    connected.serve();
    const { id, heard } = ask(connected);
    await connected.say();
    expect(await connected.say(request(id, "ping"))).toEqual([`{"jsonrpc":"2.0","id":${id},"result":{}}`]);
    await connected.say(request(id, "tools/call"));
    expect(connected.heard).toEqual([`tools/call ${id}`]);
    expect(heard).toEqual([]);
  });
});

describe("replies that answer no question", () => {
  const strange = (id: number) => [
    `"${id}"`,
    `${id}.0`,
    `${id}e0`,
    `-${id}`,
    `${id + 1}`,
    "0",
    "null",
    `"\\u0031"`,
    "1e400",
  ];

  test("are dropped: under another id, and under the same one in another type or writing", async () => {
    const connected = connect();
    connected.serve();
    const { id, heard } = ask(connected);
    await connected.say();
    expect(await connected.say(...strange(id).map(replyTo))).toEqual([]);
    expect([heard, connected.heard]).toEqual([[], []]);
    await connected.say(replyTo(id));
    expect(heard.length).toBe(1);
  });

  test("are dropped when it was withdrawn, and tell it nothing; another one is still answered", async () => {
    const connected = connect();
    const [one, other] = [ask(connected), ask(connected)];
    connected.ours.forgetAsk(one.id);
    connected.ours.forgetAsk(99);
    expect(connected.ours.openAsks).toBe(1);
    await connected.say(replyTo(one.id), progressOf(one.id), replyTo(other.id));
    connected.ours.closed();
    expect([one.heard, other.heard]).toEqual([[], [`reply ${replyTo(other.id)}`]]);
  });
});

describe("progress", () => {
  test("goes to the question whose id it carries, and to nobody else", async () => {
    const connected = connect();
    connected.serve();
    const [one, other] = [ask(connected), ask(connected)];
    await connected.say(progressOf(one.id), progressOf(one.id), progressOf(`"${other.id}"`), progressOf(77));
    await connected.say('{"jsonrpc":"2.0","method":"notifications/progress"}');
    const heard = `progress ${progressOf(one.id)}`;
    expect([one.heard, other.heard, connected.heard]).toEqual([[heard, heard], [], []]);
  });

  test("is dropped once the question is answered", async () => {
    const connected = connect();
    const { id, heard } = ask(connected);
    await connected.say(replyTo(id), progressOf(id));
    expect(heard).toEqual([`reply ${replyTo(id)}`]);
  });
});

describe("a reply that is spoilt", () => {
  const spoilt = (id: number): readonly (string | Buffer)[] => [
    `{"jsonrpc":"2.0","id":${id},"result":{"x":"${"y".repeat(5000)}"}}`,
    `{"jsonrpc":"2.0","id":${id},"result":${"[".repeat(30)}${"]".repeat(30)}}`,
    Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"x":"\xff"}}`, "latin1"),
    `{"jsonrpc":"2.0","id":${id},"result":{"x":oops}}`,
    `{"jsonrpc":"2.0","id":${id},"result":{},"error":{}}`,
    `{"jsonrpc":"2.0","result":{"x":"${"y".repeat(5000)}"},"id":${id}}`,
  ];
  for (const [index, line] of spoilt(1).entries()) {
    test(`ends its question, and nothing is sent that could be taken for an answer (${index})`, async () => {
      const connected = connect();
      const { heard } = ask(connected);
      await connected.say();
      expect(await connected.say(line, replyTo(1))).toEqual([]);
      expect(heard).toEqual(["lost"]);
      expect(connected.ours.openAsks).toBe(0);
    });
  }

  test("under an id that no question has costs no question anything", async () => {
    const connected = connect();
    const { heard, id } = ask(connected);
    await connected.say(...spoilt(id + 1), '{"jsonrpc":"2.0","id":"1","result":{"x":oops}}');
    expect(heard).toEqual([]);
  });

  test("is not seen in a request that is spoilt", async () => {
    const connected = connect();
    const { heard, id } = ask(connected);
    await connected.say();
    const [answer] = await connected.say(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{oops}}`);
    expect(JSON.parse(answer as string)).toMatchObject({ id, error: { code: -32700 } });
    expect(heard).toEqual([]);
  });
});

describe("when the client leaves", () => {
  test("every open question is lost, once, and those that are answered are not", async () => {
    const connected = connect();
    const [one, two, three] = [ask(connected), ask(connected), ask(connected)];
    await connected.say(replyTo(two.id));
    connected.peer.end();
    await quiet();
    connected.ours.closed();
    expect([one.heard, two.heard, three.heard]).toEqual([["lost"], [`reply ${replyTo(two.id)}`], ["lost"]]);
    expect(connected.ours.openAsks).toBe(0);
  });

  test("what is asked afterwards is not sent, and is lost after it has its id", async () => {
    const connected = connect();
    connected.ours.closed();
    const order: string[] = [];
    const id = connected.ours.ask((id) => request(id, "roots/list"), {
      reply: () => {},
      progress: () => {},
      lost: () => void order.push("lost"),
    });
    order.push(`asked ${id}`);
    expect(await connected.say()).toEqual([]);
    expect(order).toEqual([`asked ${id}`, "lost"]);
  });

  test("what is asked because a question is lost is lost too", async () => {
    const connected = connect();
    const heard: string[] = [];
    const asking = (then: () => void): void =>
      void connected.ours.ask((id) => request(id, "roots/list"), {
        reply: () => {},
        progress: () => {},
        lost: () => {
          heard.push("lost");
          then();
        },
      });
    asking(() => asking(() => {}));
    connected.ours.closed();
    await quiet();
    expect(heard).toEqual(["lost", "lost"]);
  });
});
