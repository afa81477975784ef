import { metaName } from "../support/envelope.ts";
import type { Dice } from "./dice.ts";
import type { Written } from "./ledger.ts";
import type { Persona } from "./server.ts";

/** What goes wrong in a call, and how often beside each other. */
export const wrongs = {
  never: 8,
  late: 6,
  twice: 8,
  "wrong id": 24,
  "bad reply": 6,
  garbage: 8,
  "crash before": 5,
  "crash after": 3,
  "half a reply": 2,
  "output closed": 1,
  stall: 3,
  error: 14,
  "tool error": 10,
  "wants an address": 3,
  flood: 2,
} as const;

/** Values that a parser would change. */
const odd = ["12345678901234567890", "1.0", "-0", "1e400", '"\\u0041\\ud800"', '"Ä€🎼"', '{"a":1,"a":2}', "[[],{}]"];

/** The letter of an answer to a request of this method: the member that every era has. */
export function letterFor(method: string, nonce: string, server: string, dice: Dice): string {
  const text = `${nonce} from ${server}`;
  const filler = dice.chance(4) ? "x".repeat(dice.between(20_000, 70_000)) : "";
  const item = `{"type":"text","text":"${text}${filler}","odd":${dice.pick(odd)}}`;
  if (method === "prompts/get") return `"messages":[{"role":"user","content":${item}}]`;
  if (method === "resources/read") return `"contents":[{"uri":"mem:x","text":"${text}","odd":${dice.pick(odd)}}]`;
  if (method === "completion/complete") return `"completion":{"values":["${text}"],"odd":${dice.pick(odd)}}`;
  return `"content":[${item}]`;
}

/** A result with this letter, of a server of this era. */
export function resultOf(letter: string, isModern: boolean, method: string, isError: boolean, dice: Dice): string {
  const [nonce] = /n\d+x\d+x/.exec(letter) ?? [];
  const members = [letter, ...(isError ? ['"isError":true'] : []), `"unknown":${dice.pick(odd)}`];
  if (isModern) members.unshift('"resultType":"complete"');
  if (isModern && method === "resources/read") members.push('"ttlMs":0', '"cacheScope":"private"');
  if (dice.chance(20)) members.push(`"_meta":{"own":${dice.pick(odd)}}`);
  if (method === "tools/call" && dice.chance(30))
    members.push(`"structuredContent":{"of":"${nonce}","v":${dice.pick(odd)}}`);
  return `{${members.join(",")}}`;
}

/** An error of a server's own. */
export function errorOf(nonce: string, dice: Dice): { readonly error: string; readonly letter: string } {
  const letter = `"data":{"of":"${nonce}","odd":${dice.pick(odd)}}`;
  return { error: `{"code":${dice.pick([-32603, -32000, 7])},"message":"no",${letter}}`, letter };
}

/** The line that answers, as JSON-RPC lets it be written, and what of it is remembered. */
export function replyLine(
  id: string,
  member: string,
  about: Omit<Written, "before" | "after">,
  dice: Dice,
): { readonly line: string; readonly written: Written } {
  const [before, after] = dice.pick([
    ['{"jsonrpc":"2.0","id":', `,${member}}`],
    [`{"jsonrpc":"2.0",${member},"id":`, "}"],
    [`{ "jsonrpc" : "2.0", ${member} , "id" : `, ' , "extra": 1.0 }'],
  ] as const);
  return { line: `${before}${id}${after}`, written: { ...about, before, after } };
}

/** What a server may ask, naming the call in which it does. */
export function questionOf(nonce: string, dice: Dice): { readonly method: string; readonly params: string } {
  const schema = '{"type":"object","properties":{}}';
  return dice.pick([
    { method: "elicitation/create", params: `{"message":"${nonce}?","requestedSchema":${schema}}` },
    { method: "elicitation/create", params: `{"mode":"url","message":"${nonce}?","url":"https://x.example/"}` },
    {
      method: "sampling/createMessage",
      params: `{"messages":[{"role":"user","content":{"type":"text","text":"${nonce}?"}}],"maxTokens":9}`,
    },
    { method: "roots/list", params: "{}" },
  ]);
}

const discovered = '"resultType":"complete","ttlMs":0,"cacheScope":"private"';

/** What a server says of itself. */
export function greetingOf(method: string, persona: Persona): string {
  const info = '{"name":"sim","version":"1"}';
  const about = `"capabilities":${JSON.stringify(capabilitiesOf(persona))}`;
  if (method === "initialize") return `{"protocolVersion":"2025-11-25",${about},"serverInfo":${info}}`;
  return `{${discovered},"supportedVersions":["2026-07-28"],${about},"_meta":{"${metaName.serverInfo}":${info}}}`;
}

export function capabilitiesOf({ hasPrompts, hasResources, subscribes }: Persona): object {
  const resources = { listChanged: true, ...(subscribes && { subscribe: true }) };
  const all = { tools: { listChanged: true }, logging: {}, completions: {}, ...(hasPrompts && { prompts: {} }) };
  return { ...all, ...(hasResources && { resources }) };
}

/** A list as a server gives it. */
export function listOf(method: string, { name, era }: Persona, tools: readonly string[]): string {
  const tool = (one: string) => ({
    name: one,
    inputSchema: { type: "object" },
    annotations: { readOnlyHint: one === "read" },
  });
  const lists: Readonly<Record<string, object>> = {
    "tools/list": { tools: tools.map(tool) },
    "prompts/list": { prompts: [{ name: "say" }] },
    "resources/list": { resources: [{ uri: `mem://${name}/a`, name: "a" }] },
    "resources/templates/list": { resourceTemplates: [{ uriTemplate: `mem://${name}/{id}`, name: "all" }] },
  };
  const more = era === "modern" ? { resultType: "complete", ttlMs: 0, cacheScope: "private" } : {};
  return JSON.stringify({ ...lists[method], ...more });
}
