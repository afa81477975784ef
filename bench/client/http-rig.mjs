import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as send } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { contenders } from "../contenders.mjs";
import { envelope } from "./envelope.mjs";

const fastServer = fileURLToPath(new URL("../fixtures/fast-http-server.mjs", import.meta.url));
const TRY_AGAIN_MS = 50;
const KEPT_STDERR = 2000;
const GOOD = '"content":[{"type":"text","text":"';

/** @typedef {import("../contenders.mjs").Era} Era */
/** A call that is ready to be sent again and again. @typedef {{ url: string, body: Buffer, headers: Record<string, string | number> }} Call */

/** One contender that serves HTTP, in front of fast HTTP servers s0, s1, …, all of one era, and a client of it. */
export class HttpRig {
  #isDirect;
  #era;
  #contender;
  #folder = mkdtempSync(join(tmpdir(), "tutti-bench-"));
  /** @type {import("node:child_process").ChildProcess[]} */
  #children = [];
  /** @type {string[]} */
  #urls = [];
  #agent = new Agent({ keepAlive: true });
  #isClosing = false;
  /** Of each address: what goes with all that is said there. @type {Map<string, Record<string, string>>} */
  #sessions = new Map();
  serverCount;
  /** @type {number | undefined} */
  relayPid;

  /**
   * @param {string} contender
   * @param {number} serverCount
   * @param {Era} era
   */
  constructor(contender, serverCount, era) {
    this.#contender = contender;
    this.#isDirect = contenders[contender]?.http === undefined;
    this.#era = era;
    this.serverCount = serverCount;
  }

  /** Starts everything, and resolves when the tools of all servers are listed. */
  async open() {
    const servers = Array.from({ length: this.serverCount }, () => this.#startServer());
    this.#urls = (await Promise.all(servers)).map((port) => `http://127.0.0.1:${port}/mcp`);
    const args = contenders[this.#contender]?.http;
    if (args !== undefined) {
      const config = join(this.#folder, "servers.json");
      const entries = this.#urls.map((url, index) => [`s${index}`, { url }]);
      writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(entries), log: { level: "silent" } }));
      const port = await freePort();
      this.relayPid = this.#start(args(config, this.#era, port), { XDG_STATE_HOME: this.#folder }).pid;
      this.#urls = [`http://127.0.0.1:${port}/mcp`];
    }
    for (const url of this.#urls) {
      await this.#shakeHands(url);
      const wanted = this.#isDirect ? 1 : this.serverCount;
      while ((await this.#ask(url, "tools/list", {})).tools.length < wanted) await sleep(TRY_AGAIN_MS);
    }
  }

  /**
   * @param {number} server
   * @param {object} input
   * @returns {Call}
   */
  call(server, input) {
    const name = this.#isDirect ? "echo" : `s${server}__echo`;
    return this.#request(this.#urls[this.#isDirect ? server : 0] ?? "", "tools/call", { name, arguments: input });
  }

  /**
   * Sends a call; an answer that is no good one ends the turn.
   * @param {Call} call
   * @param {() => void} onAnswer
   */
  send(call, onAnswer) {
    this.#send(call, (status, _, body) => {
      if (status !== 200 || !body.includes(GOOD)) throw new Error(`the call failed: ${status} ${body.slice(0, 300)}`);
      onAnswer();
    });
  }

  async close() {
    this.#isClosing = true;
    this.#agent.destroy();
    const ended = this.#children.map((child) => (child.exitCode === null ? once(child, "exit") : undefined));
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(ended);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startServer() {
    const child = this.#start([fastServer], { SERVER_ERA: this.#era });
    const [port] = await once(/** @type {import("node:stream").Readable} */ (child.stdout), "data");
    return Number(port);
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
      if (this.#isClosing) return;
      console.error(`${args[0]} ended by itself (${code ?? signal}): ${stderr}`);
      process.exit(1);
    });
    this.#children.push(child);
    return child;
  }

  /** @param {string} url */
  async #shakeHands(url) {
    const clientInfo = { name: "bench", version: "1.0.0" };
    const [method, params] =
      this.#era === "modern"
        ? ["server/discover", {}]
        : ["initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo }];
    for (;;) {
      try {
        await this.#ask(url, method, params);
        break;
      } catch (cause) {
        // It has not begun to listen yet.
        if (/** @type {NodeJS.ErrnoException} */ (cause).code !== "ECONNREFUSED") throw cause;
        await sleep(TRY_AGAIN_MS);
      }
    }
    if (this.#era === "modern") return;
    const body = Buffer.from('{"method":"notifications/initialized","jsonrpc":"2.0"}');
    const call = { ...this.#request(url, "", {}), body };
    await new Promise((resolve) => this.#send(withLength(call), resolve));
  }

  /**
   * @param {string} url
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>} the result
   */
  #ask(url, method, params) {
    return new Promise((resolve, reject) => {
      const onAnswer = (/** @type {number} */ status, /** @type {any} */ headers, /** @type {string} */ body) => {
        const session = headers["mcp-session-id"];
        if (method === "initialize") {
          const version = { "mcp-protocol-version": "2025-11-25" };
          this.#sessions.set(url, session === undefined ? version : { ...version, "mcp-session-id": session });
        }
        const { result, error } = JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1));
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${status} ${error.message}`));
      };
      this.#send(this.#request(url, method, params), onAnswer, reject);
    });
  }

  /**
   * @param {string} url
   * @param {string} method
   * @param {{ name?: string }} params
   * @returns {Call}
   */
  #request(url, method, params) {
    const isModern = this.#era === "modern";
    const all = isModern ? { ...params, _meta: envelope } : params;
    const body = Buffer.from(JSON.stringify({ method, params: all, jsonrpc: "2.0", id: 1 }));
    const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": method };
    const own = isModern ? { ...modern, ...(params.name && { "mcp-name": params.name }) } : this.#sessions.get(url);
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream", ...own };
    return withLength({ url, body, headers });
  }

  /**
   * @param {Call} call
   * @param {(status: number, headers: import("node:http").IncomingHttpHeaders, body: string) => void} onAnswer
   * @param {(cause: Error) => void} onError
   */
  #send({ url, body, headers }, onAnswer, onError = fail) {
    const request = send(url, { method: "POST", agent: this.#agent, headers }, (response) => {
      let text = "";
      response.setEncoding("latin1");
      response.on("data", (piece) => {
        text += piece;
      });
      response.on("end", () => onAnswer(response.statusCode ?? 0, response.headers, text));
    });
    request.on("error", (cause) => {
      if (!this.#isClosing) onError(cause);
    });
    request.end(body);
  }
}

/**
 * @param {Call} call
 * @returns {Call}
 */
function withLength(call) {
  return { ...call, headers: { ...call.headers, "content-length": call.body.length } };
}

/** @param {Error} cause */
function fail(cause) {
  throw cause;
}

/** A port at which nobody listens. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}
