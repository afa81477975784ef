// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people are told to write
import { resolve as resolvePath } from "node:path";
import type { OAuthConfig, RemoteLaunch, ServerConfig, StdioLaunch, ToolRules } from "./config.ts";
import type { ServerEntry } from "./entry-schema.ts";
import { readTimeout } from "./other-clients.ts";
import type { Path } from "./problems.ts";
import { defaults } from "./schema.ts";
import { noteSecret, noteSecretHeader, noteSecretsIn, noteSecretsInArgs } from "./secrets.ts";
import { expandHome, fillVariables, type Scope } from "./variables.ts";

/** Where what is found out about one server goes. */
export type Findings = {
  readonly problem: (field: Path, message: string) => void;
  /** Something that a person should know though it works. */
  readonly notice: (message: string) => void;
  /** Grows by what must never be shown. */
  readonly secrets: Set<string>;
};

/**
 * An accepted entry with its variables filled in and other clients' words taken for ours. Undefined, with a problem found,
 * where nothing can be started. What a disabled server's variables lack is no problem.
 */
export function resolveServer(
  name: string,
  entry: ServerEntry,
  { scope, findings }: { scope: Scope; findings: Findings },
): ServerConfig | undefined {
  const disabled = entry.disabled || entry.enabled === false;
  const texts = textFiller(scope, disabled ? { ...findings, problem: () => {} } : findings);
  const launch = resolveLaunch(entry, texts, findings);
  const { prefix, shared, pins, maxConcurrentCalls, maxQueuedCalls, maxQueuedBytes, askTimeoutMs } = entry;
  const { restartMinMs, restartMaxMs, breakerFailures, breakerPauseMs, idleStopMs, lazyStart } = entry;
  const life = { restartMinMs, restartMaxMs, breakerFailures, breakerPauseMs, idleStopMs, lazyStart };
  const tools = resolveTools(entry);
  if (new Set(tools.rename.values()).size < tools.rename.size) {
    findings.problem(["tools", "rename"], "gives two tools one name. Give each its own.");
  }
  const limits = {
    maxConcurrentCalls,
    maxQueuedCalls,
    maxQueuedBytes,
    askTimeoutMs,
    ...resolveTimeouts(entry, findings),
  };
  return launch && { name, disabled, prefix, shared, pins, launch, ...limits, ...life, tools };
}

type TextFiller = ReturnType<typeof textFiller>;

/** Fills in the text of a field, and tells its problems and secrets. */
function textFiller({ env, folder }: Scope, { problem, notice, secrets }: Findings) {
  const fill = (written: string, field: Path): string => {
    const { text, taken, problems } = fillVariables(written, { env, folder });
    for (const message of problems) problem(field, message);
    for (const { name, value } of taken) noteSecret(secrets, name, value);
    if (/^\$[A-Za-z_]\w*$/.test(written)) notice("`$NAME` stays as it is: write ${NAME} for a variable");
    if (text.includes("\0")) problem(field, "contains a NUL character. Remove it.");
    return text;
  };
  const fillPath = (written: string, field: Path): string => {
    const text = fill(written, field);
    const path = expandHome(text, env);
    if (path === undefined) problem(field, "the home folder behind ~ is not known. Set HOME, or write the whole path.");
    return path ?? text;
  };
  return { fill, fillPath, folder, problem, notice, secrets };
}

const urlKeys = ["url", "httpUrl", "serverUrl"] as const;

function resolveLaunch(
  entry: ServerEntry,
  texts: TextFiller,
  findings: Findings,
): StdioLaunch | RemoteLaunch | undefined {
  const [urlKey, secondUrlKey] = urlKeys.filter((key) => entry[key] !== undefined);
  const { command, type } = entry;
  const wrong = (message: string, field: Path = []) => void findings.problem(field, message);
  if (command !== undefined && urlKey) return wrong(`has both "command" and "${urlKey}". Keep one of them.`);
  if (secondUrlKey) return wrong(`has both "${urlKey}" and "${secondUrlKey}". Keep one of them.`);
  const isLocal = type === "stdio" || type === "local";
  if (command !== undefined) {
    if (type && !isLocal) return wrong(`is "${type}", which goes with "url", not "command". Remove it.`, ["type"]);
    if (entry.headers) findings.notice("`headers` does nothing beside `command`");
    return stdioLaunch({ ...entry, command }, texts);
  }
  if (!urlKey) return wrong('has neither "command" (a program to start) nor "url" (an address). Write one of them.');
  if (isLocal) return wrong(`is "${type}", which goes with "command", not "${urlKey}". Remove it.`, ["type"]);
  for (const key of ["args", "env", "cwd"] as const) {
    if (entry[key]) findings.notice(`\`${key}\` does nothing beside \`${urlKey}\``);
  }
  return { kind: type === "sse" ? "sse" : "http", ...remote(entry, urlKey, texts) };
}

