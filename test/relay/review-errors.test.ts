import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CallError, type CallErrorCode, toFailure } from "../../src/errors.ts";
import { digest } from "../../src/relay/digest.ts";

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

test("the digest has at most 2,048 characters, whatever servers are called and say", () => {
  const odd = ["a", "\n", "\u2028", "😀", " ", "> "];
  for (let round = 0; round < 3000; round++) {
    const text = (longest: number) =>
      Array.from(
        { length: Math.floor(Math.random() * longest) },
        () => odd[Math.floor(Math.random() * odd.length)],
      ).join("");
    const some = { name: text(90), state: Math.random() < 0.5 ? text(400) : undefined, instructions: text(4000) };
    const servers = Array.from({ length: Math.floor(Math.random() * 60) }, () =>
      Math.random() < 0.5 ? some : { name: text(90), state: text(300), instructions: text(4000) },
    );
    const told = digest(servers, true, "apart");
    if (told.length > 2048) expect(servers).toEqual("shorter");
  }
});
