import { harmless } from "../process/harmless.ts";

/** Shorter lines of a secret occur by chance in other texts. */
const shortestLine = 8;

/**
 * Replaces every one of `secrets` wherever it stands in a text: as it is, made harmless to show, and as JSON writes
 * either; of a secret of several lines each line too, because logs come line by line. Longer ones first, so that no part
 * of one is left.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const parts = secrets.flatMap((secret) => [secret, ...longLines(secret)]);
  const shown = parts.flatMap((part) => [part, harmless(part)]);
  // Twice, because a line of JSON may be quoted in a line of JSON.
  const written = new Set(shown.flatMap((text) => [text, inJson(text), inJson(inJson(text))]));
  const longestFirst = [...written].filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function longLines(secret: string): string[] {
  return secret.split(/[\r\n]+/).filter((line) => line.length >= shortestLine);
}
