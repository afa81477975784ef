// session.mjs: a client with a session, as most of today's are: it listens, answers questions, cancels, and reads on where
// a stream broke off.
import { messagesOf } from "./http.mjs";
import { checkReply, hear } from "./ledger.mjs";
import { paramsOf, together, wishFor } from "./wishes.mjs";

const version = "2025-11-25";
const patienceMs = 30_000;

/**
 * `stays`: for how many ms a session lasts; `hasOwnIds`: whether its requests have ids that differ, so that it can cancel
 * them; else all have the same; `pace`: whose rests (`isResting`, `awake`) it spends without a session, where there are any.
 */
export class SessionClient {
  constructor(name, { speaker, ...told }) {
    Object.assign(this, { name, ...told });
    this.send = speaker.send;
    this.last = 0;
    this.isAway = false;
  }

  async run(slots) {
    while (!this.isOver()) {
      await this.begin();
      const until = Date.now() + this.stays();
      const isDone = () => this.isOver() || this.pace?.isResting || Date.now() > until;
      await Promise.all(Array.from({ length: slots }, () => this.work(isDone)));
      await this.end();
      this.isAway = true;
      await this.pace?.awake;
      this.isAway = false;
    }
  }

  async begin() {
    const capabilities = this.canAsk ? { elicitation: {} } : {};
    const params = { protocolVersion: version, capabilities, clientInfo: { name: this.name, version: "1" } };
    this.headers = { authorization: `Bearer ${this.token}` };
    const response = await this.send("POST", this.headers, { jsonrpc: "2.0", id: 1, method: "initialize", params });
    for await (const { message } of messagesOf(response))
      if (message?.result?.serverInfo?.name !== "tutti") this.ledger.violation("wrong", `${this.name} was not greeted`);
    const session = response.headers["mcp-session-id"];
    this.headers = { ...this.headers, "mcp-session-id": session, "mcp-protocol-version": version };
    this.ledger.count("sessions");
    await this.notify("notifications/initialized");
    this.listening = this.listen(session).catch((error) => this.broken(error));
    await this.plain("tools/list", {});
    if (this.random() < 0.7) await this.plain("logging/setLevel", { level: "info" });
    for (const server of Object.keys(this.servers)) {
      if (this.random() < 0.5) await this.plain("resources/subscribe", { uri: this.uriOf(server) });
    }
  }

  async end() {
    const response = await this.send("DELETE", this.headers);
    response.resume();
    if (response.statusCode !== 204) this.ledger.violation("wrong", `${this.name} could not leave`);
    await this.listening;
  }

  uriOf = (server) => `${server}://item/${this.name}.uri`;

  /** Reads what belongs to no request, now and then over another connection. */
  async listen(session) {
    let lastId;
    const isOver = () => this.headers["mcp-session-id"] !== session;
    while (!isOver()) {
      const more = lastId === undefined ? {} : { "last-event-id": lastId };
      const response = await this.send("GET", { ...this.headers, ...more });
      if (response.statusCode !== 200) {
        response.resume();
        return;
      }
      const breaksAfter = this.random() < 0.5 ? 1 + this.random() * 30 : Number.POSITIVE_INFINITY;
      let count = 0;
      try {
        for await (const { id, message } of messagesOf(response)) {
          lastId = id ?? lastId;
          if (message !== undefined) this.heard(message);
          if (message !== undefined && ++count > breaksAfter) response.destroy();
        }
        return; // The session has ended.
      } catch {
        this.ledger.count("resumptions");
      }
    }
  }

  async work(isDone) {
    while (!isDone()) await this.paced(() => this.callOnce()).catch((error) => this.broken(error));
  }

  broken(error) {
    this.ledger.violation("wrong", `${this.name}: ${error.stack} ${error.cause ?? ""}`);
  }

  async callOnce() {
    const nonce = `${this.name}.${++this.last}`;
    // Other clients have the same ones.
    const id = this.hasOwnIds ? this.last : 1;
    this.ledger.count("calls");
    if (this.random() < 0.1) {
      const parts = [wishFor(this), wishFor(this)];
      await this.request(id, nonce, "tools/call", together(nonce, parts, this), { nonce });
      return;
    }
    const wish = wishFor(this);
    await this.request(id, nonce, "tools/call", paramsOf(nonce, wish, this), { nonce, ...wish });
  }

