import { rpcCode } from "../errors.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message, type Outgoing } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import { type Identity, parse, readIdentity } from "./identity.ts";

/** A family of protocol revisions: those that begin with `initialize`, and those whose every request speaks for itself. */
export type Era = "legacy" | "modern";

/** Whose a request is, as the request itself says it, or its session has said it. */
export type Origin = {
  readonly era: Era;
  readonly identity: Identity;
  /** The least important log message that this very request wants to see; a session says it to `Client.logLevel`. */
  readonly logLevel: string | undefined;
};

/** What a handshake tells of us. */
export type About = {
  /** For the model; empty for nothing. */
  readonly instructions: string;
  /** Of the servers behind us, that can be used through us: members of an object as they stand; empty for none. */
  readonly extensions: string;
};

/** Why a request is not served, as the members of a JSON-RPC error; `data` is JSON in bytes. */
export type Refusal = { readonly code: number; readonly message: string; readonly data?: string };

/** Revisions of the legacy era that clients may ask for, the newest first. */
const legacyRevisions: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const modernRevision = "2026-07-28";

const unsupportedVersion = -32022;

const logLevels: readonly string[] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/** What any of our servers may have; what none has is empty. */
const capabilities =
  '{"tools":{"listChanged":true},"prompts":{"listChanged":true},' +
  '"resources":{"subscribe":true,"listChanged":true},"logging":{},"completions":{}}';

/** Methods of the legacy era that the modern one has no more. */
const removed: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "tasks/list",
  "tasks/result",
]);

/** Methods that only the modern era has, so that a request without an envelope is malformed. */
const selfContained: ReadonlySet<string> = new Set(["server/discover", "subscriptions/listen"]);

const keys = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
} as const;

/** Whose a request is that comes from a client who has said nothing of itself. */
export const stranger: Origin = { era: "legacy", identity: readIdentity(undefined, undefined), logLevel: undefined };

/** tutti itself, as it stands in handshakes and results: JSON in bytes. */
export function serverInfo(version: string): string {
  return `{"name":"tutti","title":"tutti","version":${encodeString(version)}}`;
}

/**
 * The reply to `initialize`, which needs no server to be up: the client's revision where we speak it, else our newest.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#version-negotiation
 */
export function answerInitialize(request: Message, version: string, { instructions, extensions }: About): Outgoing {
  const wanted = parse(param(request, "protocolVersion"));
  const revision = legacyRevisions.find((known) => known === wanted) ?? legacyRevisions[0];
  const about = `"capabilities":${capabilitiesWith(extensions)},"serverInfo":${serverInfo(version)}${optional(instructions)}`;
  return `{"jsonrpc":"2.0","id":${request.raw(slot.id)},"result":{"protocolVersion":"${revision}",${about}}}`;
}

/** The reply to `server/discover`: https://modelcontextprotocol.io/specification/2026-07-28/server/discover. */
export function answerDiscover(request: Message, version: string, { instructions, extensions }: About): Outgoing {
  const about = `"supportedVersions":["${modernRevision}"],"capabilities":${capabilitiesWith(extensions)}${optional(instructions)}`;
  const meta = `{"io.modelcontextprotocol/serverInfo":${serverInfo(version)}}`;
  const result = `{"resultType":"complete",${about},"ttlMs":0,"cacheScope":"private","_meta":${meta}}`;
  return `{"jsonrpc":"2.0","id":${request.raw(slot.id)},"result":${result}}`;
}

function capabilitiesWith(extensions: string): string {
  return extensions === "" ? capabilities : `${capabilities.slice(0, -1)},"extensions":{${extensions}}}`;
}

/** Whose the requests are that follow this `initialize`. */
export function openSession(request: Message): Origin {
  const identity = readIdentity(param(request, "capabilities"), param(request, "clientInfo"));
  return { era: "legacy", identity, logLevel: undefined };
}

