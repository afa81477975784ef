// caller.mjs: a client without a session, each of whose requests speaks for itself.
import { messagesOf } from "./http.mjs";
import { checkReply, hear } from "./ledger.mjs";
import { paramsOf, together, wishFor } from "./wishes.mjs";

const version = "2026-07-28";
const patienceMs = 30_000;
const key = (name) => `io.modelcontextprotocol/${name}`;

export class CallerClient {
  constructor(name, { ledger, random, servers, speaker, token, canAsk, asksInPlans, isOver, paced }) {
    Object.assign(this, { name, ledger, random, servers, canAsk, asksInPlans, isOver, paced });
    this.send = speaker.send;
    this.last = 0;
    this.headers = { authorization: `Bearer ${token}`, "mcp-protocol-version": version };
  }

  async run(slots) {
    await this.request(`${this.name}.0`, "tools/list", {}, false);
    const listening = this.listen();
    await Promise.all(Array.from({ length: slots }, () => this.work()));
    await listening;
  }

  uriOf = (server) => `${server}://item/${this.name}.uri`;

  async work() {
    while (!this.isOver()) {
      await this.paced(() => this.callOnce()).catch((error) =>
        this.ledger.violation("wrong", `${this.name}: ${error.stack}`),
      );
    }
  }

  async callOnce() {
    const nonce = `${this.name}.${++this.last}`;
    this.ledger.count("calls");
    const wantsLogs = this.random() < 0.7;
    if (this.random() < 0.1) {
      const params = together(nonce, [wishFor(this), wishFor(this)], this);
      await this.rounds(nonce, params, { nonce }, wantsLogs);
    } else {
      const wish = wishFor(this);
      // A question that went with a call which was left is refused after a while: whose it was nobody knows.
      const mayBeRefused = this.servers[wish.server].era === "legacy";
      await this.rounds(nonce, paramsOf(nonce, wish, this), { nonce, ...wish, mayBeRefused }, wantsLogs);
    }
  }

  /** Makes the request, again with answers as long as it asks something; may leave it at any time. */
  async rounds(nonce, params, expected, wantsLogs) {
    const breaksAfter = this.random() < 0.12 ? Math.floor(this.random() * 4) : Number.POSITIVE_INFINITY;
    let answers = {};
    for (;;) {
      const reply = await this.request(nonce, "tools/call", { ...params, ...answers }, wantsLogs, breaksAfter);
      if (reply?.result?.resultType !== "input_required") {
        if (reply !== undefined) checkReply(this.ledger, expected, reply, 1);
        return;
      }
      const { inputRequests, requestState } = reply.result;
      answers = { inputResponses: {}, requestState };
      for (const [name, question] of Object.entries(inputRequests)) {
        answers.inputResponses[name] = { action: "accept", content: { heard: this.asked(question, nonce) } };
      }
      await new Promise((resolve) => setTimeout(resolve, this.random() * 30));
    }
  }

  /** What is answered to a question, which is its own nonce. */
  asked({ method, params }, call) {
    this.ledger.count("asks");
    const nonce = params.message.split(": ").at(-1);
    const isOwn = this.canAsk && method === "elicitation/create" && nonce.startsWith(`${this.name}.`);
    if (!isOwn) this.ledger.violation("astray", `${method} of ${nonce} reached ${this.name} in ${call}`);
    return nonce;
  }

  /** Gives the reply; undefined where it was left. */
  async request(nonce, method, params, wantsLogs, breaksAfter = Number.POSITIVE_INFINITY) {
    const meta = {
      [key("protocolVersion")]: version,
      [key("clientCapabilities")]: this.canAsk ? { elicitation: { form: {} } } : {},
      [key("clientInfo")]: { name: this.name, version: "1" },
      ...(wantsLogs && { [key("logLevel")]: "info" }),
      progressToken: "t",
    };
    const headers = { ...this.headers, "mcp-method": method, ...(params.name && { "mcp-name": params.name }) };
    const body = { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } };
    const timer = setTimeout(() => this.ledger.violation("unanswered", `${nonce} of ${params.name}`), patienceMs);
    let count = 0;
    try {
      const response = await this.send("POST", headers, body);
      const leave = () => response.destroy();
      const leaving = breaksAfter === 0 ? setTimeout(leave, this.random() * 40) : undefined;
      for await (const { message } of messagesOf(response)) {
        if (message === undefined) continue;
        if (message.method === undefined) return message;
        hear(this.ledger, this.name, message, nonce);
        if (++count > breaksAfter) response.destroy();
      }
      clearTimeout(leaving);
      this.ledger.violation("unanswered", `${nonce}: the stream has ended, status ${response.statusCode}`);
    } catch (error) {
      if (breaksAfter === Number.POSITIVE_INFINITY) throw error;
      this.ledger.count("cancels");
    } finally {
      clearTimeout(timer);
    }
    return undefined;
  }

  /** A stream with what changes, all the time. */
  async listen() {
    const uris = Object.keys(this.servers).map(this.uriOf);
    const notifications = { toolsListChanged: true, resourceSubscriptions: uris };
    const meta = {
      [key("protocolVersion")]: version,
      [key("clientCapabilities")]: this.canAsk ? { elicitation: { form: {} } } : {},
      [key("clientInfo")]: { name: this.name, version: "1" },
    };
    const headers = { ...this.headers, "mcp-method": "subscriptions/listen" };
    const body = { jsonrpc: "2.0", id: 1, method: "subscriptions/listen", params: { notifications, _meta: meta } };
    while (!this.isOver()) {
      const response = await this.send("POST", headers, body);
      const timer = setInterval(() => this.isOver() && response.destroy(), 100);
      try {
        for await (const { message } of messagesOf(response)) {
          if (message?.params?._meta?.[key("subscriptionId")] !== 1)
            this.ledger.violation("wrong", `${this.name} got ${JSON.stringify(message)} on its stream`);
          else hear(this.ledger, this.name, message);
        }
      } catch {
        // It has left.
      }
      clearInterval(timer);
    }
  }
}
