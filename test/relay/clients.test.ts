import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";

const alpha = { tools: ["do"] };

describe("two clients that use the same ids and tokens", () => {
  test("get each its own replies and progress", async () => {
    const { client: one, openClient, servers } = await stage({ servers: { alpha } });
    const other = openClient();
    one.callWithProgress(1, "alpha__do", 1);
    const ofOne = await servers.alpha.call();
    other.callWithProgress(1, "alpha__do", 1);
    const ofOther = await servers.alpha.call();
    ofOther.progress(',"progress":2');
    ofOne.progress(',"progress":1');
    ofOther.result('{"n":2}');
    ofOne.result('{"n":1}');
    expect((await one.notification("notifications/progress")).json.params.progress).toBe(1);
    expect((await other.notification("notifications/progress")).json.params.progress).toBe(2);
    expect((await one.reply(1)).json.result).toEqual({ n: 1 });
    expect((await other.reply(1)).json.result).toEqual({ n: 2 });
    expect([...one.peer.left, ...other.peer.left]).toEqual([]);
  });

  test("cannot cancel each other's calls", async () => {
    const { client: one, openClient, servers } = await stage({ servers: { alpha } });
    const other = openClient();
    one.call(1, "alpha__do");
    const call = await servers.alpha.call();
    other.cancel(1);
    await other.ping();
    call.result('{"n":1}');
    expect((await one.reply(1)).json.result).toEqual({ n: 1 });
    expect(servers.alpha.count("notifications/cancelled")).toBe(0);
  });

  test("are told each of a changed list, once they have asked for it", async () => {
    const { client: one, openClient, servers, clock } = await stage({ servers: { alpha } });
    const [other, silent] = [openClient(), openClient()];
    await one.tools(1);
    await other.tools(1);
    servers.alpha.changeTools(["new"]);
    await clock.advance(1000);
    const counts = [one, other, silent].map((client) => client.count("notifications/tools/list_changed"));
    expect(counts).toEqual([1, 1, 0]);
  });
});
