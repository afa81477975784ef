import * as z from "zod";
import { cutAt, serverErrorInOneLine } from "../errors.ts";
import { LoginRequired } from "../transport/link.ts";
import { type Slot, slot } from "../wire/members.ts";
import { encodeString, type Message, toBytes } from "../wire/message.ts";

/** Which of the protocol's two ways of speaking a server uses. Elsewhere it is passed around, and hardly looked at. */
export type Era = "legacy" | "modern";

/** Who a client is and what it can do: JSON objects as they stand, in bytes. */
export type Identity = { readonly capabilities: string; readonly info: string };

/** What a server said of itself when it was greeted. */
export type Greeting = {
  readonly era: Era;
  /** The one in which we speak with it. */
  readonly protocolVersion: string;
  /** Self-reported; for display only. */
  readonly serverInfo: { readonly name: string; readonly version: string };
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
};

/** A link to a server that is not greeted yet. */
export type Speech = {
  /**
   * Resolves to the reply, be it an error. `params`: the whole object, in bytes. Rejects with an Error of one line where
   * none has come after `limitMs` or it cannot be read, and with LinkClosed where none can come any more.
   */
  readonly request: (method: string, params: string, limitMs: number) => Promise<Message>;
  /** Sends a whole message, in bytes, that has no reply. */
  readonly notify: (message: string) => void;
};

/** The link has closed: no reply will come, and nothing can be sent. The message is the reason, in one line. */
export class LinkClosed extends Error {
  override readonly name = "LinkClosed";
}

/**
 * The server left when it was asked which era it is of, as some do. The caller starts it anew, once, and greets it as one
 * of `era`. The message is why its link closed, in one line.
 */
export class LeftOnProbe extends Error {
  override readonly name = "LeftOnProbe";
  readonly era: Era = "legacy";
}

type Handshake = {
  readonly speech: Speech;
  readonly who: () => Promise<Identity>;
  readonly version: string;
  readonly limitMs: number;
};

/** Revisions of the modern era that we speak, the newest first. */
const modernRevisions: readonly string[] = ["2026-07-28"];
/** The same of the legacy era. */
const legacyRevisions: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/** A server that has not answered the probe by then knows nothing of it, or is slow to start. */
const probeMs = 3000;

/** Longer ones are no answers to a handshake. */
const mostBytes = 1024 * 1024;

/** With these a modern server refuses a request that is not as it should be; the error's data says how it should. */
const modernRefusals: ReadonlySet<string | undefined> = new Set(["-32020", "-32021", "-32022"]);

/** What clients can do and tutti can pass on. Whoever knows of more would ask in vain. */
const carried: ReadonlySet<string> = new Set([
  "elicitation",
  "experimental",
  "extensions",
  "roots",
  "sampling",
  "tasks",
]);

const text = z.string().catch("");
const infoOf = z.looseObject({ name: text, version: text });
const object = z.record(z.string(), z.unknown());
const about = {
  capabilities: object.default({}),
  instructions: z.string().optional().catch(undefined),
  serverInfo: infoOf.optional().catch(undefined),
};
const initializeResult = z.looseObject({ ...about, protocolVersion: z.string() });
const discoverResult = z.looseObject({
  ...about,
  supportedVersions: z.array(z.string()),
  _meta: z.looseObject({ [reserved("serverInfo")]: infoOf.optional().catch(undefined) }).catch({}),
});
const kept = z.object({
  era: z.custom<Era>(isEra),
  protocolVersion: z.enum([...modernRevisions, ...legacyRevisions]),
  serverInfo: z.object({ name: z.string(), version: z.string() }),
  capabilities: object,
  instructions: z.string().optional(),
});
const unsupported = z.looseObject({ supported: z.array(z.string()).nonempty() });
const incapable = z.looseObject({ requiredCapabilities: object });

/**
 * Finds out which era a server is of and greets it, all on one link. A `known` era saves the question, unless it proves
 * wrong. `who` is asked only where the server needs to be told who the client is; `limitMs` bounds each request. Throws
 * an Error of one line where the server cannot be spoken with, LeftOnProbe or LinkClosed where it has gone, LoginRequired
 * where it wants to know who asks.
 * https://modelcontextprotocol.io/specification/2026-07-28
 */
