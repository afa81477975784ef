import { describe, expect, test } from "vitest";
import { glance } from "../../src/config/glance.ts";
import { cpuTimer } from "../support/cpu.ts";
import { loadText, memoryFiles } from "./load-text.ts";

type Options = Partial<Omit<Parameters<typeof glance>[0], "files">>;

/** The names on a machine on which these files exist. */
function names(texts: Readonly<Record<string, string>>, options: Options = {}): readonly string[] {
  const files = memoryFiles(texts);
  return glance({ flags: [], env: {}, cwd: "/project", home: "/home/me", platform: "linux", ...options, files })
    .servers;
}

const here = "/project/servers.json";
const entry = '{"command":"x"}';

describe("the names of the servers", () => {
  test("come in the order of the file, under either key, with comments and trailing commas", () => {
    const text = `\uFEFF// servers\n{ "mcpServers": { "b": ${entry}, /* "z": ${entry}, */ "a": ${entry}, }, "servers": {"c":${entry}} }`;
    expect(names({ [here]: text })).toEqual(["b", "a", "c"]);
  });

  test("come from the files that the configuration is read from", () => {
    const files = { [here]: `{"servers":{"here":${entry}}}`, "/a.json": `{"servers":{"a":${entry}}}` };
    const home = { "/home/me/.config/tutti/servers.json": `{"servers":{"home":${entry}}}` };
    expect(names({ ...files, ...home })).toEqual(["here"]);
    expect(names(home)).toEqual(["home"]);
    expect(names(files, { env: { TUTTI_CONFIG: "/a.json" } })).toEqual(["a"]);
    expect(names(files, { flags: ["servers.json", "../a.json"] })).toEqual(["here", "a"]);
  });

  test("are those that the configuration then has, without the servers that are switched off", async () => {
    const text = `{"servers":{"10":${entry},"a":{"command":"x","disabled":true},"b":{"url":"http://x","enabled":false},
      "9":${entry},"c":{"command":"x","disabled":false,"enabled":true},"é\\u0041":${entry}}}`;
    const config = await loadText(text);
    expect(names({ [here]: text })).toEqual(config.servers.filter(({ disabled }) => !disabled).map(({ name }) => name));
  });

  test.each([
    "",
    " ",
    "{",
    "[]",
    "null",
    "7",
    '{"mcpServers":[]}',
    '{"mcpServers":null}',
    '{"mcpServers":"x"}',
    "{}",
    '{"servers":{"a":{},"a":{}}}',
    '{"servers":{"__proto__":{"a":{}}}}',
    "\0",
    "[".repeat(100_000),
  ])("are none, and nothing is thrown, where the file says %j", (text) => {
    expect(names({ [here]: text.slice(0, 200_000) })).toEqual([]);
  });

  test("are none where there is no file, or none is named", () => {
    expect(names({})).toEqual([]);
    expect(names({}, { flags: ["gone.json"] })).toEqual([]);
    expect(names({}, { flags: [""] })).toEqual([]);
  });

  test("of one file are there though another cannot be read", () => {
    const files = {
      ...memoryFiles({ "/a.json": `{"servers":{"a":${entry}}}`, "/b.json": "" }),
      readText: (path: string) => {
        if (path === "/b.json") throw new Error("EACCES");
        return `{"servers":{"a":${entry}}}`;
      },
    };
    const search = { flags: ["/b.json", "/a.json"], env: {}, cwd: "/", home: "/", platform: "linux", files };
    expect(glance(search).servers).toEqual(["a"]);
  });

  test("are not read from what is no file: a pipe can be read only once, and may never end", () => {
    const read: string[] = [];
    const files = {
      isFile: () => false,
      readText: (path: string) => {
        read.push(path);
        return "";
      },
    };
    const search = { flags: ["/dev/fd/63"], env: {}, cwd: "/", home: "/", platform: "linux", files };
    expect(glance(search).servers).toEqual([]);
    expect(read).toEqual([]);
  });

  test("of a file that nobody wrote by hand are not waited for", () => {
    const spentMs = cpuTimer();
    for (const part of ['"', "/*", ", ", "[,", '{"a":', "//", '\\"', "  "]) {
      for (const length of [200_000, 10_000_000]) {
        expect(names({ [here]: part.repeat(length / part.length) })).toEqual([]);
      }
    }
    expect(spentMs()).toBeLessThan(2000);
  });
});

describe("whether there is call_tools", () => {
  const has = (texts: Readonly<Record<string, string>>, flags: readonly string[] = []) => {
    const files = memoryFiles(texts);
    return glance({ flags, env: {}, cwd: "/project", home: "/home/me", platform: "linux", files }).hasCallTools;
  };

  test("is so where no file says otherwise, and the last one that says it counts", () => {
    expect(has({})).toBe(true);
    expect(has({ [here]: "{" })).toBe(true);
    expect(has({ [here]: '{"callTools":{"scope":"off"}}' })).toBe(false);
    const two = { "/a.json": '{"callTools":{"scope":"off"}}', "/b.json": '{"callTools":{"scope":"all"}}' };
    expect([has(two, ["/a.json", "/b.json"]), has(two, ["/b.json", "/a.json"])]).toEqual([true, false]);
  });
});