function stdioLaunch(
  entry: ServerEntry & { command: string },
  { fill, fillPath, folder, problem, secrets }: TextFiller,
): StdioLaunch {
  const env: Record<string, string> = {};
  for (const [name, written] of Object.entries(entry.env ?? {})) {
    if (typeof written === "number" && !Number.isSafeInteger(written)) {
      problem(["env", name], "is a number that may lose digits. Write it in quotes.");
    }
    const value = fill(String(written), ["env", name]);
    noteSecret(secrets, name, value);
    env[name] = value;
  }
  const args = (entry.args ?? []).map((arg, i) => fillPath(arg, ["args", i]));
  noteSecretsInArgs(args, secrets);
  return {
    kind: "stdio",
    command: fillPath(entry.command, ["command"]),
    args,
    env,
    cwd: resolvePath(folder, fillPath(entry.cwd ?? "", ["cwd"])),
  };
}

function remote(entry: ServerEntry, urlKey: (typeof urlKeys)[number], texts: TextFiller): Omit<RemoteLaunch, "kind"> {
  const { fill, problem, secrets } = texts;
  const url = fill(entry[urlKey] ?? "", [urlKey]);
  const isFilled = !url.includes("${"); // What is not filled in has had its problem.
  if (isFilled && !(/^https?:\/\//i.test(url) && URL.canParse(url))) {
    problem([urlKey], "is no address. Write one that starts with http:// or https://.");
  }
  if (isFilled && URL.canParse(url)) noteSecretsIn(new URL(url), secrets);
  const headers: Record<string, string> = {};
  for (const [name, written] of Object.entries(entry.headers ?? {})) {
    const value = fill(written, ["headers", name]);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      problem(["headers", name], "holds a character that no header may, perhaps a line break at its end. Remove it.");
    }
    noteSecretHeader(secrets, name, value);
    headers[name] = value;
  }
  return { url, headers, ...(entry.oauth !== undefined && { oauth: oauthOf(entry.oauth, texts) }) };
}

function oauthOf(
  written: NonNullable<ServerEntry["oauth"]>,
  { fill, problem, secrets, notice }: TextFiller,
): OAuthConfig | false {
  if (written === false) return false;
  const { clientId, clientSecret, scopes, callbackPort, clientMetadataUrl, origins, pkce, ...others } = written;
  for (const key of Object.keys(others)) notice(`\`oauth.${key}\` does nothing here`);
  const field = (name: string, text: string | undefined): string | undefined =>
    text === undefined ? undefined : fill(text, ["oauth", name]);
  const secret = field("clientSecret", clientSecret);
  if (secret !== undefined) noteSecret(secrets, "clientSecret", secret);
  if (secret !== undefined && clientId === undefined) problem(["oauth", "clientSecret"], 'needs "clientId" beside it.');
  return {
    ...{ scopes, callbackPort, clientMetadataUrl, pkce },
    clientId: field("clientId", clientId),
    clientSecret: secret,
    // As URLs have it.
    origins: origins.map((origin) => new URL(origin).origin),
  };
}

function resolveTimeouts(entry: ServerEntry, findings: Findings) {
  const foreign = entry.timeout === undefined || entry.callTimeoutMs !== undefined ? {} : readTimeout(entry.timeout);
  if (foreign.notice) findings.notice(foreign.notice);
  const callTimeoutMs = entry.callTimeoutMs ?? inMs(entry.tool_timeout_sec) ?? foreign.ms ?? defaults.callTimeoutMs;
  const cap = entry.callTimeoutCapMs;
  if (cap && cap < callTimeoutMs) {
    findings.problem(["callTimeoutCapMs"], `must be at least callTimeoutMs (${callTimeoutMs}), or 0 for no cap.`);
  }
  return {
    callTimeoutMs,
    callTimeoutCapMs: cap ?? (callTimeoutMs === 0 ? 0 : Math.max(defaults.callTimeoutCapMs, callTimeoutMs)),
    connectTimeoutMs:
      entry.connectTimeoutMs ??
      entry.startup_timeout_ms ??
      inMs(entry.startup_timeout_sec) ??
      defaults.connectTimeoutMs,
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.ceil(seconds * 1000);
}

/** Of two lists of what is offered ours wins; whatever any list excludes is excluded. */
function resolveTools(entry: ServerEntry): ToolRules {
  const [own, copilot] = Array.isArray(entry.tools) ? [undefined, entry.tools] : [entry.tools, undefined];
  const foreign = copilot ?? entry.includeTools ?? entry.enabled_tools;
  const include = own?.include.length ? own.include : (foreign ?? []);
  const nothing = foreign?.length === 0 && include.length === 0 ? ["*"] : []; // Other clients' empty list offers nothing.
  return {
    include,
    exclude: [own?.exclude, entry.excludeTools, entry.disabledTools, entry.disabled_tools, nothing].flatMap(
      (list) => list ?? [],
    ),
    rename: new Map(Object.entries(own?.rename ?? {})),
    annotations: Object.entries(own?.annotations ?? {}),
  };
}
