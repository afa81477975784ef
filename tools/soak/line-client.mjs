// line-client.mjs: a client over stdio, as the one that starts tutti. Looks at everything that comes.
import { createInterface } from "node:readline";

const version = "2025-11-25";

export class LineClient {
  #child;
  #ledger;
  #random;
  #lastId = 0;
  /** Who waits, by id. */
  #open = new Map();
  #progress = new Map();

  constructor(child, ledger, random) {
    this.#child = child;
    this.#ledger = ledger;
    this.#random = random;
    createInterface({ input: child.stdout }).on("line", (line) => this.#take(line));
  }

  async greet() {
    const clientInfo = { name: "soak", version: "1" };
    await this.#request("initialize", { protocolVersion: version, capabilities: {}, clientInfo });
    this.#send({ method: "notifications/initialized" });
    await this.#request("tools/list", {});
  }

  call = (name, args = {}) => this.#request("tools/call", { name, arguments: args });

  /** A call of the usual kind, whose reply has to be its own. */
  async usual() {
    const nonce = `n${this.#lastId}.${this.#random()}`;
    const dice = this.#random();
    const server = this.pick(["one", "other"]);
    if (dice < 0.06) {
      const params = { name: "one__progress", arguments: { steps: 5 }, _meta: { progressToken: nonce } };
      this.#progress.set(nonce, 0);
      this.#expect("5 steps", await this.#request("tools/call", params));
      if (this.#progress.get(nonce) !== 5) this.#ledger.violation("wrong", `${this.#progress.get(nonce)} of 5 steps`);
      this.#progress.delete(nonce);
    } else if (dice < 0.1) {
      const text = nonce + "x".repeat(this.#random() * 200_000);
      this.#expect(text, await this.call(`${server}__echo`, { text }));
    } else if (dice < 0.14) {
      const calls = [0, 1, 2].map((at) => ({ id: `c${at}`, name: `${server}__echo`, arguments: { text: nonce } }));
      const text = JSON.stringify(await this.call("call_tools", { calls }));
      if (text.split(nonce).length < 4) this.#ledger.violation("wrong", `call_tools: ${text.slice(0, 300)}`);
    } else if (dice < 0.17) this.#expect("the server says no", await this.call("one__rpc_error"));
    else if (dice < 0.2) this.#expect("the tool says no", await this.call("one__tool_error"));
    else if (dice < 0.22) await this.#request(this.pick(["tools/list", "ping", "no/such"]), {});
    else if (dice < 0.24)
      await this.call("guest__echo", { text: nonce }); // It comes and goes.
    else this.#expect(nonce, await this.call(`${server}__echo`, { text: nonce }));
  }

  pick = (from) => from[Math.floor(this.#random() * from.length)];

  /** Makes a call and takes it back; no reply may come. */
  cancelled = async (name) => {
    const id = ++this.#lastId;
    this.#send({ id, method: "tools/call", params: { name, arguments: {} } });
    await new Promise((resolve) => setTimeout(resolve, this.#random() * 50));
    this.#send({ method: "notifications/cancelled", params: { requestId: id } });
    this.#ledger.count("calls");
    this.#ledger.count("cancels");
  };

  nonsense = async () => {
    const lines = [
      "what?",
      "[]",
      "{",
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":-1}}',
      "",
    ];
    this.#child.stdin.write(`${this.pick(lines)}\n`);
  };

  end = () => this.#child.stdin.end();

  /** How many still wait. */
  get waiting() {
    return this.#open.size;
  }

  #expect(text, reply) {
    const said = reply.error?.message ?? reply.result?.content?.[0]?.text;
    if (said !== text)
      this.#ledger.violation("astray", `${JSON.stringify(said)?.slice(0, 300)} for ${text.slice(0, 100)}`);
  }

  #request(method, params) {
    const id = ++this.#lastId;
    this.#ledger.count("calls");
    this.#send({ id, method, params });
    return new Promise((resolve) => this.#open.set(id, resolve));
  }

  #send(message) {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  #take(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      this.#ledger.violation("wrong", `no JSON on stdout: ${line.slice(0, 200)}`);
      return;
    }
    const { id, method, params } = message;
    if (method === "notifications/progress") this.#hear(params);
    else if (method === undefined && id !== null) this.#settle(id, message);
  }

  #hear({ progressToken, progress }) {
    const last = this.#progress.get(progressToken);
    if (last === undefined || progress <= last)
      this.#ledger.violation("astray", `progress ${progress} of ${progressToken}`);
    else this.#progress.set(progressToken, progress);
    this.#ledger.count("progress");
  }

  #settle(id, message) {
    const resolve = this.#open.get(id);
    if (resolve === undefined) {
      this.#ledger.violation("astray", `a reply to ${id}, which waits for none`);
      return;
    }
    this.#open.delete(id);
    this.#ledger.count("replies");
    resolve(message);
  }
}
