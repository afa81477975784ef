/** Replaces every one of `secrets` wherever it stands in a text, longer ones first, so that no part of one is left. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const written = new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]));
  const longestFirst = [...written].filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((shown, secret) => shown.replaceAll(secret, "[redacted]"), text);
}
