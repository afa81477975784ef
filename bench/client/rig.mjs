import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { contenders } from "../contenders.mjs";
import { envelope } from "./envelope.mjs";
import { LineLink } from "./line-link.mjs";

const fastServer = fileURLToPath(new URL("../fixtures/fast-server.mjs", import.meta.url));
const TOOLS_PER_SERVER = 5;
const END_WITHIN_MS = 3000;
const KEPT_STDERR = 2000;
/** A message from this length on is written as bytes made once. */
const BIG_CHARS = 8192;

/** A modern client hears of changed lists only on a stream that it opens; this one asks again instead. */
const ASK_AGAIN_MS = 50;

/** @typedef {import("../contenders.mjs").Era} Era */
/** A call that is ready to be sent again and again: everything up to its id. @typedef {{ link: LineLink, opening: string | Buffer, era: Era }} Call */

/**
 * One contender, started in front of fast servers s0, s1, …, and the client's links to it. `close` ends all of it.
 */
export class Rig {
  /** @type {{ child: import("node:child_process").ChildProcessWithoutNullStreams, link: LineLink }[]} */
  #links = [];
  /** @type {Promise<void>[]} */
  #handshakes = [];
  #folder = "";
  /** Whether the folder is another's, who starts more in it. */
  #isLent = false;
  #closing = false;
  #isDirect;
  #era;
  /** Servers that it stands in front of. */
  serverCount;
  /** The relay's process; undefined for `direct`, which has none. @type {number | undefined} */
  relayPid;

