import { expect, test } from "vitest";
import { type Desk, openBrowser } from "../../src/cli/browser.ts";
import type { ChildLaunch } from "../../src/ports/spawn.ts";

const url = new URL("https://as.example/authorize?state=a%20b&scope=x'$(id)`;|&");

/** A desk that notes what is started. */
function desk(platform: NodeJS.Platform, env: Desk["env"], ends?: string) {
  const started: ChildLaunch[] = [];
  const one: Desk = {
    env,
    platform,
    home: "/home/me",
    finder: { find: async ({ command }) => ({ command: `/found/${command}`, path: "" }) },
    start: async (launch) => {
      started.push(launch);
      return ends;
    },
  };
  return { desk: one, started };
}

test.each<[NodeJS.Platform, Desk["env"], string, readonly string[]]>([
  ["linux", { DISPLAY: ":0" }, "/found/xdg-open", []],
  ["linux", { WAYLAND_DISPLAY: "wayland-0" }, "/found/xdg-open", []],
  ["linux", { BROWSER: "/opt/my browser" }, "/found//opt/my browser", []],
  ["darwin", {}, "/found/open", []],
  ["darwin", { SSH_CONNECTION: "a", BROWSER: "links" }, "/found/links", []],
  ["win32", { SystemRoot: "D:\\W" }, "/found/D:\\W\\System32\\rundll32.exe", ["url.dll,FileProtocolHandler"]],
])("on %s with %j an address is one word for %s", async (platform, env, command, before) => {
  const { desk: one, started } = desk(platform, env);
  expect(await openBrowser(url, one)).toBeUndefined();
  expect(started).toEqual([{ command, args: [...before, url.href], env, cwd: "/home/me" }]);
});

test.each<[NodeJS.Platform, Desk["env"]]>([
  ["linux", {}],
  ["linux", { SSH_CONNECTION: "a", DISPLAY: "" }],
  ["darwin", { SSH_CONNECTION: "a" }],
])("on %s with %j nothing is started, because nobody would see it", async (platform, env) => {
  const { desk: one, started } = desk(platform, env);
  expect(await openBrowser(url, one)).toBe("there is no screen here");
  expect(started).toEqual([]);
});

test.each([
  "http://as.example/a",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "vbscript:x",
  "ms-settings:x",
  "http://127.0.0.1.example/",
])("%s is not given to any program", async (address) => {
  const { desk: one, started } = desk("linux", { DISPLAY: ":0" });
  expect(await openBrowser(new URL(address), one)).toMatch(/are not opened$/);
  expect(started).toEqual([]);
});

test("what becomes of the program is told", async () => {
  const { desk: one } = desk("linux", { DISPLAY: ":0" }, "it ended with code 3");
  expect(await openBrowser(url, one)).toBe("xdg-open: it ended with code 3");
});
