/*
 * Values of HTTP headers that repeat a part of a message, and how what a header cannot hold is written in one:
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http. Pure.
 */

/** An argument of a tool that is repeated in a header of its own. */
export type ParamHeader = {
  /** What follows `Mcp-Param-` in the header's name. */
  readonly name: string;
  /** The names of the members that lead to it, from `params.arguments` on. */
  readonly path: readonly string[];
};

const sentinelStart = "=?base64?";
const sentinelEnd = "?=";

const plain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** `text` as a header's value: as it is, or in base64 where a header cannot hold it so. */
export function toHeaderValue(text: string): string {
  if (plain.test(text) && !isSentinel(text)) return text;
  return `${sentinelStart}${Buffer.from(text).toString("base64")}${sentinelEnd}`;
}

/** The text that a header's value stands for; undefined where it is marked as base64 and is none of UTF-8. */
export function fromHeaderValue(value: string): string | undefined {
  if (!isSentinel(value)) return value;
  const encoded = value.slice(sentinelStart.length, -sentinelEnd.length);
  const text = Buffer.from(encoded, "base64").toString();
  return Buffer.from(text).toString("base64") === encoded ? text : undefined;
}

function isSentinel(value: string): boolean {
  return (
    value.length >= sentinelStart.length + sentinelEnd.length &&
    value.startsWith(sentinelStart) &&
    value.endsWith(sentinelEnd)
  );
}
