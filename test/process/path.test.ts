import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/ports/clock.ts";
import { type Files, systemFiles } from "../../src/ports/files.ts";
import { systemSpawn } from "../../src/ports/spawn.ts";
import { createCommandFinder, type Machine } from "../../src/process/path.ts";
import { patient } from "../e2e/support/until.ts";
import { type FakeProcess, fakeClock, fakeSpawn } from "./fakes.ts";
import { isAlive } from "./support.ts";

const marker = "0f7c-unguessable";

/** `"x"` is an executable file, `"-"` one that is not, any other text a file with that text; folders follow from the paths. */
function fakeFiles(tree: Readonly<Record<string, string>>, separator = "/"): Files {
  const paths = Object.keys(tree);
  const isFolder = (path: string): boolean =>
    paths.some((other) => other.startsWith(path + separator)) || path === "/project";
  return {
    readText: (path) => tree[path],
    ownership: () => undefined,
    isFile: (path) => path in tree,
    isFolder,
    isExecutable: (path) => tree[path] === "x",
    writeText: () => {
      throw new Error("no file was expected to be written");
    },
    list: (path) => {
      const inside = paths.filter((other) => other.startsWith(path + separator));
      return [...new Set(inside.map((other) => other.slice(path.length + 1).split(separator)[0] ?? ""))].sort();
    },
  };
}

function finder(tree: Readonly<Record<string, string>>, machine: Partial<Machine> = {}) {
  return createCommandFinder({
    env: { PATH: "/usr/bin:/bin" },
    home: "/home/ada",
    platform: "linux",
    marker,
    files: fakeFiles(tree),
    spawn: fakeSpawn(() => {
      throw new Error("no process was expected to start");
    }),
    clock: fakeClock(),
    ...machine,
  });
}

const launch = (command: string, env: Record<string, string> = {}) => ({ command, cwd: "/project", env });

/** A login shell that prints `noise` and tells `path` when it is asked. */
const shellTelling =
  (path: string, noise = "") =>
  ({ stdout }: FakeProcess): void =>
    void stdout.write(`${noise}\n${marker}\n${path}\n${marker}\n`);

test("a bare name is the first executable file of that name in PATH", async () => {
  const { find } = finder({ "/usr/bin/npx": "-", "/bin/npx": "x", "/usr/local/bin/npx": "x" });
  expect((await find(launch("npx"))).command).toBe("/bin/npx");
});

test("the configuration's own PATH takes the place of ours, and its process gets the repaired one", async () => {
  const { find } = finder({ "/usr/bin/npx": "x", "/opt/node/npx": "x", "/home/ada/.local/bin/uvx": "x" });
  expect(await find(launch("npx", { PATH: "/opt/node" }))).toEqual({
    command: "/opt/node/npx",
    path: "/opt/node:/home/ada/.local/bin:/usr/bin",
  });
});

test("relative and empty entries of PATH are no places to look in", async () => {
  const { find } = finder({ "/project/npx": "x", "/project/bin/npx": "x" }, { env: { PATH: ".::bin:/usr/bin" } });
  await expect(find(launch("npx"))).rejects.toMatchObject({ code: "not_found" });
});

test.each([
  ["/opt/homebrew/bin"],
  ["/usr/local/bin"],
  ["/home/ada/.local/bin"],
  ["/home/ada/.cargo/bin"],
  ["/home/ada/.bun/bin"],
  ["/home/ada/.deno/bin"],
  ["/home/ada/.volta/bin"],
  ["/home/ada/.local/share/mise/shims"],
  ["/home/ada/.asdf/shims"],
  ["/home/ada/.local/share/fnm/aliases/default/bin"],
  ["/home/ada/Library/Application Support/fnm/aliases/default/bin"],
  ["/home/ada/.fnm/aliases/default/bin"],
  ["/snap/bin"],
  ["/home/ada/.nix-profile/bin"],
])("a command in %s is found though PATH lacks that folder, without asking the shell", async (folder) => {
  const { find } = finder({ [`${folder}/tool`]: "x", "/bin/sh": "x" }, { env: { PATH: "/bin", SHELL: "/bin/sh" } });
  const { command, path } = await find(launch("tool"));
  expect({ command, path }).toEqual({ command: `${folder}/tool`, path: `/bin:${folder}` });
});