/** Why no request of this method is served in this era; undefined where it may be. */
export function refusalOf(method: string, era: Era): Refusal | undefined {
  if (era === "modern" && removed.has(method)) {
    return { code: rpcCode.methodNotFound, message: `Protocol version ${modernRevision} has no method ${method}` };
  }
  return era === "legacy" && selfContained.has(method) ? lacks(keys.protocolVersion) : undefined;
}

/** The envelope that was read last, as it stood. */
type Read = {
  readonly version: string;
  readonly capabilities: string;
  readonly info: string | undefined;
  readonly logLevel: string | undefined;
  readonly origin: Origin;
};

/**
 * Reads what the requests of one client say of it in their `_meta`, which a client repeats in each: the same bytes give
 * the same objects. https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
export class Envelopes {
  #last: Read | undefined;

  /** Whose the last request was that spoke for itself; undefined before there was one. */
  get last(): Origin | undefined {
    return this.#last?.origin;
  }

  /** Whose a request is that speaks for itself; undefined where it does not, and its session has said it. */
  read(request: Message): Origin | Refusal | undefined {
    const version = request.raw(slot.protocolVersion);
    const able = request.raw(slot.clientCapabilities);
    const info = request.raw(slot.clientInfo);
    const logLevel = request.raw(slot.logLevel);
    if (version === undefined && able === undefined && info === undefined && logLevel === undefined) return undefined;
    const last = this.#last;
    const isSame = last !== undefined && last.capabilities === able && last.info === info;
    if (isSame && last.version === version && last.logLevel === logLevel) return last.origin;
    const problem = problemOf(request);
    if (problem !== undefined) return problem;
    const identity = isSame ? last.origin.identity : readIdentity(able, info);
    const origin: Origin = { era: "modern", identity, logLevel: request.text(slot.logLevel) };
    this.#last = { version: version as string, capabilities: able as string, info, logLevel, origin };
    return origin;
  }
}

function problemOf(request: Message): Refusal | undefined {
  if (!request.has(slot.protocolVersion)) return lacks(keys.protocolVersion);
  const requested = request.text(slot.protocolVersion);
  if (requested === undefined) return mustBe(keys.protocolVersion, "a string");
  if (!request.has(slot.clientCapabilities)) return lacks(keys.clientCapabilities);
  if (!isObject(request, slot.clientCapabilities)) return mustBe(keys.clientCapabilities, "an object");
  if (request.has(slot.clientInfo) && !isObject(request, slot.clientInfo)) return mustBe(keys.clientInfo, "an object");
  const level = request.text(slot.logLevel) ?? "";
  if (request.has(slot.logLevel) && !logLevels.includes(level)) {
    return mustBe(keys.logLevel, `one of ${logLevels.join(", ")}`);
  }
  if (requested === modernRevision) return undefined;
  const data = `{"supported":["${modernRevision}"],"requested":${encodeString(requested.slice(0, 80))}}`;
  return { code: unsupportedVersion, message: "Unsupported protocol version", data };
}

function lacks(key: string): Refusal {
  return { code: rpcCode.invalidParams, message: `params._meta lacks "${key}"` };
}

function mustBe(key: string, what: string): Refusal {
  return { code: rpcCode.invalidParams, message: `params._meta["${key}"] must be ${what}` };
}

function isObject(request: Message, member: typeof slot.clientCapabilities | typeof slot.clientInfo): boolean {
  return request.firstByte(member) === 0x7b;
}

/** A member of the params, in bytes. */
function param(request: Message, name: string): string | undefined {
  if (request.firstByte(slot.params) !== 0x7b) return undefined;
  const span = memberOf(request, request.start(slot.params), request.end(slot.params), name);
  return span === undefined ? undefined : request.slice(span.start, span.end);
}

function optional(instructions: string): string {
  return instructions === "" ? "" : `,"instructions":${encodeString(instructions)}`;
}