export async function greet(
  speech: Speech,
  who: () => Promise<Identity>,
  version: string,
  known: Era | undefined,
  limitMs: number,
): Promise<Greeting> {
  const handshake = { speech, who, version, limitMs };
  if (known === "legacy") {
    // Where it does not answer there is still time for the probe.
    const within = { ...handshake, limitMs: limitMs - probeLimit(handshake) };
    return await initialize(within).catch((cause: unknown) => probeAfter(handshake, cause));
  }
  try {
    // One that is known to answer gets the time to start.
    const found = await probe(handshake, known === "modern" ? limitMs / 2 : probeLimit(handshake));
    if (typeof found === "object") return found;
    if (found === "legacy") return await initialize(handshake);
    return await initialize(handshake).catch((cause: unknown) => probeAfter(handshake, cause));
  } catch (cause) {
    // Some answer the probe before they leave, and some are slow and meet it only after `initialize` was sent.
    throw cause instanceof LinkClosed ? new LeftOnProbe(cause.message, { cause }) : cause;
  }
}

/**
 * The members, without braces and in bytes, that the `_meta` of each request to this server needs; none where `""`.
 * `logLevel`: JSON as it stands. Costs a parse of the capabilities: to be kept.
 */
export function envelope(identity: Identity, greeting: Greeting, logLevel?: string): string {
  return greeting.era === "legacy" ? "" : envelopeMembers(identity, greeting.protocolVersion, logLevel);
}

/** What a server has said of itself at an earlier start; undefined where `value` is no such thing. */
export function readGreeting(value: unknown): Greeting | undefined {
  const { data } = kept.safeParse(value);
  return data && { ...data, instructions: data.instructions };
}

/** Whether a server of this era answers `ping`. */
export function hasPing(era: Era): boolean {
  return era === "legacy";
}

/** Whether a text that comes from outside is an era's name. */
export function isEra(name: unknown): name is Era {
  return name === "legacy" || name === "modern";
}

/** Greets a server in the modern way where it turns out to be of that era; else says why it is taken for legacy. */
async function probe(handshake: Handshake, limitMs: number): Promise<Greeting | "legacy" | "silent"> {
  const { who, version } = handshake;
  const reply = await discover(handshake, { capabilities: "{}", info: ownInfo(version) }, limitMs);
  if (reply === undefined) return "silent";
  if (!reply.has(slot.error)) return readDiscovery(reply);
  if (!modernRefusals.has(reply.raw(slot.code))) return "legacy";
  const versions = read(unsupported, reply, slot.data)?.supported;
  if (versions === undefined && read(incapable, reply, slot.data) === undefined) return "legacy";
  if (versions !== undefined && !speaksModern(versions)) return "legacy";
  // It speaks with us, but not with somebody who can do nothing.
  const second = await discover(handshake, await who(), limitMs);
  if (second?.has(slot.result)) return readDiscovery(second);
  throw new Error(`it refused server/discover: ${serverErrorInOneLine(second ?? reply)}`);
}

/** The last means against a server with which a handshake has failed because of `cause`. */
async function probeAfter(handshake: Handshake, cause: unknown): Promise<Greeting> {
  if (cause instanceof LinkClosed || cause instanceof LoginRequired) throw cause;
  try {
    const found = await probe(handshake, probeLimit(handshake));
    if (typeof found === "object") return found;
  } catch (other) {
    if (!(other instanceof LinkClosed)) throw other;
  }
  throw cause;
}

function probeLimit({ limitMs }: Handshake): number {
  return Math.min(probeMs, limitMs / 2);
}

/** Undefined: no answer that can be read. */
async function discover({ speech }: Handshake, identity: Identity, limitMs: number): Promise<Message | undefined> {
  const params = `{"_meta":{${envelopeMembers(identity, modernRevisions[0] as string)}}}`;
  try {
    return await speech.request("server/discover", params, limitMs);
  } catch (cause) {
    if (cause instanceof LinkClosed || cause instanceof LoginRequired) throw cause;
    return undefined;
  }
}

/** Some servers answer what they do not know with a result of any kind. */
function readDiscovery(reply: Message): Greeting | "legacy" {
  const result = read(discoverResult, reply, slot.result);
  if (result === undefined || !speaksModern(result.supportedVersions)) return "legacy";
  const protocolVersion = modernRevisions.find((one) => result.supportedVersions.includes(one)) as string;
  const serverInfo = result._meta[reserved("serverInfo")] ?? result.serverInfo;
  return greetingOf("modern", protocolVersion, { ...result, serverInfo });
}

