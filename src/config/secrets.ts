/** Shorter values occur by chance in harmless text, which would become unreadable. */
const shortestSecret = 6;

/**
 * Adds what must never be shown of `value` to `secrets`. `name` is the variable, `env` entry or header that it belongs to:
 * a path is only taken for a secret under a name that says so.
 */
export function noteSecret(secrets: Set<string>, name: string, value: string): void {
  if (value.length < shortestSecret) return;
  const isPath = /^(?:\/|[A-Za-z]:[\\/])/.test(value);
  if (isPath && !/token|secret|key|passw|passphrase|_pass|_pwd|credential/i.test(name)) return;
  secrets.add(value);
}

/** The same for a header, whose value may carry a scheme before the secret: `Bearer abc`. */
export function noteSecretHeader(secrets: Set<string>, name: string, value: string): void {
  noteSecret(secrets, name, value);
  const [, afterScheme] = value.match(/^[A-Za-z]+\s+(\S.*)$/) ?? [];
  if (afterScheme !== undefined) noteSecret(secrets, name, afterScheme);
}