  /** A request whose result does not matter, but that it has one. */
  async plain(method, params) {
    const response = await this.send("POST", this.headers, { jsonrpc: "2.0", id: "plain", method, params });
    for await (const { message } of messagesOf(response))
      if (message?.error !== undefined) this.ledger.violation("wrong", `${method}: ${message.error.message}`);
  }

  async request(id, nonce, method, params, expected) {
    const fate = this.random();
    const isCancelled = this.hasOwnIds && fate < 0.1;
    const breaksAfter = fate > 0.85 ? Math.floor(this.random() * 4) : Number.POSITIVE_INFINITY;
    const body = { jsonrpc: "2.0", id, method, params: { ...params, _meta: { progressToken: "t" } } };
    const timer = setTimeout(() => this.ledger.violation("unanswered", `${nonce} of ${params.name}`), patienceMs);
    const pending = this.send("POST", this.headers, body);
    const abandon = new AbortController();
    if (isCancelled) void this.cancelSoon(id, abandon).catch((error) => this.broken(error));
    const state = { lastId: undefined, hasReply: false, count: 0 };
    try {
      let response = await pending;
      while (!state.hasReply) {
        abandon.signal.addEventListener("abort", () => response.destroy());
        await this.read(response, state, { id, nonce, expected, breaksAfter });
        if (state.hasReply || abandon.signal.aborted) break;
        if (state.lastId === undefined) {
          this.ledger.count("lost"); // Nothing had come yet from which it could be read on.
          break;
        }
        this.ledger.count("resumptions");
        response = await this.send("GET", { ...this.headers, "last-event-id": state.lastId });
        if (response.statusCode !== 200) {
          const isOver = isCancelled && response.statusCode === 204;
          if (!isOver) this.ledger.violation("wrong", `${nonce} could not be read on: ${response.statusCode}`);
          response.resume();
          break;
        }
        state.count = Number.NEGATIVE_INFINITY;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads until the reply, the end, or a break of its own making. */
  async read(response, state, { id, nonce, expected, breaksAfter }) {
    if (response.statusCode !== 200) this.ledger.violation("wrong", `${nonce} got ${response.statusCode}`);
    try {
      for await (const { id: eventId, message } of messagesOf(response)) {
        state.lastId = eventId ?? state.lastId;
        if (message === undefined) continue;
        if (message.method === undefined) {
          state.hasReply = true;
          checkReply(this.ledger, expected, message, id);
        } else this.heard(message, nonce);
        if (!state.hasReply && ++state.count > breaksAfter) response.destroy();
      }
    } catch {
      this.ledger.count("disconnects");
    }
  }

  async cancelSoon(id, abandon) {
    const { headers } = this;
    await new Promise((resolve) => setTimeout(resolve, this.random() * 60));
    await this.notify("notifications/cancelled", { requestId: id }, headers);
    this.ledger.count("cancels");
    // It may have been answered before; otherwise nothing will come.
    setTimeout(() => abandon.abort(), 200);
  }

  heard(message, call) {
    if (message.id === undefined) hear(this.ledger, this.name, message, call);
    else void this.answer(message).catch((error) => this.broken(error));
  }

  async answer({ id, method, params }) {
    const { headers } = this;
    this.ledger.count("asks");
    if (!this.canAsk || method !== "elicitation/create")
      this.ledger.violation("astray", `${method} reached ${this.name}`);
    const nonce = params.message.split(": ").at(-1);
    if (!nonce.startsWith(`${this.name}.`))
      this.ledger.violation("astray", `a question of ${nonce} reached ${this.name}`);
    await new Promise((resolve) => setTimeout(resolve, this.random() * 30));
    await this.post({ id, result: { action: "accept", content: { heard: nonce } } }, headers);
  }

  async notify(method, params = {}, headers = this.headers) {
    await this.post({ method, params }, headers);
  }

  /** `headers`: those of the session in which it belongs, which may have ended since. */
  async post(message, headers) {
    const response = await this.send("POST", headers, { jsonrpc: "2.0", ...message });
    const isGone = response.statusCode === 404;
    if (response.statusCode === 202 || isGone) {
      response.resume();
      return;
    }
    const said = (await response.setEncoding("utf8").toArray()).join("");
    const [what, answer] = [JSON.stringify(message), said].map((text) => text.slice(0, 300));
    this.ledger.violation("wrong", `a POST of ${what} got ${response.statusCode}: ${answer}`);
  }
}
