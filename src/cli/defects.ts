import { ConfigError } from "../config/config-error.ts";
import { harmless } from "../process/harmless.ts";

/** What is said of a defect of ours: all that is known of it, without secrets, and harmless to show. */
export function defectText(cause: unknown, redact: (text: string) => string): string {
  const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `tutti: a defect, please report it: ${redact(stack).split("\n").map(harmless).join("\n")}\n`;
}

/** What ends a command that knows secrets, without them: it is shown where they are not known any more. */
export function withoutSecrets(cause: unknown, redact: (text: string) => string): Error {
  if (cause instanceof ConfigError) return new ConfigError(redact(cause.message));
  const { message, stack = message } = cause instanceof Error ? cause : new Error(String(cause));
  return Object.assign(new Error(redact(message)), { stack: redact(stack) });
}
