import { harmless } from "../process/harmless.ts";

/** Why a command ends with another code than 0. */
export type Failure = {
  /** A stable word, for programs. */
  readonly code: string;
  readonly message: string;
};

/**
 * Says on stderr why a command ends as it does, and gives its exit code. In one line; with `--json` it is a line of JSON.
 * The message may quote what servers say, but no secrets.
 */
export function failed(exit: number, { code, message }: Failure, { json }: { readonly json: boolean }): number {
  const text = harmless(message);
  process.stderr.write(json ? `${JSON.stringify({ error: { code, message: text } })}\n` : `tutti: ${text}\n`);
  return exit;
}
