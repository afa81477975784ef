import { expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { quiet } from "../support/turns.ts";
import { openPlans, said } from "./call-tools-stage.ts";
import { able, accepted, form } from "./contract/questions.ts";

const limits = { maxHeldBytes: 100_000 };
const long = said("x".repeat(150_000));
const refused = { code: "queue_full", mayHaveRun: false };

test("results of a plan count as held until it is over, or is taken back", async () => {
  const on = await openPlans("LL", { one: { tools: ["a", "b"] } }, { limits });
  const { client, clock, servers } = on;
  for (const end of ["answered", "cancelled"]) {
    const plan = on.plan([
      { id: "x", name: "one__a" },
      { id: "y", name: "one__b" },
    ]);
    const [a, b] = await Promise.all([servers.one.call("a"), servers.one.call("b")]);
    a.result(long);
    await quiet();
    await clock.advance(20);
    client.call(`"${end}"`, "one__a");
    expect(await client.failure(`"${end}"`)).toMatchObject({ mark: refused });
    if (end === "cancelled") client.cancel(plan.id);
    else {
      b.result(said("done"));
      await plan.result();
    }
    await quiet();
    await clock.advance(20);
    client.call(`"after ${end}"`, "one__a");
    (await servers.one.call("a")).result();
    await client.reply(`"after ${end}"`);
  }
});

test("what came for a parked call counts as held until its client has come back, or has not in time", async () => {
  const config = { askTimeoutMs: 60_000 };
  const on = await open("ML", { one: { tools: ["a", "b"], config } }, { client: able, limits });
  const { client, clock, servers } = on;
  for (const end of ["resumed", "abandoned"]) {
    const call = on.begin("one__a");
    const running = await servers.one.call("a");
    running.ask({ who: form("You?") }).catch(() => {}); // It has answered before it is.
    await call.questions();
    running.result(long);
    await quiet();
    await clock.advance(20);
    client.call(`"${end}"`, "one__b");
    expect(await client.failure(`"${end}"`)).toMatchObject({ mark: refused });
    if (end === "resumed") {
      call.answer(accepted);
      expect((await call.result()).content[0].text).toHaveLength(150_000);
    } else await clock.advance(61_000);
    await quiet();
    await clock.advance(20);
    client.call(`"after ${end}"`, "one__b");
    (await servers.one.call("b")).result();
    await client.reply(`"after ${end}"`);
  }
});
