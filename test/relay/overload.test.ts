import { expect, test } from "vitest";
import { mostOpen } from "../../src/downstream/open-requests.ts";
import { stage } from "../support/stage.ts";
import { until } from "../support/turns.ts";

test("calls of one server beyond all that can be open fail at once, the others are answered", async () => {
  const { client, servers, downstreams } = await stage({ servers: { alpha: { tools: ["do"], isHeld: true } } });
  const beyond = 100;
  for (let n = 0; n < mostOpen + beyond; n++) client.call(n, "alpha__do");
  await until(
    () => client.peer.lines.length > beyond,
    () => "the failures",
  );
  const failed = client.peer.lines.map(({ json }) => json);
  for (const { result } of failed) {
    expect(result._meta["tutti/error"]).toEqual({
      origin: "tutti",
      server: "alpha",
      code: "queue_full",
      mayHaveRun: false,
    });
  }
  servers.alpha.open();
  await until(
    () => servers.alpha.calls.length === mostOpen + beyond - failed.length,
    () => "the calls",
  );
  for (const call of servers.alpha.calls) call.result();
  await until(
    () => client.peer.lines.length === mostOpen + beyond,
    () => "a reply to each",
  );
  expect(new Set(client.peer.lines.map(({ json }) => json.id)).size).toBe(mostOpen + beyond);
  expect(downstreams.alpha.openRequests).toBe(0);
});

test("a defect of ours while a call is taken in is its own result, and is logged", async () => {
  const { client, downstreams, defects } = await stage({ servers: { alpha: { tools: ["do"] } } });
  const cause = new Error("a server's side that is broken");
  Object.assign(downstreams.alpha, {
    send: () => {
      throw cause;
    },
  });
  client.call('"é"', "alpha__do");
  expect(await client.failure('"é"')).toEqual({
    text: "tutti failed inside; its log says more. The call may have run.",
    mark: { origin: "tutti", server: "alpha", code: "internal", mayHaveRun: true },
  });
  expect(defects.splice(0)).toEqual([cause]);
});

test("an observer that throws costs no call its reply", async () => {
  const { client, servers, events, defects } = await stage({ servers: { alpha: { tools: ["do"] } } });
  const cause = new Error("an observer that is broken");
  events.subscribe({
    callEnded: () => {
      throw cause;
    },
  });
  for (const id of [1, 2, 3]) client.call(id, "alpha__do");
  for (let n = 0; n < 3; n++) await servers.alpha.call();
  servers.alpha.crash();
  for (const id of [1, 2, 3]) await client.failure(id);
  expect(defects.splice(0)).toEqual([cause, cause, cause]);
});
