import { describe, expect, test } from "vitest";
import { clientsOverLines } from "../support/carriers.ts";
import { open } from "../support/cells.ts";
import { serverOverHttp } from "../support/http-carriers.ts";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";
import { watchTransit } from "../support/ways.ts";
import { able, accepted, form, roots } from "./contract/questions.ts";

watchTransit();

/** A client of the older era, and a server over HTTP that may forget its session. */
async function meeting() {
  const carriers = { clients: clientsOverLines, servers: () => serverOverHttp };
  return await open(
    "LL",
    { alpha: { tools: ["do"] } },
    { client: able, connect: (options) => stage({ ...options, carriers }) },
  );
}

describe("a server over HTTP that has forgotten its session", () => {
  test("gets no answer to what it asked in it, under an id that it may give again", async () => {
    const { client, begin, servers } = await meeting();
    void servers.alpha.question(form("Before?")).catch(() => {}); // It gets no answer any more.
    const { id, answer } = await client.asked();
    servers.alpha.forget();
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    expect((await client.notification("notifications/cancelled")).json.params.requestId).toBe(id);
    const asking = running.ask({ where: roots });
    answer({ result: accepted });
    (await client.asked("roots/list")).answer({ result: { roots: [] } });
    expect((await asking).answers.where.result).toEqual({ roots: [] });
    await quiet();
    expect(servers.alpha.heard.filter((text) => text.includes('"id":"ask 1"'))).toEqual([]);
    running.result();
    await call.result();
  });

  test("fails the calls that it worked on, and takes back what they had asked", async () => {
    const { client, begin, servers, relay } = await meeting();
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    void running.ask({ who: form("You?") }).catch(() => {}); // As above.
    const { id } = await client.asked();
    servers.alpha.forget();
    const { isError, _meta } = await call.result();
    expect(isError).toBe(true);
    expect(_meta["tutti/error"]).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    expect((await client.notification("notifications/cancelled")).json.params.requestId).toBe(id);
    expect(relay.held).toBe(0);
    expect(servers.alpha.count("initialize")).toBe(1);
  });
});
