import { cacheable, type Era, mayAsk, metaName } from "./envelope.ts";
import { isHeard } from "./listening.ts";
import type { Line } from "./peer.ts";

/** What a client has asked for and not got yet. */
type Open = { readonly era: Era; readonly method: string; readonly token: unknown; readonly logLevel: unknown };

const listChanges = [
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
];
const whenLegacy = new Set([
  ...listChanges,
  "notifications/resources/updated",
  "notifications/message",
  "notifications/cancelled",
  "notifications/elicitation/complete",
  "notifications/tasks/status",
]);
const onListens = new Set([
  ...listChanges,
  "notifications/resources/updated",
  "notifications/subscriptions/acknowledged",
]);
const marksOfModern = ["resultType", "ttlMs", "cacheScope", "inputRequests", "requestState"];

/**
 * What a client may not get, by the era of each of its requests and of its session, noted as it comes. Holds for clients
 * that never use an id or a token twice.
 */
export class ClientManners {
  readonly #violations: string[];
  readonly #open = new Map<string, Open>();
  readonly #asked = new Set<unknown>();
  // biome-ignore lint/suspicious/noExplicitAny: what the client sent.
  readonly #filters = new Map<string, any>();
  #hasSession = false;

  /** `violations` is where it notes what is wrong, a sentence each. */
  constructor(violations: string[]) {
    this.#violations = violations;
  }

  /** A line that the client sends. */
  said(text: string): void {
    let message: ReturnType<typeof JSON.parse>;
    try {
      message = JSON.parse(text);
    } catch {
      return; // Whoever sends that knows what to expect.
    }
    const { id, method, params } = message;
    if (method === "initialize" && params?._meta?.[metaName.version] === undefined) this.#hasSession = true;
    if (method === undefined) return;
    const key = JSON.stringify(id ?? params?.requestId);
    if (method === "notifications/cancelled") {
      this.#open.delete(key);
      this.#filters.delete(key);
    }
    if (id === undefined) return;
    const meta = params?._meta ?? {};
    const era = meta[metaName.version] === undefined ? "legacy" : "modern";
    this.#open.set(key, { era, method, token: meta.progressToken, logLevel: meta[metaName.logLevel] });
    if (method === "subscriptions/listen") this.#filters.set(key, params?.notifications ?? {});
  }

  hear({ text, json }: Line): void {
    const note = (what: string) => void this.#violations.push(`${what}: ${text.slice(0, 300)}`);
    if (json.jsonrpc !== "2.0") note("no JSON-RPC");
    if (json.method === undefined) this.#hearReply(json, note);
    else if (json.id !== undefined) this.#hearQuestion(json.id, note);
    else if (json.method === "notifications/progress") this.#hearProgress(json.params, note);
    else this.#hearNotice(json.method, json.params, note);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #hearReply({ id, result, error }: any, note: (what: string) => void): void {
    const key = JSON.stringify(id);
    const request = this.#open.get(key);
    this.#open.delete(key);
    this.#filters.delete(key);
    // What cannot be read has no id.
    if (request === undefined && (id !== null || error === undefined)) note("a reply to nothing that waits for one");
    if (request === undefined || error !== undefined) return;
    const { era, method } = request;
    if (era === "legacy") {
      const foreign = marksOfModern.filter((name) => result[name] !== undefined);
      if (foreign.length > 0) note(`a result with members of another era (${foreign})`);
      const meta = [metaName.serverInfo, metaName.subscriptionId].filter((name) => result._meta?.[name] !== undefined);
      if (meta.length > 0) note(`a result with names in _meta of another era (${meta})`);
      return;
    }
    if (typeof result.resultType !== "string") note("a result without resultType");
    if (result.resultType === "input_required" && !mayAsk.includes(method)) note("questions where none may be asked");
    if (result.resultType !== "complete" || !cacheable.includes(method)) return;
    if (!Number.isSafeInteger(result.ttlMs) || result.ttlMs < 0) note("a result without ttlMs");
    if (result.cacheScope !== "public" && result.cacheScope !== "private") note("a result without cacheScope");
  }

  #hearQuestion(id: unknown, note: (what: string) => void): void {
    if (!this.#hasSession) note("a request to a client that has no session");
    if (this.#asked.has(id)) note("an id that was used before");
    this.#asked.add(id);
  }

  #hearProgress(params: { readonly progressToken?: unknown }, note: (what: string) => void): void {
    const isKnown = [...this.#open.values()].some(({ token }) => token !== undefined && token === params.progressToken);
    if (!isKnown) note("progress of nothing that waits for it");
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #hearNotice(method: string, params: any, note: (what: string) => void): void {
    const listen = params?._meta?.[metaName.subscriptionId];
    if (listen === undefined) {
      const hasAsked = [...this.#open.values()].some(({ logLevel }) => logLevel !== undefined);
      const isWanted = method === "notifications/message" ? this.#hasSession || hasAsked : this.#hasSession;
      if (!isWanted || !whenLegacy.has(method)) note("a notification that its era does not have");
      return;
    }
    const filter = this.#filters.get(JSON.stringify(listen));
    if (filter === undefined) note("something of a listen that is not open");
    else if (!onListens.has(method)) note("a notification that no listen brings");
    else if (!method.endsWith("/acknowledged") && !isHeard(filter, method, JSON.stringify(params))) {
      note("a notification that this listen did not ask for");
    }
  }
}