const nvm = "/home/ada/.nvm";
const installed = Object.fromEntries(
  ["v9.11.2", "v20.9.0", "v20.11.1", "v22.1.0"].map((v) => [`${nvm}/versions/node/${v}/bin/npx`, "x"]),
);
test.each([
  ["the newest by number without a default", {}, "v22.1.0"],
  ["the default", { "alias/default": "v9.11.2\n" }, "v9.11.2"],
  ["the newest of the line the default names", { "alias/default": "20" }, "v20.11.1"],
  [
    "what a chain of aliases leads to",
    { "alias/default": "lts/*", "alias/lts/*": "lts/iron", "alias/lts/iron": "v20.9.0" },
    "v20.9.0",
  ],
  ["the newest where the default is not installed", { "alias/default": "18" }, "v22.1.0"],
  ["the newest where aliases go round", { "alias/default": "a", "alias/a": "default" }, "v22.1.0"],
])("of nvm's versions %s is taken", async (_, aliases, version) => {
  const inNvm = Object.fromEntries(Object.entries(aliases).map(([path, text]) => [`${nvm}/${path}`, text]));
  const { find } = finder({ ...installed, ...inNvm });
  expect((await find(launch("npx"))).command).toBe(`${nvm}/versions/node/${version}/bin/npx`);
});

test("the login shell is asked once for all, and only for commands found nowhere else", async () => {
  const spawn = fakeSpawn(shellTelling("/usr/bin:relative:/odd/bin"));
  const env = { PATH: "/usr/bin", SHELL: "/bin/zsh", SECRET_TOKEN: "s" };
  const { find } = finder({ "/usr/bin/npx": "x", "/odd/bin/one": "x", "/odd/bin/two": "x" }, { env, spawn });
  expect(await find(launch("npx"))).toEqual({ command: "/usr/bin/npx", path: "/usr/bin" });
  expect(spawn.started).toHaveLength(0);
  const found = await Promise.all([find(launch("one")), find(launch("two")), find(launch("one"))]);
  expect(found[1]).toEqual({ command: "/odd/bin/two", path: "/usr/bin:/odd/bin" });
  await find(launch("two"));
  expect(spawn.started.map(({ launch, signals }) => [launch.command, launch.args[0], launch.env, signals])).toEqual([
    ["/bin/zsh", "-ilc", { PATH: "/usr/bin", SHELL: "/bin/zsh" }, expect.arrayContaining(["SIGKILL"])],
  ]);
});

test("what a shell says besides, even its own command line, is no PATH", async () => {
  const noise = `Welcome!\n+ echo ${marker}; /usr/bin/env printenv PATH; echo ${marker}\n\x1b]133;A`;
  const spawn = fakeSpawn(shellTelling("/odd/bin", noise));
  const { find } = finder({ "/odd/bin/one": "x" }, { env: { SHELL: "/usr/bin/fish" }, spawn });
  expect((await find(launch("one"))).command).toBe("/odd/bin/one");
});

test("a shell that does not answer within 3 s is killed, and the message says that it told nothing", async () => {
  const clock = fakeClock();
  const spawn = fakeSpawn();
  const { find } = finder({ "/bin/sh": "x" }, { env: { PATH: "/bin", SHELL: "/bin/bash" }, spawn, clock });
  const found = find(launch("uvx")).catch((error: unknown) => error);
  await vi.waitUntil(() => spawn.started.length > 0, patient);
  clock.pass(2999);
  expect(spawn.started[0]?.signals).toEqual([]);
  clock.pass(1);
  expect(spawn.started[0]?.signals).toContain("SIGKILL");
  expect(await found).toMatchObject({ message: expect.stringContaining("no PATH told by /bin/bash") });
});

test.each([
  ["tcsh takes -l only alone", { SHELL: "/bin/tcsh" }, ["-ic"]],
  ["a shell we do not know is not asked", { SHELL: "/usr/bin/nu" }, []],
  ["a relative shell is not asked", { SHELL: "bash" }, []],
  ["no shell is asked where none is named", {}, []],
])("%s", async (_, env, flags) => {
  const spawn = fakeSpawn(shellTelling(""));
  await finder({}, { env, spawn })
    .find(launch("npx"))
    .catch(() => {});
  expect(spawn.started.map(({ launch }) => launch.args[0])).toEqual(flags);
});

test("a command with a slash is relative to the launch's cwd", async () => {
  const { find } = finder({ "/project/bin/server": "x", "/usr/bin/x": "x", "/opt/tool": "x" });
  expect(await find(launch("./bin/server"))).toEqual({ command: "/project/bin/server", path: "/usr/bin:/bin" });
  expect((await find(launch("/opt/tool"))).command).toBe("/opt/tool");
});

