// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people are told to write

/** How a client writes variables: as `${NAME}`, `${env:NAME}`, `$NAME`, `{env:NAME}`, `${{ secrets.NAME }}`, or not at all. */
export type Variables = "braces" | "env-braces" | "dollar" | "env-curly" | "templates" | "none";

/** What clients write differently. */
export type Dialect = {
  readonly variables: Variables;
  /** The unit of `timeout`. */
  readonly timeout: "ms" | "s";
  /** How messages travel to a `url` of which nothing else is said. */
  readonly urlType: "http" | "sse";
};

/** A server as `servers.json` writes it. */
export type Entry = {
  readonly type?: "sse" | undefined;
  readonly command?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly oauth?: Raw | false | undefined;
  readonly disabled?: true | undefined;
  readonly callTimeoutMs?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly tools?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] } | undefined;
};

/** What an entry of a client's file is to tutti: an entry, with a sentence for each thing that a person should know; or why it is none. */
export type ReadEntry = { readonly entry: Entry; readonly notes: readonly string[] } | { readonly skipped: string };

type Raw = Readonly<Record<string, unknown>>;

/** What is lost, and may be missed. */
const lost: ReadonlyMap<string, string> = new Map([
  ["envFile", "its file with variables is not read: copy what the server needs into `env`"],
  ["headersHelper", "no program is asked for headers: write `headers`"],
  ["authProviderType", "tutti signs in by `tutti login` alone: where that does not do, put a token into `headers`"],
  ["sandbox", "it is started without a sandbox"],
  ["sandboxEnabled", "it is started without a sandbox"],
]);

/**
 * Reads an entry of a client's file, whatever client wrote it. `folder`: the project it is for; undefined: for no one
 * project. References to variables stay references.
 */
export function readEntry(raw: unknown, dialect: Dialect, folder: string | undefined): ReadEntry {
  if (!isObject(raw)) return { skipped: "is no object" };
  const notes: string[] = [];
  const text = (written: unknown): string => inOurWords(String(written), dialect.variables, folder, notes);
  const launch = launchOf(raw, text);
  if (launch === undefined) return { skipped: "has neither a command nor an address" };
  for (const [key, note] of lost) if (raw[key] !== undefined && raw[key] !== false) notes.push(note);
  const isRemote = launch.url !== undefined;
  const type = isRemote && isSse(raw, dialect) ? ({ type: "sse" } as const) : {};
  const isOff = raw["disabled"] === true || raw["enabled"] === false || raw["isActive"] === false;
  const entry: Entry = {
    ...type,
    ...launch,
    ...(isRemote
      ? { headers: nonEmpty(headersOf(raw, text)), oauth: oauthOf(raw, text, notes) }
      : { env: nonEmpty(envOf(raw, text)) }),
    ...(isRemote ? {} : { cwd: typeof raw["cwd"] === "string" ? text(raw["cwd"]) : folder }),
    ...(isOff ? { disabled: true } : {}),
    ...timeoutsOf(raw, dialect),
    tools: toolsOf(raw),
  };
  return { entry: withoutAbsent(entry), notes: [...new Set(notes)] };
}

function launchOf(raw: Raw, text: (written: unknown) => string): Pick<Entry, "command" | "args" | "url"> | undefined {
  const nested = [raw["command"], raw["transport"]].find(isObject);
  const { command: bare, cmd, path } = { ...raw, ...nested } as Raw;
  const command = [path, bare, cmd].find((one) => typeof one === "string" && one !== "") ?? listOf(bare)[0];
  if (command !== undefined) {
    const args = listOf(bare).length > 0 ? listOf(bare).slice(1) : listOf(nested?.["args"] ?? raw["args"]);
    return { command: text(command), args: args.length === 0 ? undefined : args.map(text) };
  }
  const url = [raw["httpUrl"], raw["url"], raw["serverUrl"], raw["uri"], nested?.["url"]].find(
    (one) => typeof one === "string" && one !== "",
  );
  return url === undefined ? undefined : { url: text(url) };
}

function isSse(raw: Raw, { urlType }: Dialect): boolean {
  const nested = isObject(raw["transport"]) ? raw["transport"]["type"] : raw["transport"];
  const type = String(raw["type"] ?? nested ?? "");
  if (type === "sse") return true;
  return urlType === "sse" && raw["url"] !== undefined && raw["httpUrl"] === undefined && !/http/i.test(type);
}

function envOf(raw: Raw, text: (written: unknown) => string): Record<string, string> {
  const nested = isObject(raw["command"]) ? raw["command"]["env"] : undefined;
  const env: Record<string, string> = {};
  // Names of variables whose values are kept elsewhere: in the environment, or in a keyring.
  for (const name of [...listOf(raw["env_vars"]), ...listOf(raw["env_keys"])]) env[String(name)] = `\${${name}}`;
  for (const group of [raw["env"], raw["environment"], raw["envs"], nested]) {
    if (isObject(group)) for (const [name, value] of Object.entries(group)) env[name] = text(value);
  }
  return env;
}

