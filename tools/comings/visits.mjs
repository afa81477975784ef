// visits.mjs: clients over HTTP that come, do a little, and go.
import { setTimeout } from "node:timers/promises";
import { messagesOf, speaker as speakerTo } from "../swarm/http.mjs";

const legacy = "2025-11-25";
const modern = "2026-07-28";
const key = (name) => `io.modelcontextprotocol/${name}`;
/** Every so many can be asked something, and gets servers of its own. */
const askableEvery = 20;
const patienceMs = 30_000;

export class Visits {
  counts = {};
  /** What was not as it should be, a line each. */
  wrong = [];
  #speaker;
  #authorization;

  constructor(url, token) {
    this.#speaker = speakerTo(url);
    this.#authorization = `Bearer ${token}`;
  }

  /** The `n`-th one, in a way that depends on that. */
  async make(n) {
    const canAsk = n % askableEvery === 0;
    const [kind, visit] = [
      [canAsk ? "with a session and servers of its own" : "with a session", () => this.#session(n, canAsk, true)],
      ["with a session that it does not end", () => this.#session(n, false, false)],
      ["without a session", () => this.#caller(n)],
    ][n % 3];
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    await visit().catch((error) => this.#note(`${kind}: ${error.stack}`));
  }

  /** Resolves when the servers of this round are served. */
  async untilRound(round) {
    const until = performance.now() + patienceMs;
    while ((await this.#call("reader", "change__round")) !== `${round}`) {
      if (performance.now() > until) throw new Error(`configuration ${round} is not served`);
      await setTimeout(10);
    }
  }

  /** Closes the connections that nobody uses. */
  rest() {
    this.#speaker.rest();
  }

  end() {
    this.#speaker.end();
  }

  async #session(n, canAsk, isPolite) {
    const clientInfo = { name: `s${n}`, version: "1" };
    const params = { protocolVersion: legacy, capabilities: canAsk ? { elicitation: {} } : {}, clientInfo };
    const opened = await this.#post({ id: 1, method: "initialize", params }, {});
    const headers = {
      authorization: this.#authorization,
      "mcp-session-id": opened.headers["mcp-session-id"],
      "mcp-protocol-version": legacy,
    };
    await this.#post({ method: "notifications/initialized" }, headers);
    const listening = await this.#speaker.send("GET", headers);
    listening.on("error", () => {}).resume();
    await this.#post({ id: 2, method: "tools/list" }, headers);
    const { message } = await this.#post({ id: 3, method: "tools/call", params: { name: "keep__round" } }, headers);
    this.#expect("0", textIn(message));
    if (!isPolite) {
      listening.destroy();
      return;
    }
    const left = await this.#speaker.send("DELETE", headers);
    left.resume();
    this.#expect(204, left.statusCode);
  }

  async #caller(n) {
    this.#expect("0", await this.#call(`c${n}`, "keep__round"));
  }

  /** The text that a tool gives to a client without a session. */
  async #call(client, name) {
    const meta = {
      [key("protocolVersion")]: modern,
      [key("clientCapabilities")]: {},
      [key("clientInfo")]: { name: client, version: "1" },
    };
    const headers = { "mcp-protocol-version": modern, "mcp-method": "tools/call", "mcp-name": name };
    const { message } = await this.#post(
      { id: 1, method: "tools/call", params: { name, arguments: {}, _meta: meta } },
      headers,
    );
    return textIn(message);
  }

  async #post(body, headers) {
    const all = { authorization: this.#authorization, ...headers };
    const response = await this.#speaker.send("POST", all, { jsonrpc: "2.0", ...body });
    let message;
    for await (const one of messagesOf(response)) message = one.message ?? message;
    return { headers: response.headers, message };
  }

  #expect(expected, seen) {
    if (seen !== expected) this.#note(`${seen} instead of ${expected}`);
  }

  #note(text) {
    if (this.wrong.length < 20) this.wrong.push(text);
  }
}

function textIn(message) {
  return message?.result?.content?.[0]?.text ?? JSON.stringify(message);
}
