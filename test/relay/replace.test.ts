import { expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";

const listChanged = "notifications/tools/list_changed";
const both = { servers: { alpha: { tools: ["do"] }, beta: { tools: ["do"] } } };

test("what is under way at a server that is replaced is answered and cancelled as before; nothing new goes there", async () => {
  const { client, servers, downstreams, relay, clock } = await stage(both);
  await client.tools(1);
  client.call(2, "beta__do");
  const answered = await servers.beta.call();
  client.call(3, "beta__do");
  const cancelled = await servers.beta.call();
  relay.replace([downstreams.alpha]);
  const drained = downstreams.beta.drain(5000).then(() => relay.left(downstreams.beta));
  expect(await client.tools(4)).toEqual(["alpha__do"]);
  client.cancel(3);
  expect((await servers.beta.line('"method":"notifications/cancelled"')).text).toContain(`"requestId":${cancelled.id}`);
  client.call(5, "beta__do");
  expect((await client.reply(5)).text).toContain("beta__do");
  answered.result();
  await client.reply(2);
  await drained;
  await clock.advance(1000);
  // The other server still watches the deadline of its list.
  expect([relay.held, downstreams.beta.state.kind, clock.timers()]).toEqual([0, "down", 1]);
});

test("a replacement is told once, and one that changes nothing is not told", async () => {
  const { client, downstreams, relay, clock } = await stage(both);
  await client.tools(1);
  relay.replace([downstreams.alpha, downstreams.beta]);
  await clock.advance(1000);
  expect(client.count(listChanged)).toBe(0);
  relay.replace([downstreams.beta]);
  relay.replace([downstreams.beta, downstreams.alpha]);
  relay.replace([downstreams.alpha]);
  await clock.advance(1000);
  expect(client.count(listChanged)).toBe(1);
});

test("a subscription goes to the server that has the resource now, for all who hold it", async () => {
  const uri = "file:///a";
  const params = `{"uri":"${uri}"}`;
  const one = { resources: [uri] };
  const { client, join, servers, downstreams, relay, clock } = await open("LL", { alpha: one, beta: one });
  const other = await join();
  await client.ask("resources/subscribe", params);
  await other.ask("resources/subscribe", params);
  relay.replace([downstreams.beta]);
  await clock.advance(1000);
  await quiet();
  servers.beta.tell("notifications/resources/updated", params);
  await client.notification("notifications/resources/updated");
  await other.notification("notifications/resources/updated");
  expect([servers.beta.count("resources/subscribe"), relay.held]).toEqual([1, 1]);
});
