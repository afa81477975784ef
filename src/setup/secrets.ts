import { noteSecret, noteSecretHeader, noteSecretsIn, noteSecretsInArgs, secretName } from "../config/secrets.ts";

/** Under such a key stand headers, and under such a one what a program gets as its environment. */
const headers = /^(?:http_?)?headers$/i;
const variables = /^(?:envs?|environment)$/i;

/** Under such a key stand names of variables. */
const names = /^env_|_env_var|_vars$/i;

/** A reference to a variable, in the words of any program, with at most a scheme before it. */
const reference = /^(?:[A-Za-z]+ )?(?:\$?\{\{?[^{}]*\}?\}|\$[A-Z_][A-Z0-9_]*|%[A-Z_][A-Z0-9_]*%)$/;

/**
 * What is written out in a document of settings, of tutti or another program, and may be secret: in the environments,
 * headers, arguments and addresses of servers, and wherever a key says so. References to variables are none.
 */
export function secretsIn(document: unknown): readonly string[] {
  const secrets = new Set<string>();
  note(document, { key: "", group: undefined }, secrets);
  return [...secrets].filter((secret) => !reference.test(secret));
}

/** The value with the texts in it as `redact` makes them; keys stay. */
export function withRedacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => withRedacted(item, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withRedacted(member, redact)]));
}

type Context = { readonly key: string; readonly group: "headers" | "variables" | undefined };

function note(value: unknown, { key, group }: Context, secrets: Set<string>): void {
  if (names.test(key)) return;
  if (Array.isArray(value)) {
    noteSecretsInArgs(
      value.filter((item) => typeof item === "string"),
      secrets,
    );
    for (const item of value) if (typeof item !== "string") note(item, { key: "", group: undefined }, secrets);
  } else if (typeof value === "object" && value !== null) {
    const inner = headers.test(key) ? "headers" : variables.test(key) ? "variables" : undefined;
    for (const [name, member] of Object.entries(value)) note(member, { key: name, group: inner }, secrets);
  } else if (typeof value === "string") {
    if (group === "headers") noteSecretHeader(secrets, key, value);
    else if (group === "variables" || secretName.test(key)) noteSecret(secrets, key, value);
    else if (URL.canParse(value)) noteSecretsIn(new URL(value), secrets);
  }
}
