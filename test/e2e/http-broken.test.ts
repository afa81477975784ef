import { expect, test } from "vitest";
import { connectHttp, type Kind, serveHttpReady } from "./support/http-program.ts";
import { messagesOf, rawSession } from "./support/http-raw-client.ts";
import { fake } from "./support/program.ts";
import { until } from "./support/until.ts";
import { serverOf } from "./support/world.ts";

const kinds: readonly Kind[] = ["SDK v1", "SDK v2 with a session"];

/** A fetch whose connections can be broken, and how often it was used to read on. */
function breakable() {
  const open = new Set<AbortController>();
  let resumptions = 0;
  const doFetch: typeof fetch = async (url, init) => {
    const abort = new AbortController();
    open.add(abort);
    if (new Headers(init?.headers).has("last-event-id")) resumptions++;
    const signals = [abort.signal, ...(init?.signal ? [init.signal] : [])];
    return await fetch(url, { ...init, signal: AbortSignal.any(signals) });
  };
  const breakAll = (): void => {
    for (const abort of open) abort.abort();
    open.clear();
  };
  return { fetch: doFetch, breakAll, resumptions: () => resumptions };
}

const cells = kinds.flatMap((kind) => (["L", "M"] as const).map((era) => ({ kind, era })));

test.each(cells)(
  "connections that break within calls cost a client on $kind nothing, servers of the era $era",
  async ({ kind, era }) => {
    const served = await serveHttpReady({ one: serverOf(era, "one"), two: serverOf(era, "two") });
    const connection = breakable();
    const client = await connectHttp(served, kind, { fetch: connection.fetch });
    const labels = ["a", "b", "c", "d"];
    const heard = labels.map(() => [] as number[]);
    const results = labels.map((label, at) =>
      client.call(
        `${at % 2 ? "one" : "two"}__steps`,
        { label, count: 3 },
        { onprogress: ({ progress }) => void heard[at]?.push(progress) },
      ),
    );
    // They wait half a second behind their progress.
    await until("progress of all", () => heard.every((steps) => steps.length === 3));
    connection.breakAll();
    expect(await Promise.all(results)).toEqual(labels);
    expect(heard).toEqual(labels.map(() => [1, 2, 3]));
    expect(connection.resumptions()).toBeGreaterThanOrEqual(labels.length);
    expect(served.stderr).not.toMatch(/defect/);
  },
);

test("a call that its session takes back is answered by nothing, and holds no place, however many there are", async () => {
  const served = await serveHttpReady({ one: fake() });
  const session = await rawSession(served);
  // The place of each would be kept: there are 256 of them.
  for (let id = 1; id <= 300; id++) {
    const opened = session.open("tools/call", { name: "one__hang", arguments: {} }, id);
    await session.request("ping");
    await session.notify("notifications/cancelled", { requestId: id });
    const messages = [];
    for await (const message of messagesOf(await opened)) messages.push(message);
    expect(messages).toEqual([]);
  }
  expect((await session.call("one__echo", { text: "still served" })).result.content[0].text).toBe("still served");
  expect(JSON.parse((await session.call("one__cancelled")).result.content[0].text)).toHaveLength(300);
});

test("a call runs on when its session's connection breaks before anything came, and is the session's still", async () => {
  const served = await serveHttpReady({ one: fake() });
  const session = await rawSession(served);
  const abort = new AbortController();
  const left = session.open("tools/call", { name: "one__sleep", arguments: { ms: 300 } }, 1, abort.signal);
  await session.request("ping");
  abort.abort();
  await expect(left).rejects.toThrow();
  expect((await session.call("one__cancelled")).result.content[0].text).toBe("[]");
  expect((await session.call("one__sleep", { ms: 400 })).result.content[0].text).toBe("slept 400");
});
