import { type Era, mayAsk, metaName, revisionOf } from "./envelope.ts";
import type { Line } from "./peer.ts";

const reservedInMeta: readonly string[] = Object.values(metaName);

/** What a server of the older era knows nothing of. */
const modernOnly = new Set(["server/discover", "subscriptions/listen"]);
/** What the newer era has taken away, beside all that only a server's own request could lead to. */
const legacyOnly = new Set([
  "initialize",
  "notifications/initialized",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "notifications/roots/list_changed",
  "notifications/progress",
]);
const beforeHandshake = new Set(["server/discover", "initialize", "ping", "notifications/cancelled"]);

/**
 * What a server of an era may not get, noted as it comes: a server of the other kind would break on it, or worse, not
 * notice.
 */
export class ServerManners {
  readonly #era: Era;
  readonly #violations: string[];
  readonly #requests = new Set<string>();
  readonly #asked = new Set<unknown>();
  #stage: "new" | "greeted" | "ready" = "new";

  /** `violations` is where it notes what is wrong, a sentence each. */
  constructor(era: Era, violations: string[]) {
    this.#era = era;
    this.#violations = violations;
  }

  /** A line that the server sends: a request of its own will be answered. */
  said(text: string): void {
    if (!text.includes('"method"') || !text.includes('"id"')) return;
    try {
      const { id, method } = JSON.parse(text);
      if (method !== undefined && id !== undefined) this.#asked.add(id);
    } catch {} // No message, and so no request.
  }

  hear({ text, json }: Line): void {
    const { id, method, params, jsonrpc } = json;
    const note = (what: string) => void this.#violations.push(`${what}: ${text.slice(0, 300)}`);
    if (jsonrpc !== "2.0") note("no JSON-RPC");
    if (method === undefined) {
      if (!this.#asked.delete(id)) note("a reply to nothing that it asked, or a second one");
      return;
    }
    if (id !== undefined) {
      if (!Number.isSafeInteger(id)) note("an id that is no integer");
      if (this.#requests.has(id)) note("an id that was used before");
      this.#requests.add(id);
    }
    if (method === "notifications/cancelled" && !this.#requests.has(params?.requestId)) {
      note("a cancellation of what it never got");
    }
    if (this.#era === "legacy") this.#hearLegacy(method, params, note);
    else this.#hearModern(method, id, params, note);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #hearLegacy(method: string, params: any, note: (what: string) => void): void {
    if (method === "initialize") {
      if (this.#stage !== "new") note("a second handshake");
      this.#stage = "greeted";
    } else if (method === "notifications/initialized") this.#stage = "ready";
    else if (this.#stage !== "ready" && !beforeHandshake.has(method)) note("something before the handshake was over");
    else if (this.#stage === "ready" && modernOnly.has(method)) note("a method that its revision does not have");
    // The probe has no other way to ask.
    if (method === "server/discover") return;
    const reserved = reservedInMeta.filter((name) => params?._meta?.[name] !== undefined);
    if (reserved.length > 0) note(`members of _meta that are not for it (${reserved})`);
    const foreign = ["inputResponses", "requestState"].filter((name) => params?.[name] !== undefined);
    if (foreign.length > 0) note(`params that are not for it (${foreign})`);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #hearModern(method: string, id: unknown, params: any, note: (what: string) => void): void {
    // A wrong verdict from earlier may lead to this one, which is answered with what would be right.
    if (method === "initialize") return;
    if (legacyOnly.has(method)) note("a method that its revision does not have");
    if (id === undefined) return;
    const problem = envelopeProblem(params?._meta);
    if (problem !== undefined) note(problem);
    const isAnswer = params?.inputResponses !== undefined || params?.requestState !== undefined;
    if (isAnswer && !mayAsk.includes(method)) note("answers with a request that never asks");
  }
}

/** What is wrong with the envelope in a request's `_meta`. */
// biome-ignore lint/suspicious/noExplicitAny: whatever came.
export function envelopeProblem(meta: any): string | undefined {
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  const info = meta?.[metaName.clientInfo];
  if (meta?.[metaName.version] !== revisionOf.modern) return `no ${metaName.version}`;
  if (!isObject(meta[metaName.capabilities])) return `no ${metaName.capabilities}`;
  // Only recommended, but where it is there it has to be one.
  if (info !== undefined && (typeof info?.name !== "string" || typeof info.version !== "string")) {
    return `no usable ${metaName.clientInfo}`;
  }
  return undefined;
}
