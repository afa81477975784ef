import { expect, test } from "vitest";
import { connectHttp, type Kind, serveHttpReady } from "./support/http-program.ts";
import { fake, fixture, type Servers } from "./support/program.ts";
import { until } from "./support/until.ts";
import { serverOf } from "./support/world.ts";

const kinds: readonly Kind[] = ["SDK v1", "SDK v2 with a session", "SDK v2"];
const nothing = { can: {} };

/** Connects clients one after the other, each of which says another name. */
async function several(served: { readonly url: URL }, kind: Kind, count: number, can?: object) {
  const names = Array.from({ length: count }, (_, at) => `client-${at}`);
  return await Promise.all(names.map((name) => connectHttp(served, kind, { name, ...(can && { can }) })));
}

const pidOf = async (client: { call: (tool: string) => Promise<unknown> }): Promise<unknown> =>
  await client.call("old__pid");

test("clients that cannot be asked anything share one process of each server, whatever their era", async () => {
  const served = await serveHttpReady({ old: fake(), new: serverOf("M", "new") });
  const clients = (await Promise.all(kinds.map((kind) => several(served, kind, 3, {})))).flat();
  const pids = await Promise.all(clients.map(pidOf));
  expect(new Set(pids).size).toBe(1);
  expect(await Promise.all(clients.map((one, at) => one.call("new__echo", { text: `${at}` })))).toEqual(
    clients.map((_, at) => at),
  );
  expect(served.servers().length).toBe(2);
});

test.each(kinds)(
  "a client on %s that can be asked has legacy servers of its own, as long as it stays",
  async (kind) => {
    const servers: Servers = { old: fake(), new: serverOf("M", "new") };
    const served = await serveHttpReady(servers, { settings: { http: { idleMs: 1000 } } });
    const [common, ...askable] = [await connectHttp(served, kind, nothing), ...(await several(served, kind, 2))];
    const pids = await Promise.all([common, ...askable].map(pidOf));
    expect(new Set(pids).size).toBe(3);
    expect(await Promise.all(askable.map(pidOf))).toEqual(pids.slice(1));
    const label = "x";
    for (const one of askable) expect(await one.call("new__ask_form", { label })).toMatchObject({ label });
    // Two of the common set, and one more for each that can be asked.
    await served.untilServers(4);
    await askable[0]?.leave();
    if (kind === "SDK v2") expect(await pidOf(askable[1] as (typeof askable)[0])).toBe(pids[2]);
    else await served.untilServers(3);
    // The rest is stopped because it says nothing; clients that listen are never idle.
    await askable[1]?.leave();
    await served.untilServers(2);
    expect(await pidOf(common)).toBe(pids[0]);
    if (kind !== "SDK v2") return;
    const again = await connectHttp(served, kind, { name: "client-1" });
    expect(pids).not.toContain(await pidOf(again));
  },
);

test("`shared` decides where it is given: true gives nobody a process of its own, false everybody", async () => {
  const servers = {
    old: { ...fake(), shared: false },
    asks: { ...serverOf("L", "asks"), shared: true },
    new: { ...serverOf("M", "new"), shared: false },
  };
  const served = await serveHttpReady(servers);
  const before = served.servers().length;
  const plain = await Promise.all([connectHttp(served, "SDK v1", nothing), connectHttp(served, "SDK v2", nothing)]);
  const askable = await Promise.all([connectHttp(served, "SDK v1"), connectHttp(served, "SDK v2")]);
  const pids = await Promise.all([...plain, ...askable].map(pidOf));
  expect(new Set(pids).size).toBe(4);
  await served.untilServers(before + 4 * 2);
  for (const one of askable) {
    expect(await one.call("asks__echo", { text: "shared" })).toBe("shared");
    // Nobody can say whom it would ask: the server is told so, and its call ends.
    expect(await one.call("asks__ask_form", { label: "x" })).toMatchObject({ isError: true });
    expect(one.asked).toEqual([]);
    expect(await one.call("new__ask_form", { label: "y" })).toMatchObject({ label: "y" });
  }
});

test("one client too many that needs servers of its own is told so, it alone, and served when there is room", async () => {
  const served = await serveHttpReady({ old: fake() }, { settings: { http: { maxSets: 1 } } });
  const first = await connectHttp(served, "SDK v1");
  const pid = await pidOf(first);
  const [late, later] = await Promise.all([connectHttp(served, "SDK v1"), connectHttp(served, "SDK v2")]);
  for (const one of [late, later]) {
    await expect(one.tools()).rejects.toThrow(/1 clients have servers of their own already \(http\.maxSets\)/);
    await expect(pidOf(one)).rejects.toThrow(/http\.maxSets/);
  }
  const plain = await connectHttp(served, "SDK v1", nothing);
  expect(await plain.call("old__echo", { text: "fine" })).toBe("fine");
  expect(await pidOf(first)).toBe(pid);
  await first.leave();
  await served.untilServers(1);
  let next: unknown;
  // Its place is free a moment after its process has gone.
  const retry = (): void =>
    void pidOf(later).then(
      (found) => (next = found),
      () => setTimeout(retry, 50),
    );
  retry();
  await until("room", () => next !== undefined);
  expect([pid, await pidOf(plain)]).not.toContain(next);
  await expect(pidOf(late)).rejects.toThrow(/http\.maxSets/);
  await served.untilServers(2);
});

test("clients without a session that say the same of themselves, with the same token, have one set; others another", async () => {
  const tokens = ["first-token-0123456789", "second-token-0123456789"];
  const [first, second] = tokens.map((token) => ({ authorization: `Bearer ${token}` }));
  const served = await serveHttpReady({ old: fake() }, { env: { TUTTI_HTTP_TOKEN: tokens.join("\n") } });
  const connect = async (more: object) =>
    await pidOf(await connectHttp(served, "SDK v2", { ...(first && { headers: first }), ...more }));
  const same = await Promise.all([connect({ name: "a" }), connect({ name: "a" }), connect({ name: "a" })]);
  expect(new Set(same).size).toBe(1);
  const others = await Promise.all([
    connect({ name: "b" }),
    connect({ name: "a", can: { roots: {} } }),
    connect({ name: "a", headers: second }),
    connect({ name: "a", url: new URL("/mcp/lazy", served.url) }),
  ]);
  expect(new Set([...same, ...others]).size).toBe(5);
  await served.untilServers(6);
});

test("a client that leaves while its servers start leaves none of them", async () => {
  const served = await serveHttpReady({ old: fake(), slow: fixture("slow-start.mjs", 1500) });
  const clients = await several(served, "SDK v1", 3);
  await served.untilServers(8);
  await Promise.all(clients.map((one) => one.leave()));
  await served.untilServers(2);
});

test("call_tools of a client whose own servers are still starting waits for them", async () => {
  const served = await serveHttpReady({ old: fake() }, { settings: { callTools: { scope: "all" } } });
  const calls = [{ id: "a", name: "old__echo", arguments: { text: "waited for" } }];
  for (const kind of kinds) {
    const client = await connectHttp(served, kind, { name: `early on ${kind}` });
    expect(await client.call("call_tools", { calls })).toMatchObject({ results: [{ id: "a", ok: true }] });
  }
});
