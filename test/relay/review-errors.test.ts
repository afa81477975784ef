import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CallError, type CallErrorCode, toFailure } from "../../src/errors.ts";

const codes: Readonly<Record<CallErrorCode, true>> = {
  unknown_tool: true,
  queue_full: true,
  unavailable: true,
  timed_out: true,
  connection_lost: true,
  bad_reply: true,
  cannot_ask: true,
  cancelled: true,
  internal: true,
  login_required: true,
  bad_arguments: true,
  withheld: true,
};

test("every code is documented with the JSON-RPC code that it has, which nobody else uses", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  for (const code of Object.keys(codes) as CallErrorCode[]) {
    const failure = JSON.parse(toFailure("1", new CallError(code, "m")) as string);
    const number: number = failure.error.code;
    expect(number < -32_768 || number > -32_000).toBe(true);
    const row = page.split("\n").find((line) => line.startsWith(`| \`${code}\``));
    expect(row, code).toContain(`−${Math.abs(number)}`);
    const cells = row?.split("|").map((cell) => cell.trim()) ?? [];
    if (code !== "cancelled") expect(cells.at(-2), `what to do about ${code}`).not.toBe("");
  }
  for (const field of ["callTimeoutMs", "callTimeoutCapMs", "askTimeoutMs", "maxQueuedCalls"])
    expect(page).toContain(field);
});
