/** Shorter values occur by chance in harmless text, which would become unreadable. */
const shortestSecret = 6;

/** Whatever stands under such a name is a secret. */
export const secretName = /token|secret|key|passw|passphrase|_pass|_pwd|cred|auth|sig(?:nature)?$/i;

/** What stands under such a name says where and how a program runs, not who may. */
const plainName =
  /^(?:USER|LOGNAME|USERNAME|HOSTNAME|SHELL|TERM|EDITOR)$|(?:^|_)(?:ENV|MODE|LEVEL|HOST|PORT|LANG|LOCALE|LC_[A-Z]+|TZ|TIMEZONE|REGION|PATH|HOME|DIR|FORMAT|THEME|COLOR)$/i;

/** Headers that say what is wanted, not who wants it. */
const plainHeader =
  /^(?:accept(?:-.*)?|cache-control|connection|content-type|host|mcp-protocol-version|origin|user-agent)$/i;

/** A path, a number or a version, an address without anything after its host, an address of a machine. */
const plainValue =
  /^(?:~?\/|[A-Za-z]:[\\/])|^[\d.:,+-]+$|^https?:\/\/[\w.-]+(?::\d+)?\/?$|^(?:localhost|[\w-]+(?:\.[\w-]+)+):\d{1,5}$/;

/** Words that switches and modes are set to. */
const plainWord =
  /^(?:production|development|staging|testing|enabled|disabled|default|localhost|verbose|warning|critical|always|required|optional|automatic|information)$/i;

/**
 * Adds what must never be shown of `value` to `secrets`. `name` is the variable, `env` entry or query parameter that it
 * belongs to. Whatever is not evidently something else is a secret: a name alone tells too little.
 */
export function noteSecret(secrets: Set<string>, name: string, value: string): void {
  if (value.length < shortestSecret) return;
  const isPlain = plainName.test(name) || plainValue.test(value) || plainWord.test(value);
  if (!isPlain || secretName.test(name)) secrets.add(value);
  if (URL.canParse(value)) noteSecretsIn(new URL(value), secrets);
}

/** The same for a header, whose value may carry a scheme before the secret: `Bearer abc`. */
export function noteSecretHeader(secrets: Set<string>, name: string, value: string): void {
  if (plainHeader.test(name)) return;
  noteSecret(secrets, name, value);
  const [, scheme = "", afterScheme] = value.match(/^([A-Za-z]+)\s+(\S.*)$/) ?? [];
  if (afterScheme === undefined) return;
  noteSecret(secrets, name, afterScheme);
  if (/^basic$/i.test(scheme)) noteLogin(secrets, Buffer.from(afterScheme, "base64").toString());
}

/** A user and password of an address, and what of its query is called a secret; as they stand there, and as they are meant. */
export function noteSecretsIn({ username, password, searchParams }: URL, secrets: Set<string>): void {
  for (const part of [username, password])
    for (const text of [part, decoded(part)]) noteSecret(secrets, "password", text);
  for (const [name, value] of searchParams) {
    if (!secretName.test(name)) continue;
    for (const text of [value, encodeURIComponent(value)]) noteSecret(secrets, "token", text);
  }
}

/**
 * What stands behind a switch or a name that says it (`--token abc`, `--token=abc`, `TOKEN=abc`, `Authorization: Bearer abc`),
 * and in addresses among the arguments.
 */
export function noteSecretsInArgs(args: readonly string[], secrets: Set<string>): void {
  for (const [index, arg] of args.entries()) {
    const [, name = "", sign, value = ""] = arg.match(/^-{0,2}([\w.-]+)(=|:\s*)(.*)$/s) ?? [];
    if (/^[\w+.-]+:\/\//.test(arg) && URL.canParse(arg)) noteSecretsIn(new URL(arg), secrets);
    else if (sign !== undefined && secretName.test(name)) {
      (sign === "=" ? noteSecret : noteSecretHeader)(secrets, name, value);
    }
    // A switch may also stand alone, and what follows be a path or an address.
    const isValue = /^--?[\w-]+$/.test(args[index - 1] ?? "") && secretName.test(args[index - 1] ?? "");
    if (isValue && !arg.startsWith("-")) noteSecret(secrets, "", arg);
  }
}

/** What our own environment says of the way out may hold a user and a password. */
export function noteProxies(secrets: Set<string>, env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ""] of Object.entries(env)) {
    if (/^(?:https?|all)_proxy$/i.test(name) && URL.canParse(value)) noteSecretsIn(new URL(value), secrets);
  }
}

function noteLogin(secrets: Set<string>, login: string): void {
  const [, password = ""] = login.match(/^[^:]*:(.*)$/s) ?? [];
  noteSecret(secrets, "password", password);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone % stands for itself.
  }
}
