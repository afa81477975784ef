import { expect, test } from "vitest";
import { connect, request } from "./connect.ts";

test("a reply that is spoilt under an id written otherwise changes nothing for the question", async () => {
  for (const id of ["1.0", "1e0", "0x1", '"1"', "01"]) {
    const connected = connect();
    const heard: string[] = [];
    connected.ours.ask((own) => request(own, "roots/list"), {
      reply: () => void heard.push("reply"),
      progress: () => {},
      lost: () => void heard.push("lost"),
    });
    await connected.say(`{"jsonrpc":"2.0","id":${id},"result":{},"error":{}}`);
    expect(connected.ours.openAsks, id).toBe(1);
    await connected.say('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(heard, id).toEqual(["reply"]);
  }
});

test("a reply that is spoilt and too late is not answered under its id, which the client may use itself", async () => {
  const connected = connect();
  const id = connected.ours.ask((own) => request(own, "roots/list"), {
    reply: () => {},
    progress: () => {},
    lost: () => {},
  });
  await connected.say();
  connected.ours.forgetAsk(id);
  const [answer = ""] = await connected.say(`{"jsonrpc":"2.0","id":${id},"result":{},"error":{}}`);
  expect(JSON.parse(answer).id).toBe(null);
});