/** False: it speaks as servers of the legacy era do. Throws where we speak none of its versions. */
function speaksModern(supported: readonly string[]): boolean {
  if (modernRevisions.some((one) => supported.includes(one))) return true;
  if (legacyRevisions.some((one) => supported.includes(one))) return false;
  throw unknownVersions(supported, [...modernRevisions, ...legacyRevisions]);
}

/** https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization */
async function initialize({ speech, who, version, limitMs }: Handshake): Promise<Greeting> {
  const { capabilities, info } = await who();
  const clientInfo = isInfo(info) ? info : ownInfo(version);
  const params = `{"protocolVersion":"${legacyRevisions[0]}","capabilities":${onlyCarried(capabilities)},"clientInfo":${clientInfo}}`;
  const reply = await speech.request("initialize", params, limitMs);
  if (reply.has(slot.error)) throw new Error(`it refused to initialize: ${serverErrorInOneLine(reply)}`);
  const result = read(initializeResult, reply, slot.result);
  if (result === undefined) throw new Error("its answer to initialize is not one of the protocol");
  const { protocolVersion } = result;
  if (!legacyRevisions.includes(protocolVersion)) throw unknownVersions([protocolVersion], legacyRevisions);
  speech.notify('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  return greetingOf("legacy", protocolVersion, result);
}

type About = z.infer<z.ZodObject<typeof about>>;

function greetingOf(era: Era, protocolVersion: string, { capabilities, instructions, serverInfo }: About): Greeting {
  const { name, version } = serverInfo ?? { name: "", version: "" };
  return { era, protocolVersion, serverInfo: { name, version }, capabilities, instructions };
}

function unknownVersions(theirs: readonly string[], ours: readonly string[]): Error {
  const shown = theirs.slice(0, 5).map((version) => JSON.stringify(cutAt(40, version)));
  const more = theirs.length > shown.length ? " and more" : "";
  const what = shown.length === 0 ? "no protocol version" : `protocol version ${shown.join(", ")}${more}`;
  return new Error(`it speaks ${what}; tutti speaks ${ours.join(", ")}`);
}

/** A small value of a reply; undefined where it is not what it should be. */
function read<T extends z.ZodType>(schema: T, reply: Message, member: Slot): z.infer<T> | undefined {
  if (reply.end(member) - reply.start(member) > mostBytes) return undefined;
  return schema.safeParse(reply.parsed(member)).data;
}

function envelopeMembers({ capabilities, info }: Identity, version: string, logLevel?: string): string {
  const level = logLevel === undefined ? "" : `,"${reserved("logLevel")}":${logLevel}`;
  const able = `"${reserved("clientCapabilities")}":${withoutTasks(capabilities)}`;
  return `"${reserved("protocolVersion")}":"${version}",${able},"${reserved("clientInfo")}":${info}${level}`;
}

function reserved(name: string): string {
  return `io.modelcontextprotocol/${name}`;
}

function ownInfo(version: string): string {
  return `{"name":"tutti","version":${encodeString(version)}}`;
}

function isInfo(json: string): boolean {
  return z.looseObject({ name: z.string(), version: z.string() }).safeParse(parse(json)).success;
}

function onlyCarried(capabilities: string): string {
  const all = Object.entries(parse(capabilities) as object);
  const some = all.filter(([name]) => carried.has(name));
  return some.length === all.length ? capabilities : toBytes(JSON.stringify(Object.fromEntries(some)));
}

// Both eras have tasks, and neither can do those of the other.
function withoutTasks(capabilities: string): string {
  if (!capabilities.includes("tasks")) return capabilities;
  const { tasks: _, ...rest } = parse(capabilities) as { tasks?: unknown; extensions?: unknown };
  const extensions = object.safeParse(rest.extensions).data;
  if (extensions === undefined) return toBytes(JSON.stringify(rest));
  const { [reserved("tasks")]: __, ...others } = extensions;
  return toBytes(JSON.stringify({ ...rest, extensions: others }));
}

function parse(json: string): unknown {
  return JSON.parse(Buffer.from(json, "latin1").toString());
}
