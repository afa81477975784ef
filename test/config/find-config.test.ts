import { expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { configToWrite, findConfig } from "../../src/config/find-config.ts";
import { memoryFiles } from "./load-text.ts";

type Options = Partial<Omit<Parameters<typeof findConfig>[0], "files">>;

/** Looks in a machine on which these files exist. */
function find(existing: readonly string[], options: Options = {}): readonly string[] {
  const files = memoryFiles(Object.fromEntries(existing.map((path) => [path, ""])));
  return findConfig({ flags: [], env: {}, cwd: "/project", home: "/home/me", platform: "linux", ...options, files });
}

const everywhere = ["/project/servers.json", "/xdg/tutti/servers.json", "/home/me/.config/tutti/servers.json"];

test("the flags come first, all of them, also for files that do not exist yet", () => {
  const flags = ["a.json", "/b.json", "~/c.json"];
  const env = { TUTTI_CONFIG: "/other.json" };
  expect(find(everywhere, { flags, env })).toEqual(["/project/a.json", "/b.json", "/home/me/c.json"]);
});

test("then comes TUTTI_CONFIG, unless it is empty", () => {
  expect(find(everywhere, { env: { TUTTI_CONFIG: "x.json" } })).toEqual(["/project/x.json"]);
  expect(find(everywhere, { env: { TUTTI_CONFIG: "" } })).toEqual(["/project/servers.json"]);
});

test("then comes the current folder, then the user's configuration folder", () => {
  const env = { XDG_CONFIG_HOME: "/xdg" };
  expect(find(everywhere, { env })).toEqual(["/project/servers.json"]);
  expect(find(everywhere.slice(1), { env })).toEqual(["/xdg/tutti/servers.json"]);
  expect(find(everywhere.slice(1))).toEqual(["/home/me/.config/tutti/servers.json"]);
});

test("what comes with tutti is used where there is no other, and written only where it is named", () => {
  const packaged = "/project/servers.json";
  const own = "/home/me/.config/tutti/servers.json";
  const write = (existing: readonly string[], options: Options = {}): string => {
    const files = memoryFiles(Object.fromEntries(existing.map((path) => [path, ""])));
    return configToWrite({
      flags: [],
      env: {},
      cwd: "/project",
      home: "/home/me",
      platform: "linux",
      ...options,
      files,
    });
  };
  expect(find([packaged], { packaged })).toEqual([packaged]);
  expect(find([packaged, own], { packaged })).toEqual([own]);
  expect(write([packaged], { packaged })).toBe(own);
  expect(write([packaged, own], { packaged })).toBe(own);
  expect(write([packaged], { packaged, flags: ["servers.json"] })).toBe(packaged);
  expect(write([packaged])).toBe(packaged);
  expect(write([])).toBe(own);
});

test("a relative XDG_CONFIG_HOME does not count, as its specification says", () => {
  const env = { XDG_CONFIG_HOME: "xdg" };
  expect(find(["/project/xdg/tutti/servers.json", ...everywhere.slice(2)], { env })).toEqual(everywhere.slice(2));
});

test("macOS also knows the Library, behind .config", () => {
  const library = "/home/me/Library/Application Support/tutti/servers.json";
  expect(find([library], { platform: "darwin" })).toEqual([library]);
  expect(find([library, ...everywhere.slice(2)], { platform: "darwin" })).toEqual(everywhere.slice(2));
  expect(() => find([library])).toThrow(ConfigError);
});

test("Windows also knows APPDATA, and its own kind of path", () => {
  const options = { platform: "win32", cwd: "C:\\work", home: "C:\\Users\\me" };
  const roaming = "C:\\Users\\me\\AppData\\Roaming\\tutti\\servers.json";
  expect(find([roaming], options)).toEqual([roaming]);
  const env = { APPDATA: "D:\\data" };
  expect(find(["D:\\data\\tutti\\servers.json"], { ...options, env })).toEqual(["D:\\data\\tutti\\servers.json"]);
  expect(find([], { ...options, flags: ["x\\a.json", "~\\b.json"] })).toEqual([
    "C:\\work\\x\\a.json",
    "C:\\Users\\me\\b.json",
  ]);
});

test("one line names all places and the cure when there is nothing", () => {
  expect(() => find([])).toThrow(
    new ConfigError(
      "No configuration at /project/servers.json, /home/me/.config/tutti/servers.json. " +
        "Write one there, or name one with --config FILE or TUTTI_CONFIG.",
    ),
  );
});

test("a flag without a file is an error", () => {
  expect(() => find(everywhere, { flags: [""] })).toThrow("--config names no file. Write --config FILE.");
});
