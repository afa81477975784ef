import { posix, win32 } from "node:path";
import type { StdioLaunch } from "../config/config.ts";
import type { Clock } from "../ports/clock.ts";
import type { Files } from "../ports/files.ts";
import type { Spawn } from "../ports/spawn.ts";
import { startChild } from "./child.ts";
import { childEnvironment } from "./environment.ts";
import { harmless } from "./harmless.ts";

/** Finds commands as the user's terminal would, though a program with a window started us and PATH is short. */
export type CommandFinder = {
  /** Rejects with a `CommandError` only. Does not wait for anything but, when all else fails, the login shell. */
  readonly find: (launch: Pick<StdioLaunch, "command" | "cwd" | "env">) => Promise<Found>;
};

/** `command`: absolute path. `path`: the PATH its process gets, so that it finds what it starts in turn. */
export type Found = { readonly command: string; readonly path: string };

/**
 * Why a launch cannot work; the message is one line with the cure.
 *
 * - `not_found`: no such command where commands are looked for, or no such file.
 * - `not_executable`: the file is there and may not be executed.
 * - `is_folder`: the command names a folder.
 * - `no_folder`: `cwd` is not there or is no folder. (The system itself would blame the command.)
 */
export type CommandErrorCode = "not_found" | "not_executable" | "is_folder" | "no_folder";

export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: CommandErrorCode;

  constructor(code: CommandErrorCode, message: string) {
    super(harmless(message));
    this.code = code;
  }
}

/** Where commands are looked for. */
export type Machine = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Letters, digits and `-` that nobody can know beforehand, such as a random UUID: tells PATH from what else a shell prints. */
  readonly marker: string;
  readonly files: Files;
  readonly spawn: Spawn;
  readonly clock: Clock;
};

const shellLimitMs = 3000;
const maxShellText = 1 << 18;

/**
 * A bare name is looked for in the absolute entries of PATH (the launch's own where it has one), then in the folders
 * where package and version managers put commands, then in the PATH of the login shell, which is asked at most once and
 * only when needed; never in the current folder. A command with a slash is relative to the launch's `cwd`.
 * The file system is read on the spot: one finder serves one run.
 */