  /**
   * Starts it; nothing is said to it yet. `client` and `server` are the eras of the two sides; `envs` the environment of
   * server number i, none where the list ends, `settings` what stands beside it in tutti's file; `more`: further entries,
   * whose tools are not waited for, `relayEnv` what the relay gets, and `folder` where
   * the configuration and what is remembered are, to be started in again.
   * @param {string} contender
   * @param {number} serverCount
   * @param {{ client?: Era, server?: Era, envs?: Record<string, string>[],
   *   settings?: object[], more?: Record<string, object>, relayEnv?: Record<string, string>, folder?: string }} options
   */
  constructor(
    contender,
    serverCount,
    { client = "legacy", server = "legacy", envs = [], settings = [], more = {}, relayEnv = {}, folder } = {},
  ) {
    const args = contenders[contender]?.args;
    this.#isDirect = args === undefined;
    this.#era = client;
    this.serverCount = serverCount;
    // Of a value that stands in what is to be remembered, as an era's name does, nothing is.
    const era = server === "modern" ? { SERVER_ERA: server } : {};
    const servers = Array.from({ length: serverCount }, (_, index) => ({ ...era, ...envs[index] }));
    if (args === undefined) {
      this.#links = servers.map((env) => this.#start([fastServer], env));
      return;
    }
    this.#isLent = folder !== undefined;
    this.#folder = folder ?? mkdtempSync(join(tmpdir(), "tutti-bench-"));
    const config = join(this.#folder, "servers.json");
    const command = process.execPath;
    const entries = servers.map((env, at) => [`s${at}`, { command, args: [fastServer], env, ...settings[at] }]);
    const all = { ...Object.fromEntries(entries), ...more };
    writeFileSync(config, JSON.stringify({ mcpServers: all, log: { level: "silent" } }));
    // Without a folder each start is a first one: what tutti remembers of servers goes with its own.
    const started = this.#start(args(config, client), { XDG_STATE_HOME: this.#folder, ...relayEnv });
    this.#links = [started];
    this.relayPid = started.child.pid;
  }

  /**
   * @param {string[]} args
   * @param {Record<string, string>} env
   */
  #start(args, env) {
    const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: "pipe" });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr = (stderr + chunk).slice(-KEPT_STDERR);
    });
    child.on("exit", (code, signal) => {
      if (this.#closing) return;
      console.error(`${args[0]} ended by itself (${code ?? signal}): ${stderr}`);
      process.exit(1);
    });
    return { child, link: new LineLink(child) };
  }

  /** Resolves when every link is open. */
  async initialize() {
    await Promise.all(this.#links.map((_, index) => this.handshake(index)));
  }

  /**
   * Resolves when `initialize`, or `server/discover`, is answered on the link to this server; a relay has one for all.
   * @param {number} server
   */
  handshake(server) {
    const at = this.#isDirect ? server : 0;
    this.#handshakes[at] ??= shakeHands(this.#linkTo(at), this.#era);
    return this.#handshakes[at];
  }

  /** @param {number} server */
  #linkTo(server) {
    const entry = this.#links[this.#isDirect ? server : 0];
    if (entry === undefined) throw new Error(`there is no server s${server}`);
    return entry.link;
  }

  /**
   * Asks for the tools until all are listed: a relay may answer with what it has and announce the rest.
   * @param {number} wantedServers
   */
  async listAll(wantedServers = this.serverCount) {
    for (;;) {
      const changed =
        this.#era === "modern" ? sleep(ASK_AGAIN_MS) : Promise.race(this.#links.map(({ link }) => listChanged(link)));
      if ((await this.listOnce()) >= wantedServers * TOOLS_PER_SERVER) return;
      await changed;
    }
  }

  /** The number of tools that one `tools/list` gives. */
  async listOnce() {
    const lists = await Promise.all(
      this.#links.map(async ({ link }, index) => {
        await this.handshake(index);
        return ask(link, openingOf("tools/list", {}, this.#era));
      }),
    );
    return lists.reduce((sum, list) => sum + list.tools.length, 0);
  }

  /**
   * A call that is ready to be sent.
   * @param {number} server
   * @param {string} tool
   * @param {object} input
   * @returns {Call}
   */
  call(server, tool, input) {
    return this.#callOf(server, this.#isDirect ? tool : `s${server}__${tool}`, input);
  }

  /**
   * The same of any tool of the relay, by the name that it has there.
   * @param {string} tool
   * @param {object} input
   * @param {object} [meta]
   */
  ownCall(tool, input, meta) {
    return this.#callOf(0, tool, input, meta);
  }

  /**
   * @param {number} server
   * @param {string} name
   * @param {object} input
   * @param {object} [meta]
   * @returns {Call}
   */
  #callOf(server, name, input, meta) {
    const params = { name, arguments: input, ...(meta && { _meta: meta }) };
    const text = openingOf("tools/call", params, this.#era);
    const opening = text.length < BIG_CHARS ? text : Buffer.from(text);
    return { link: this.#linkTo(server), opening, era: this.#era };
  }

  /**
   * Ends what was started: stdin is closed and the process waited for, or it is killed. The servers end with their pipes.
   * @param {"politely" | "at once"} how
   */
  async close(how = "politely") {
    this.#closing = true;
    if (how === "at once") for (const { child } of this.#links) child.kill("SIGKILL");
    await Promise.all(this.#links.map(({ child }) => end(child)));
    if (this.#folder !== "" && !this.#isLent) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * A modern client needs none; it asks whether anybody is there.
 * @param {LineLink} link
 * @param {Era} era
 * @returns {Promise<void>}
 */
async function shakeHands(link, era) {
  if (era === "modern") return void (await ask(link, openingOf("server/discover", {}, era)));
  const clientInfo = { name: "bench", version: "1.0.0" };
  await ask(link, openingOf("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo }, era));
  link.send('{"method":"notifications/initialized","jsonrpc":"2.0"}\n');
}

/**
 * A request up to its id, in the member order of the TypeScript SDK's client.
 * @param {string} method
 * @param {object} params
 * @param {Era} era
 */
function openingOf(method, params, era) {
  const all = era === "modern" ? { ...params, _meta: envelope } : params;
  return `${JSON.stringify({ method, params: all, jsonrpc: "2.0" }).slice(0, -1)},"id":`;
}

/**
 * @param {LineLink} link
 * @param {string} opening
 * @returns {Promise<any>} the result
 */
function ask(link, opening) {
  return new Promise((resolve, reject) => {
    link.request(opening, (_, line) => {
      const { result, error } = JSON.parse(String(line));
      if (error === undefined) resolve(result);
      else reject(new Error(`${opening.slice(0, 60)}: ${error.message}`));
    });
  });
}

/**
 * @param {LineLink} link
 * @returns {Promise<void>}
 */
function listChanged(link) {
  return new Promise((resolve) => {
    link.onOther = (line) => {
      if (line.includes("notifications/tools/list_changed")) resolve();
    };
  });
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<void>}
 */
function end(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill("SIGKILL"), END_WITHIN_MS);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.stdin?.end();
  });
}
