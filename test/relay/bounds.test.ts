import { describe, expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { able, accepted, address, form, roots } from "./contract/questions.ts";

const updated = "notifications/resources/updated";
const subscribed = "resources/subscribe";
const uris = (count: number): string[] => Array.from({ length: count }, (_, n) => `file:///${n}`);
const ofUri = (n: number): string => `{"uri":"file:///${n}"}`;

test("A server may ask 64 things at once, and one more when one is answered", async () => {
  const { client, servers } = await open("LL", { alpha: { tools: ["do"] } }, { client: able });
  for (let n = 0; n < 64; n++) servers.alpha.ask("roots/list", "{}");
  await client.counted("roots/list", 64);
  const { error } = (await servers.alpha.question(roots)).json;
  expect(error).toMatchObject({ code: -32603, message: "tutti: more than 64 questions are open" });
  const asked = await client.asked();
  asked.answer({ result: { roots: [] } });
  await servers.alpha.answerTo('"ask 1"');
  servers.alpha.ask("roots/list", "{}");
  await client.counted("roots/list", 65);
});

test("No more than 1,024 calls wait for their clients: what would is refused, until one of them goes on", async () => {
  const tools = ["do", "open"];
  const { begin, client, clock, relay, servers } = await open("ML", { alpha: { tools } }, { client: able });
  const error = JSON.stringify({
    code: -32042,
    message: "needs you",
    data: { elicitations: [address("Log in", "e").params] },
  });
  const first = begin("alpha__open");
  (await servers.alpha.call()).error(error);
  await first.questions();
  for (let n = 1; n < 1024; n++) client.call(`"n${n}"`, "alpha__open");
  await client.ping();
  for (const call of servers.alpha.calls.slice(1)) call.error(error);
  await client.reply('"n1023"');
  expect(relay.held).toBe(1024);

  const [opening, asking] = [begin("alpha__open", { n: 1 }), begin("alpha__do")];
  await client.ping();
  servers.alpha.calls.at(-2)?.error(error);
  expect((await opening.reply()).json.error.code).toBe(-32021);
  const asked = servers.alpha.question(form("Who?"));
  await clock.advance(5);
  expect((await asked).json.error.message).toBe("tutti: too many calls wait for their clients");
  servers.alpha.calls.at(-1)?.result();
  await asking.result();

  first.answer(accepted);
  await client.ping();
  expect([relay.held, servers.alpha.calls.length]).toEqual([1023, 1027]);
});

describe("A client", () => {
  test("may subscribe to 4,096 resources, and to one more when it has taken one back", async () => {
    const { client, relay } = await open(
      "LL",
      { alpha: { resources: uris(4100) } },
      { limits: { maxOpenRequests: 5000 } },
    );
    await client.ask(subscribed, ofUri(4097));
    await client.ask(subscribed, ofUri(4098));
    await client.ask("resources/unsubscribe", ofUri(4097));
    for (let n = 0; n < 4095; n++) client.request(n, subscribed, ofUri(n));
    expect((await client.reply(4094)).json.result).toEqual({});
    const { error } = (await client.ask(subscribed, ofUri(4099))).json;
    expect(error.message).toContain("There are 4096 subscriptions already");
    expect(relay.held).toBe(4096);
    await client.ask("resources/unsubscribe", ofUri(0));
    expect((await client.ask(subscribed, ofUri(4099))).json.result).toEqual({});
  });

  test("is granted 4,096 resources of a stream", async () => {
    const { client, relay } = await open("ML", { alpha: { resources: uris(4097) } });
    const { resourceSubscriptions } = await client.listen(1, { resourceSubscriptions: uris(4097) });
    expect(resourceSubscriptions).toEqual(uris(4096));
    client.cancel(1);
    await client.ping();
    expect(relay.held).toBe(0);
  });
});

test("A stream that waits for a server keeps 256 notices, of each resource the newest, and waits 5 s", async () => {
  const slow = { resources: ["slow://a"], answers: { [subscribed]: () => undefined } };
  const { client, clock, servers } = await open("ML", { alpha: { resources: uris(257) }, slow });
  const filter = { notifications: { resourceSubscriptions: [...uris(257), "slow://a"] } };
  client.request(1, "subscriptions/listen", JSON.stringify(filter));
  await servers.slow.line(subscribed);
  await client.ping();
  servers.alpha.tell(updated, ofUri(0));
  servers.alpha.tell(updated, '{"uri":"file:///0","x":1}');
  for (let n = 1; n < 257; n++) servers.alpha.tell(updated, ofUri(n));
  const acknowledged = "notifications/subscriptions/acknowledged";
  await clock.advance(4999);
  expect(client.count(acknowledged)).toBe(0);
  await clock.advance(1);
  const { json } = await client.onListen(1, acknowledged);
  expect(json.params.notifications.resourceSubscriptions).toEqual(uris(257));
  expect(client.count(updated)).toBe(256);
  expect((await client.onListen(1, updated)).json.params).toMatchObject({ uri: "file:///0", x: 1 });
});
