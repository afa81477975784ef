import { chmodSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configFile, fixture, type Start, type Started, start, temporaryFolder } from "./support/program.ts";
import { markOf, type Reply, textOf } from "./support/raw-client.ts";
import { until } from "./support/until.ts";

const tool = (name: string, description = name) => ({ name, description, inputSchema: { type: "object" } });
const changed = ["tools", "prompts", "resources"].map((what) => `notifications/${what}/list_changed`);

/** Resolves when `look` sees it in files that come and go meanwhile: one that is not there, or no longer, is not seen. */
function untilFiles(what: string, look: () => boolean): Promise<true> {
  return until(what, () => {
    try {
      return look();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  });
}

/** Servers whose offer a file says, a configuration of them, and a folder in which all starts of a test remember. */
function world(servers: Readonly<Record<string, object>>, settings: object = {}) {
  const state = temporaryFolder();
  const files = Object.fromEntries(Object.keys(servers).map((name) => [name, join(state, `${name}.told`)]));
  const tell = (name: string, told: object): void => writeFileSync(files[name] as string, JSON.stringify(told));
  for (const [name, told] of Object.entries(servers)) tell(name, told);
  const entries = Object.entries(files).map(([name, file]) => [name, fixture("as-told.mjs", file)]);
  const config = configFile(Object.fromEntries(entries), settings);
  const open = async (options: Start & { readonly args?: readonly string[] } = {}): Promise<Started> => {
    const env = { XDG_STATE_HOME: state, ...options.env };
    const tutti = start(["serve", "--config", config, ...(options.args ?? [])], { ...options, env });
    await tutti.handshake();
    return tutti;
  };
  const kept = (folder: string): string[] => {
    const path = join(state, "tutti", folder);
    return readdirSync(path).map((name) => join(path, name));
  };
  const isAllKept = (): boolean =>
    kept("servers").length === Object.keys(servers).length && kept("starts").length === 1;
  /** A start that is over when everything of it is remembered. */
  const remember = async (): Promise<void> => {
    const tutti = await open();
    await tutti.request("tools/list");
    await untilFiles("the memory", isAllKept);
    tutti.child.stdin.end();
    await tutti.exit();
  };
  return { state, config, tell, open, kept, isAllKept, remember };
}

async function names(tutti: Started, method = "tools/list", member = "tools"): Promise<string[]> {
  const { result } = await tutti.request(method);
  const items = (result as unknown as Record<string, { readonly name: string }[]>)[member];
  return (items ?? []).map(({ name }) => name);
}

function news(tutti: Started): number[] {
  return changed.map((method) => tutti.notifications(method).length);
}

const both = {
  one: { tools: [tool("a"), tool("b")], prompts: [{ name: "ask" }], instructions: "Ask one." },
  two: {
    tools: [tool("c")],
    resources: [{ uri: "x://1", name: "first" }],
    templates: [{ uriTemplate: "x://{id}", name: "any" }],
  },
};

describe("the second start", () => {
  test("answers every list at once and whole, though no server ever answers, and calls wait for their server", async () => {
    const { tell, open, remember } = world(both, { callTools: { scope: "all" }, instructions: "servers" });
    await remember();
    tell("one", { silent: true });
    tell("two", { silent: true });
    const tutti = await open();
    const call = tutti.ask("tools/call", { name: "one__a", arguments: {} });
    expect(await names(tutti)).toEqual(["one__a", "one__b", "two__c", "call_tools"]);
    expect(await names(tutti, "prompts/list", "prompts")).toEqual(["one__ask"]);
    expect(await names(tutti, "resources/list", "resources")).toEqual(["first"]);
    expect(await names(tutti, "resources/templates/list", "resourceTemplates")).toEqual(["any"]);
    const { result } = await tutti.handshake();
    expect((result as { instructions?: string }).instructions).toContain("> Ask one.");
    expect(tutti.replies(call)).toEqual([]);
    expect(news(tutti)).toEqual([0, 0, 0]);
  });

  test("answers a client whose requests speak for themselves, with lists that hold for no time", async () => {
    const { tell, open, remember } = world(both);
    await remember();
    tell("one", { silent: true });
    const tutti = await open();
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const { result } = await tutti.request("tools/list", { _meta });
    expect(result).toMatchObject({ resultType: "complete", ttlMs: 0, cacheScope: "private" });
    expect(result?.tools?.map(({ name }) => name)).toEqual(["one__a", "one__b", "two__c"]);
  });

  test("tells nothing where nothing is new, and writes nothing", async () => {
    const { open, remember, kept } = world(both);
    await remember();
    const written = (): number[] => [...kept("servers"), ...kept("starts")].map((path) => statSync(path).mtimeMs);
    const before = written();
    const tutti = await open();
    expect(await names(tutti)).toEqual(["one__a", "one__b", "two__c"]);
    expect(textOf(await tutti.call("two__c"))).toMatch(/^c \d+$/);
    expect(textOf(await tutti.call("one__b"))).toMatch(/^b \d+$/);
    await tutti.request("resources/read", { uri: "x://1" }); // Answered when all have started.
    await new Promise((resolve) => setTimeout(resolve, 400)); // Longer than news are collected.
    expect(news(tutti)).toEqual([0, 0, 0]);
    expect(written()).toEqual(before);
  });

  test("tells once, of each kind, what two servers offer that come up at different times", async () => {
    const { tell, open, remember } = world(both);
    await remember();
    tell("one", { tools: [tool("a"), tool("new")], prompts: [{ name: "other" }] });
    tell("two", { ...both.two, tools: [tool("c", "another text")], lateMs: 1500 });
    const tutti = await open();
    expect(await names(tutti)).toEqual(["one__a", "one__b", "two__c"]);
    await names(tutti, "prompts/list", "prompts");
    await names(tutti, "resources/list", "resources");
    await until("the news", () => news(tutti)[0] === 1);
    expect(await names(tutti)).toEqual(["one__a", "one__new", "two__c"]);
    expect(await names(tutti, "prompts/list", "prompts")).toEqual(["one__other"]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(news(tutti)).toEqual([1, 1, 0]);
    // What is there now is what the third start says.
    tutti.child.stdin.end();
    await tutti.exit();
    tell("one", { silent: true });
    expect(await names(await open())).toEqual(["one__a", "one__new", "two__c"]);
  });

  test("still lists what a server offered that is gone, and its calls say so", async () => {
    const { tell, open, remember } = world(both);
    await remember();
    tell("one", { gone: true });
    const tutti = await open();
    expect(await names(tutti)).toEqual(["one__a", "one__b", "two__c"]);
    const reply = await tutti.call("one__a");
    expect(markOf(reply)).toMatchObject({ code: "unavailable", server: "one", mayHaveRun: false });
    expect(textOf(await tutti.call("two__c"))).toMatch(/^c /);
    expect(news(tutti)).toEqual([0, 0, 0]);
  });

  test("waits for servers of which nothing is known, and for no other", async () => {
    const { tell, open } = world({ ...both, three: { gone: true } });
    const first = await open();
    expect(await names(first)).toEqual(["one__a", "one__b", "two__c"]);
    first.child.stdin.end();
    await first.exit();
    tell("one", { silent: true });
    tell("three", { tools: [tool("z")], lateMs: 300 });
    expect(await names(await open())).toEqual(["one__a", "one__b", "two__c", "three__z"]);
  });

  test("waits for all servers where startup.mode is waiting", async () => {
    const { tell, open } = world(both, { startup: { mode: "waiting" } });
    const first = await open();
    expect(await names(first)).toEqual(["one__a", "one__b", "two__c"]);
    first.child.stdin.end();
    await first.exit();
    tell("one", { tools: [tool("new")], lateMs: 500 });
    const second = await open();
    expect(await names(second)).toEqual(["one__new", "two__c"]);
    expect(news(second)).toEqual([0, 0, 0]);
  });

  test("starts only the servers that calls need where startup.mode is lazy, and lists are whole all the same", async () => {
    const { open, remember } = world(both, { startup: { mode: "lazy" } });
    // What is not known has to be started to be known.
    await remember();
    const tutti = await open();
    expect(await names(tutti)).toEqual(["one__a", "one__b", "two__c"]);
    expect(tutti.servers()).toEqual([]);
    expect(textOf(await tutti.request("tools/call", { name: "two__c" }))).toBeDefined();
    await tutti.untilServers(1);
    expect(await names(tutti)).toEqual(["one__a", "one__b", "two__c"]);
    expect(tutti.servers()).toHaveLength(1);
  });

  test("remembers nothing of a configuration that has changed, nor under another --lazy", async () => {
    const { open, remember, config, state } = world(both, { startup: { waitMs: 500 } });
    await remember();
    const lazy = await open({ args: ["--lazy"] });
    expect(await names(lazy)).not.toContain("one__a");
    const text = readFileSync(config, "utf8");
    for (const name of ["one", "two"]) writeFileSync(join(state, `${name}.told`), JSON.stringify({ silent: true }));
    // The same servers started otherwise: nobody knows what they offer then.
    writeFileSync(config, text.replaceAll('.told"', '.told",\n"--more"'));
    expect(await names(await open())).toEqual([]);
    writeFileSync(config, text);
    expect(await names(await open())).toEqual(["one__a", "one__b", "two__c"]);
  });
});

describe("what is remembered", () => {
  test("is for the user alone, and holds no secret", async () => {
    const servers = { one: { tools: [tool("a", "the key is hunter-2-hunter-2")] }, two: both.two };
    const { open, kept, config } = world(servers);
    const text = readFileSync(config, "utf8");
    writeFileSync(config, text.replace('"one": {', '"one": { "env": { "KEY": "hunter-2-hunter-2" },'));
    const tutti = await open();
    expect(await names(tutti)).toEqual(["one__a", "two__c"]);
    await untilFiles("what is known of two", () => kept("servers").length === 1);
    tutti.child.stdin.end();
    await tutti.exit();
    expect(kept("servers").map((path) => statSync(path).mode & 0o777)).toEqual([0o600]);
    expect(() => kept("starts")).toThrow("ENOENT");
    for (const path of kept("servers")) expect(readFileSync(path, "utf8")).not.toContain("hunter");
  });

  const damages: Readonly<Record<string, (path: string) => void>> = {
    "cut short": (path) => truncateSync(path, statSync(path).size - 10),
    empty: (path) => truncateSync(path, 0),
    "edited by hand": (path) => writeFileSync(path, readFileSync(path, "utf8").replaceAll('"c"', '"d"')),
    "of another form": (path) => writeFileSync(path, readFileSync(path, "utf8").replace(/^tutti \d+/, "tutti 99")),
    "no text at all": (path) => writeFileSync(path, Buffer.alloc(5000, 0xff)),
    "writable by others": (path) => chmodSync(path, 0o666),
  };
  for (const [what, damage] of Object.entries(damages)) {
    test(`is as if it were not there when its files are ${what}, and is written anew`, async () => {
      const { open, remember, kept } = world(both);
      await remember();
      for (const path of [...kept("servers"), ...kept("starts")]) damage(path);
      const tutti = await open();
      expect(await names(tutti)).toEqual(["one__a", "one__b", "two__c"]);
      const isWhole = (path: string): boolean =>
        /^tutti 1 [0-9a-f]{64}\n/.test(readFileSync(path, "utf8")) && (statSync(path).mode & 0o777) === 0o600;
      await untilFiles("new files", () => [...kept("servers"), ...kept("starts")].every(isWhole));
      tutti.child.stdin.end();
      await tutti.exit();
    });
  }

  test("is whole when several start at the same moment", async () => {
    const { open, isAllKept, tell } = world(both);
    const all = await Promise.all([1, 2, 3, 4].map(() => open()));
    const lists: Reply[] = await Promise.all(all.map((tutti) => tutti.request("tools/list")));
    for (const { result } of lists) expect(result?.tools?.length).toBe(3);
    await untilFiles("the memory", isAllKept);
    for (const tutti of all) tutti.child.stdin.end();
    await Promise.all(all.map((tutti) => tutti.exit()));
    tell("one", { silent: true });
    tell("two", { silent: true });
    expect(await names(await open())).toEqual(["one__a", "one__b", "two__c"]);
  });
});
