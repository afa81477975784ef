import { expect, test } from "vitest";
import { Lines } from "../../src/wire/lines.ts";
import { cpuTimer } from "../support/cpu.ts";

const tenMB = 10_000_000;
const limits = { maxMessageBytes: 32 * 1024 * 1024, maxDepth: 512 };
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const repeated = (text: string) => text.repeat(Math.ceil(tenMB / text.length));
const result = (json: string) => `{"jsonrpc":"2.0","id":7,"result":${json}}`;

/** What comes of `line` and a ping after it, in chunks as a pipe gives them, and how long the longest chunk took, in ms. */
function read(line: string): { readonly heard: readonly string[]; readonly longestMs: number } {
  const heard: string[] = [];
  const lines = new Lines(
    limits,
    (message) => heard.push(message.kind),
    (bad) => heard.push(bad.problem),
  );
  const bytes = Buffer.from(`${line}\n${ping}\n`);
  let longestMs = 0;
  for (let at = 0; at < bytes.length; at += 65_536) {
    const chunk = Buffer.from(bytes.subarray(at, at + 65_536));
    const spentMs = cpuTimer();
    lines.push(chunk);
    longestMs = Math.max(longestMs, spentMs());
  }
  return { heard, longestMs };
}

// The bound is the loop's: 50 ms without a turn. The best of three, because a busy machine takes turns of its own.
for (const [what, line, expected] of [
  ["is nested ten million deep", result("[".repeat(tenMB)), "too_deep"],
  [
    "opens and closes 500 levels again and again",
    result(`[${repeated(`${"[".repeat(500)}${"]".repeat(500)},`)}1]`),
    "reply",
  ],
  ["is nothing but empty objects", result(`[${repeated("{},")}{}]`), "reply"],
  ["is nothing but escapes", result(`"${repeated("\\u0000\\n\\\\")}"`), "reply"],
  ["is nothing but members", result(`{${repeated('"a":1,')}"a":1}`), "reply"],
  ["is nothing but characters beyond ASCII", result(`"${"é".repeat(tenMB / 2)}"`), "reply"],
] as const) {
  test(`a hostile message of 10 MB neither stalls the loop for 50 ms nor ends the link when it ${what}`, () => {
    const tries = [read(line), read(line), read(line)];
    for (const { heard } of tries) expect(heard).toEqual([expected, "request"]);
    expect(Math.min(...tries.map(({ longestMs }) => longestMs))).toBeLessThan(50);
  });
}
