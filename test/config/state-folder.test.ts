import { expect, test } from "vitest";
import { stateFolder } from "../../src/config/state-folder.ts";

const places: readonly (readonly [platform: string, home: string, env: Record<string, string>, folder: string])[] = [
  ["linux", "/home/ada", {}, "/home/ada/.local/state/tutti"],
  ["linux", "/home/ada", { XDG_STATE_HOME: "/state" }, "/state/tutti"],
  ["linux", "/home/ada", { XDG_STATE_HOME: "" }, "/home/ada/.local/state/tutti"],
  ["linux", "/home/ada", { XDG_STATE_HOME: "state" }, "/home/ada/.local/state/tutti"],
  ["linux", "/home/ada", { LOCALAPPDATA: "/other" }, "/home/ada/.local/state/tutti"],
  ["freebsd", "/home/ada", {}, "/home/ada/.local/state/tutti"],
  ["darwin", "/Users/ada", {}, "/Users/ada/Library/Application Support/tutti"],
  ["darwin", "/Users/ada", { XDG_STATE_HOME: "/state" }, "/state/tutti"],
  ["win32", "C:\\Users\\ada", { LOCALAPPDATA: "D:\\Local" }, "D:\\Local\\tutti"],
  ["win32", "C:\\Users\\ada", {}, "C:\\Users\\ada\\AppData\\Local\\tutti"],
  ["win32", "C:\\Users\\ada", { LOCALAPPDATA: "" }, "C:\\Users\\ada\\AppData\\Local\\tutti"],
  ["win32", "C:\\Users\\ada", { XDG_STATE_HOME: "D:\\state", LOCALAPPDATA: "D:\\Local" }, "D:\\state\\tutti"],
];
for (const [platform, home, env, folder] of places) {
  test(`state is kept in ${folder} on ${platform} with ${JSON.stringify(env)}`, () => {
    expect(stateFolder({ env, home, platform })).toBe(folder);
  });
}