const everywhere = {
  "/usr/bin/a": "-",
  "/bin/a": "x",
  "/usr/local/bin/a": "x",
  "/opt/homebrew/bin/a": "x",
  "/snap/bin/a": "x",
};
test.each([
  [
    launch("npx"),
    "not_found",
    'npx: not found in 5 folders (/usr/bin, /bin, /opt/homebrew/bin, /usr/local/bin, …); install Node.js, or write the absolute path of the command ("which npx" in a terminal prints it)',
  ],
  [
    launch("uvx", { PATH: "/bin" }),
    "not_found",
    'uvx: not found in 5 folders (/bin, /opt/homebrew/bin, /usr/local/bin, /snap/bin, …); install uv, or write the absolute path of the command ("which uvx" in a terminal prints it)',
  ],
  [
    launch("./run\n\x1b[2J"),
    "not_found",
    '/project/run\\x0a\\x1b[2J: no such file; correct "command", which is relative to "cwd" unless absolute',
  ],
  [
    launch("locked"),
    "not_executable",
    '/usr/bin/locked: may not be executed; run chmod +x on it, or make its interpreter the "command"',
  ],
  [
    launch("/usr/bin/locked"),
    "not_executable",
    '/usr/bin/locked: may not be executed; run chmod +x on it, or make its interpreter the "command"',
  ],
  [launch("/usr/bin"), "is_folder", '/usr/bin: is a folder; name the program in it as "command"'],
  [
    { command: "npx", cwd: "/gone", env: {} },
    "no_folder",
    '/gone: the folder to start in does not exist; create it or correct "cwd"',
  ],
])("a launch that cannot work says why and what helps, in one line: %j", async (wanted, code, message) => {
  const { find } = finder({ ...everywhere, "/usr/bin/locked": "-" });
  await expect(find(wanted)).rejects.toMatchObject({ name: "CommandError", code, message });
});

test("on Windows a name is completed by PATHEXT, and a script without an extension is passed over", async () => {
  const tree = { "C:\\node\\npx": "x", "C:\\node\\npx.cmd": "x", "C:\\bin\\tool.exe": "x", "C:\\w\\run.bat": "x" };
  const files = fakeFiles(tree, "\\");
  const env = { Path: ".;C:\\node;C:\\bin", PathExt: ".exe;.cmd;.bat" };
  const { find } = finder({}, { files, env, home: "C:\\Users\\ada", platform: "win32" });
  const at = (command: string) => find({ command, cwd: "C:\\w", env: {} }).then(({ command }) => command);
  expect(await at("npx")).toBe("C:\\node\\npx.cmd");
  expect(await at("npx.cmd")).toBe("C:\\node\\npx.cmd");
  expect(await at("tool.exe")).toBe("C:\\bin\\tool.exe");
  expect(await at(".\\run")).toBe("C:\\w\\run.bat");
  await expect(at("uvx")).rejects.toThrow('("where uvx" in a terminal prints it)');
});

test.runIf(process.platform === "linux")(
  "a real shell tells its PATH through noise, and what it started is killed",
  async () => {
    const home = mkdtempSync(join(tmpdir(), "tutti-home-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    writeFileSync(join(home, "odd-tool"), "", { mode: 0o755 });
    const profile =
      'set -x\nsleep 1000 &\necho $! > "$HOME/pid"\nprintf "no line end"\nread answer\nPATH="$PATH:$HOME"\n';
    writeFileSync(join(home, ".bash_profile"), profile);
    const env = { PATH: process.env["PATH"], HOME: home, SHELL: "/bin/bash" };
    const ports = { files: systemFiles, spawn: systemSpawn, clock: systemClock };
    const { find } = createCommandFinder({ env, home, platform: process.platform, marker, ...ports });
    const found = await find({ command: "odd-tool", cwd: home, env: {} });
    expect(found.command).toBe(join(home, "odd-tool"));
    const sleeper = Number(systemFiles.readText(join(home, "pid")));
    await vi.waitUntil(() => !isAlive(sleeper), patient);
  },
);

test("a path through a file is no folder to start in", async () => {
  const file = process.execPath;
  const { find } = finder({}, { files: systemFiles });
  await expect(find({ command: "npx", cwd: join(file, "sub"), env: {} })).rejects.toMatchObject({ code: "no_folder" });
});