export function createCommandFinder(machine: Machine): CommandFinder {
  const { env, home, platform } = machine;
  const files = forgiving(machine.files);
  const isWindows = platform === "win32";
  const { join, resolve, isAbsolute, delimiter, parse } = isWindows ? win32 : posix;

  const absolute = (path: string): string[] => path.split(delimiter).filter(isAbsolute);
  const variable = (variables: Readonly<Record<string, string | undefined>>, name: string): string | undefined =>
    Object.entries(variables).find(([key]) => (isWindows ? key.toUpperCase() : key) === name)?.[1];
  const ownPath = variable(env, "PATH") ?? "";
  const extensions = isWindows ? (variable(env, "PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").split(";") : [];
  const wellKnown = once(() => wellKnownFolders(home, platform, files).filter(files.isFolder));
  const shell = isWindows ? undefined : shellFor(env["SHELL"]);
  const shellFolders = once(async () => (shell ? absolute(await askShell(shell, machine)) : []));

  /** The names a command may have as a file. */
  const spellings = (command: string): string[] => {
    if (!isWindows) return [command];
    const isComplete = extensions.some((extension) => extension.toUpperCase() === parse(command).ext.toUpperCase());
    return [...(isComplete ? [command] : []), ...extensions.map((extension) => command + extension)];
  };
  const firstIn = (folders: readonly string[], command: string, isIt: (path: string) => boolean): string | undefined =>
    folders.flatMap((folder) => spellings(command).map((name) => join(folder, name))).find(isIt);

  return {
    find: async ({ command, cwd, env: added }) => {
      if (!files.isFolder(cwd)) throw noFolder(cwd);
      const folders = unique([...absolute(variable(added, "PATH") ?? ownPath), ...wellKnown()]);
      if (/\//.test(command) || (isWindows && /[\\:]/.test(command))) {
        const named = resolve(cwd, command);
        const found = spellings(named).find(files.isExecutable);
        if (found !== undefined) return { command: found, path: folders.join(delimiter) };
        if (files.isFolder(named)) throw isFolder(named);
        throw files.isFile(named) ? notExecutable(named) : noFile(named);
      }
      const found = firstIn(folders, command, files.isExecutable);
      if (found !== undefined) return { command: found, path: folders.join(delimiter) };

      const told = await shellFolders();
      const all = unique([...folders, ...told]);
      const foundByShell = firstIn(all, command, files.isExecutable);
      if (foundByShell !== undefined) return { command: foundByShell, path: all.join(delimiter) };
      const unusable = firstIn(all, command, files.isFile);
      if (unusable !== undefined) throw notExecutable(unusable);
      const shellNote = shell && `, ${told.length > 0 ? "the PATH of" : "no PATH told by"} ${shell.command}`;
      throw notFound(command, all, shellNote ?? "", isWindows ? "where" : "which");
    },
  };
}

/** The same files; what cannot be read is as if it were not there. */
function forgiving(files: Files): Files {
  return {
    ...files,
    readText: (path) => {
      try {
        return files.readText(path);
      } catch {
        return undefined; // One more reason not to find a command there, and the error at the end says where was looked.
      }
    },
  };
}

function wellKnownFolders(home: string, platform: NodeJS.Platform, files: Files): string[] {
  const inHome = [
    ...[".local/bin", ".cargo/bin", ".bun/bin", ".deno/bin", ".volta/bin"],
    ...[".local/share/mise/shims", ".asdf/shims"],
    ...[".local/share/fnm", "Library/Application Support/fnm", ".fnm"].map((fnm) => `${fnm}/aliases/default/bin`),
  ];
  // Outside the home folder Windows lets anybody make a folder of such a name.
  if (platform === "win32") return inHome.map((folder) => win32.join(home, folder));
  return [
    ...["/opt/homebrew/bin", "/usr/local/bin"],
    ...inHome.map((folder) => posix.join(home, folder)),
    ...nvmFolders(posix.join(home, ".nvm"), files),
    ...["/snap/bin", posix.join(home, ".nix-profile/bin"), "/nix/var/nix/profiles/default/bin"],
    ...["/usr/bin", "/bin"],
  ];
}

/** The folder of nvm's default Node, or of the newest where the default names none that is installed. */
function nvmFolders(nvm: string, files: Files): string[] {
  const newestFirst = files
    .list(`${nvm}/versions/node`)
    .filter((name) => /^v\d+\.\d+\.\d+$/.test(name))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  // An alias may name another one: default → lts/* → lts/krypton → v24.11.0.
  let version = "default";
  for (let hops = 0; hops < 5; hops += 1) version = files.readText(`${nvm}/alias/${version}`)?.trim() || version;
  const wanted = version.replace(/^v?/, "v");
  const chosen = newestFirst.find((name) => name === wanted || name.startsWith(`${wanted}.`)) ?? newestFirst[0];
  return chosen === undefined ? [] : [`${nvm}/versions/node/${chosen}/bin`];
}

type Shell = { readonly command: string; readonly flags: string };

/** How a shell is made to read all its start-up files; undefined for one whose ways we do not know. */
function shellFor(command: string | undefined): Shell | undefined {
  if (command === undefined || !posix.isAbsolute(command)) return undefined;
  const name = posix.basename(command);
  if (["sh", "bash", "zsh", "fish", "dash", "ksh", "mksh", "ash"].includes(name)) return { command, flags: "-ilc" };
  // These take -l only when it stands alone.
  return ["csh", "tcsh"].includes(name) ? { command, flags: "-ic" } : undefined;
}

/** The PATH that the user's shell has once its start-up files are read; empty when it does not tell within 3 s. */
function askShell({ command, flags }: Shell, { env, home, platform, marker, spawn, clock }: Machine): Promise<string> {
  // printenv, because "$PATH" is a list in fish and csh. The first line end closes what start-up files left open.
  const script = `echo; echo ${marker}; /usr/bin/env printenv PATH; echo ${marker}`;
  const launch = { command, args: [flags, script], env: childEnvironment(env, {}, platform), cwd: home };
  const child = startChild(launch, { spawn, clock }, { stderrLine: () => {} });
  child.stdin.end();
  return new Promise((resolve) => {
    let text = "";
    const finish = (path: string): void => {
      timer.cancel();
      child.kill(); // With all that start-up files left running in its group.
      resolve(path);
    };
    const timer = clock.after(shellLimitMs, () => finish(""));
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-maxShellText);
      // Whole lines only: a shell that echoes what it runs shows the marker too.
      const lines = text.split("\n");
      const path = lines.find((_, index) => lines[index - 1] === marker && lines[index + 1] === marker);
      if (path !== undefined) finish(path);
    });
    void child.ended.then(() => finish(""));
  });
}

const cures: ReadonlyMap<string, string> = new Map([
  ...["node", "npx", "npm"].map((command) => [command, "install Node.js"] as const),
  ...["uv", "uvx"].map((command) => [command, "install uv"] as const),
  ...["bun", "bunx"].map((command) => [command, "install Bun"] as const),
  ...["python", "python3"].map((command) => [command, "install Python"] as const),
  ["deno", "install Deno"],
  ["pipx", "install pipx"],
  ["docker", "install Docker"],
]);

function notFound(command: string, folders: readonly string[], shellNote: string, which: string): CommandError {
  const some = [...folders.slice(0, 4), ...(folders.length > 4 ? ["…"] : [])].join(", ");
  const install = cures.get(command.replace(/\.(exe|cmd)$/i, "")) ?? "install it";
  const cure = `${install}, or write the absolute path of the command ("${which} ${command}" in a terminal prints it)`;
  return new CommandError(
    "not_found",
    `${command}: not found in ${folders.length} folders (${some}${shellNote}); ${cure}`,
  );
}

const noFile = (path: string): CommandError =>
  new CommandError("not_found", `${path}: no such file; correct "command", which is relative to "cwd" unless absolute`);

const notExecutable = (path: string): CommandError =>
  new CommandError(
    "not_executable",
    `${path}: may not be executed; run chmod +x on it, or make its interpreter the "command"`,
  );

const isFolder = (path: string): CommandError =>
  new CommandError("is_folder", `${path}: is a folder; name the program in it as "command"`);

const noFolder = (path: string): CommandError =>
  new CommandError("no_folder", `${path}: the folder to start in does not exist; create it or correct "cwd"`);

function unique(folders: readonly string[]): string[] {
  return [...new Set(folders)];
}

function once<T>(ask: () => T): () => T {
  let asked: { readonly answer: T } | undefined;
  return () => {
    asked ??= { answer: ask() };
    return asked.answer;
  };
}