function headersOf(raw: Raw, text: (written: unknown) => string): Record<string, string> {
  const headers: Record<string, string> = {};
  const requested = isObject(raw["requestInit"]) ? raw["requestInit"]["headers"] : undefined;
  const requestOptions = isObject(raw["requestOptions"]) ? raw["requestOptions"]["headers"] : undefined;
  for (const group of [requested, requestOptions, raw["http_headers"], raw["headers"]]) {
    if (isObject(group)) for (const [name, value] of Object.entries(group)) headers[name] = text(value);
  }
  const fromEnv = raw["env_http_headers"];
  if (isObject(fromEnv)) for (const [name, variable] of Object.entries(fromEnv)) headers[name] = `\${${variable}}`;
  const bearer = raw["bearer_token_env_var"];
  if (typeof bearer === "string") headers["Authorization"] = `Bearer \${${bearer}}`;
  return headers;
}

/** `oauth` of Claude Code, Gemini CLI, opencode and the draft of a common file; `auth` of Cursor. */
function oauthOf({ oauth, auth }: Raw, text: (written: unknown) => string, notes: string[]): Raw | false | undefined {
  if (oauth === false) return false;
  const { CLIENT_ID, CLIENT_SECRET, ...cursors } = isObject(auth) ? auth : {};
  const {
    clientId = CLIENT_ID,
    clientSecret = CLIENT_SECRET,
    scope,
    scopes = scope,
    ...more
  } = isObject(oauth) ? oauth : cursors;
  const { callbackPort, redirectUri, enabled: _, ...rest } = more;
  const port = typeof redirectUri === "string" && URL.canParse(redirectUri) ? Number(new URL(redirectUri).port) : 0;
  const list = typeof scopes === "string" ? scopes.split(" ").filter((one) => one !== "") : listOf(scopes);
  for (const key of Object.keys(rest)) notes.push(`\`${key}\` of its signing in is not taken over`);
  return nonEmpty(
    withoutAbsent({
      clientId: clientId === undefined ? undefined : text(clientId),
      clientSecret: clientSecret === undefined ? undefined : text(clientSecret),
      scopes: list.length === 0 ? undefined : list,
      callbackPort: callbackPort ?? (port || undefined),
    }),
  );
}

function timeoutsOf(raw: Raw, { timeout: unit }: Dialect): Pick<Entry, "callTimeoutMs" | "connectTimeoutMs"> {
  const inMs = (seconds: unknown): number | undefined =>
    typeof seconds === "number" && seconds > 0 ? Math.ceil(seconds * 1000) : undefined;
  const { timeout, callTimeoutMs, connectTimeoutMs, startup_timeout_ms: startupMs } = raw;
  const ms = (value: unknown): number | undefined => (typeof value === "number" && value > 0 ? value : undefined);
  const foreign = unit === "s" ? inMs(timeout) : ms(timeout);
  return {
    callTimeoutMs: ms(callTimeoutMs) ?? inMs(raw["tool_timeout_sec"]) ?? foreign,
    connectTimeoutMs: ms(connectTimeoutMs) ?? inMs(raw["startup_timeout_sec"]) ?? ms(startupMs),
  };
}

function toolsOf(raw: Raw): Entry["tools"] {
  const { tools } = raw;
  if (isObject(tools)) return tools as Entry["tools"];
  const include = [tools, raw["includeTools"], raw["enabled_tools"], raw["available_tools"]].map(listOf).find(isFilled);
  const exclude = [raw["excludeTools"], raw["disabledTools"], raw["disabled_tools"]].flatMap(listOf);
  const isAll = include === undefined || include.includes("*");
  if (isAll && exclude.length === 0) return undefined;
  return {
    ...(isAll ? {} : { include: include.map(String) }),
    ...(exclude.length > 0 ? { exclude: exclude.map(String) } : {}),
  };
}

/** A text with a client's references to variables written as ours; what only looks like one to us is escaped. */
function inOurWords(written: string, variables: Variables, folder: string | undefined, notes: string[]): string {
  const input = (id: string): string => {
    const name = id.replaceAll(/\W+/g, "_").toUpperCase();
    notes.push(`it asked for "${id}" when it started: set the environment variable ${name}`);
    return `\${${name}}`;
  };
  switch (variables) {
    case "none":
      return written.replaceAll("${", () => "$${");
    case "braces":
      return written;
    case "dollar":
      return written.replaceAll(
        /\$\{(\w+)\}|\$(\w+)|%(\w+)%/g,
        (_, braced, bare, percent) => `\${${braced ?? bare ?? percent}}`,
      );
    case "env-curly":
      return written
        .replaceAll("${", () => "$${")
        .replaceAll(/\{(env|file):([^}]*)\}/g, (found, kind: string, name: string) => {
          if (kind === "env") return `\${${name}}`;
          notes.push(`${found} is not read: write the text itself, or \${NAME} for an environment variable`);
          return found;
        });
    case "templates":
      return written.replaceAll(/\$\{\{\s*(?:secrets|inputs|env)\.(\w+)\s*\}\}/g, (_, name) => `\${${name}}`);
    case "env-braces":
      return written.replaceAll(/\$\{([^}]*)\}/g, (found, inside: string) => {
        if (/^env:\w+$/.test(inside) || inside === "userHome") return found;
        if (inside.startsWith("input:")) return input(inside.slice("input:".length));
        if (/^workspaceFolder\b/.test(inside) && folder !== undefined) return folder;
        notes.push(`${found} means nothing to tutti, and stays as it is written`);
        return `$${found}`;
      });
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFilled(list: readonly unknown[]): boolean {
  return list.length > 0;
}

function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nonEmpty<T extends Raw>(group: T): T | undefined {
  return Object.keys(group).length === 0 ? undefined : group;
}

function withoutAbsent<T extends object>(entry: T): T {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as T;
}
