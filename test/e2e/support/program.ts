import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, onTestFinished } from "vitest";
import { killAll, markerEnvironment, processesWith, withoutReapers } from "./processes.ts";
import { RawClient } from "./raw-client.ts";
import { until } from "./until.ts";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The built program. */
export const main = join(root, "dist", "main.js");
if (!existsSync(main)) throw new Error("dist/main.js is missing, and these tests start it. Run: npm run build");

export type Entry = { readonly command?: string; readonly [member: string]: unknown };
export type Servers = Readonly<Record<string, Entry>>;

export const fixturePath = (file: string): string => join(root, "test", "fixtures", file);

/** The entry of a server that is one of test/fixtures. */
export function fixture(file: string, ...args: readonly (string | number)[]): Entry {
  const path = fixturePath(file);
  return file.endsWith(".sh")
    ? { command: "/bin/sh", args: [path, ...args.map(String)] }
    : { command: process.execPath, args: [path, ...args.map(String)] };
}

export const fake = (...args: readonly (string | number)[]): Entry => fixture("fake-server.mjs", ...args);

/** A server that does not start before `release` is called. */
export function heldServer(): { readonly entry: Entry; readonly release: () => void } {
  const file = join(temporaryFolder(), "released");
  return { entry: fixture("slow-start.mjs", file), release: () => writeFileSync(file, "") };
}

/** A folder for the time of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tutti-e2e-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The path of a configuration with these servers; unless `settings` say otherwise, lists hold what servers list alone. */
export function configFile(servers: Servers, settings: object = {}): string {
  const path = join(temporaryFolder(), "servers.json");
  writeFileSync(path, JSON.stringify({ mcpServers: servers, callTools: { scope: "off" }, ...settings }, undefined, 2));
  return path;
}

export type Start = {
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of what the test itself has. */
  readonly wholeEnv?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What runs the program, instead of Node alone. */
  readonly through?: readonly [command: string, ...args: string[]] | undefined;
};

/** A started tutti. When the test is over, whatever of it is left is killed. */
export type Started = RawClient & {
  /** Everything that it started for its servers and that still lives. */
  readonly servers: () => number[];
  /** Everything of it that lives, itself and its reaper included. */
  readonly processes: () => number[];
  /** Waits until that is so many processes. */
  readonly untilServers: (count: number) => Promise<void>;
};

/** Starts `tutti` with these arguments, over pipes, as clients and people do. */
export function start(args: readonly string[], options: Start = {}): Started {
  const { env, wholeEnv, cwd = root, through = [process.execPath] } = options;
  // Removed after all that writes into it has been killed: what is registered last is done first.
  const state = { XDG_STATE_HOME: temporaryFolder() };
  const marker = randomUUID();
  onTestFinished(() => killAll(marker));
  // No configuration, colours or start-up files of the person who runs the tests.
  const { TUTTI_CONFIG: _config, NO_COLOR: _colours, SHELL: _shell, ...own } = process.env;
  const [command, ...before] = through;
  const child = spawn(command, [...before, main, ...args], {
    env: { ...(wholeEnv ?? { ...own, ...state, ...env }), ...markerEnvironment(marker) },
    cwd,
    stdio: "pipe",
  });
  const client = new RawClient(child);
  const processes = () => processesWith(marker);
  const servers = () => withoutReapers(processes()).filter((pid) => pid !== client.pid);
  const untilServers = async (count: number): Promise<void> => {
    // To look through all processes of the machine costs some ms.
    await until(`${count} processes of its own`, () => servers().length === count, 50);
  };
  return Object.assign(client, { servers, processes, untilServers });
}

/** Starts `tutti serve` and shakes hands. What it writes to stdout is checked to be the protocol alone, in every test. */
export async function serve(
  config: string | readonly string[],
  args: readonly string[] = [],
  options: Start = {},
): Promise<Started> {
  const configs = typeof config === "string" ? [config] : config;
  const client = start(["serve", ...configs.flatMap((path) => ["--config", path]), ...args], options);
  onTestFinished(() => expect(client.strayLines).toEqual([]));
  await client.handshake();
  return client;
}

/** The same, until all servers have started or failed. */
export async function serveReady(...given: Parameters<typeof serve>): Promise<Started> {
  const client = await serve(...given);
  await client.request("tools/list");
  return client;
}

export type Finished = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it left behind. */
  readonly left: number[];
};

/** Runs a command of tutti to its end. */
export async function run(args: readonly string[], options: Start = {}): Promise<Finished> {
  const started = start(args, options);
  let stdout = "";
  started.child.stdout.on("data", (text: string) => {
    stdout += text;
  });
  started.child.stdin.end();
  const closed = new Promise((resolve) => started.child.once("close", resolve));
  const { code } = await started.exit();
  await closed;
  return { code, stdout, stderr: started.stderr, left: started.servers() };
}

/** The official SDK's client, on a tutti or a server of its own. */
export async function connect(entry: {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Client> {
  const state = { XDG_STATE_HOME: temporaryFolder() };
  const marker = randomUUID();
  onTestFinished(() => killAll(marker));
  const env = { ...process.env, ...state, ...entry.env, ...markerEnvironment(marker) } as Record<string, string>;
  const { command, args, cwd = root } = entry;
  const client = new Client({ name: "sdk-client", version: "1" });
  await client.connect(new StdioClientTransport({ command, args: [...args], cwd, env, stderr: "ignore" }));
  return client;
}

export async function connectTutti(config: string): Promise<Client> {
  return await connect({ command: process.execPath, args: [main, "serve", "--config", config] });
}
