import { describe, expect, test } from "vitest";
import { desktopEnvironment, foundElsewhere, locate } from "../../../src/cli/check/about-commands.ts";
import type { CommandFinder } from "../../../src/process/path.ts";
import { loadText } from "../../config/load-text.ts";

async function server(entry: object) {
  const { servers } = await loadText(JSON.stringify({ mcpServers: { s: entry } }));
  const [only] = servers;
  if (only === undefined) throw new Error("there is one");
  return only;
}

const npx = { command: "npx" };

describe("a command", () => {
  test("that is the same file everywhere, or is not found at all, is no finding", async () => {
    expect(foundElsewhere(await server(npx), { here: "/usr/bin/npx", elsewhere: "/usr/bin/npx" })).toEqual([]);
    expect(foundElsewhere(await server(npx), { here: undefined, elsewhere: undefined })).toEqual([]);
    expect(foundElsewhere(await server(npx), undefined)).toEqual([]);
  });

  test("that is another file for a program with a window is a note, and one that is none a warning", async () => {
    const [other] = foundElsewhere(await server(npx), { here: "/my venv/npx", elsewhere: "/usr/bin/npx" });
    expect(other).toMatchObject({
      code: "found_elsewhere",
      severity: "note",
      cure: expect.stringContaining('"/my venv/npx"'),
    });
    expect(other?.text).toContain("/usr/bin/npx where");
    expect(foundElsewhere(await server(npx), { here: "/a/npx", elsewhere: undefined })).toMatchObject([
      { severity: "warning" },
    ]);
  });

  test("is looked for only where it is a bare name, and elsewhere only where it is found here", async () => {
    const asked: string[] = [];
    const finder = (name: string, found: boolean): CommandFinder => ({
      find: async ({ command }) => {
        asked.push(`${name} ${command}`);
        if (!found) throw new Error("not found");
        return { command: `/${name}/${command}`, path: "" };
      },
    });
    expect(await locate(await server(npx), finder("a", true), finder("b", true))).toEqual({
      here: "/a/npx",
      elsewhere: "/b/npx",
    });
    const lost = await locate(await server(npx), finder("a", false), finder("b", true));
    expect(lost).toEqual({ here: undefined, elsewhere: undefined });
    expect(asked).toEqual(["a npx", "b npx", "a npx"]);
    for (const entry of [{ command: "/usr/bin/npx" }, { command: "./x" }, { url: "https://example.com/mcp" }])
      expect(await locate(await server(entry), finder("a", true), finder("b", true))).toBeUndefined();
    expect(asked).toHaveLength(3);
  });

  test("is looked for in a short PATH for a program with a window, but on Windows, where it has the same one", () => {
    const env = { PATH: "/a", HOME: "/home/me" };
    expect(desktopEnvironment({ env, platform: "linux" })).toEqual({ ...env, PATH: "/usr/bin:/bin:/usr/sbin:/sbin" });
    expect(desktopEnvironment({ env, platform: "win32" })).toBeUndefined();
  });
});
