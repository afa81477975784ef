import { isIP } from "node:net";

/** The environment's variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Which proxy a URL goes through, or that what the environment says of it cannot be used. */
export type ProxyChoice =
  | { readonly kind: "direct" }
  | { readonly kind: "proxy"; readonly url: URL; readonly variable: string }
  | { readonly kind: "unusable"; readonly problem: string };

const direct: ProxyChoice = { kind: "direct" };
const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY much as curl does: lower-case names win, empty ones count as not set, each
 * scheme has its own variable, and a proxy without a scheme is an http one. NO_PROXY holds hosts, each for its
 * subdomains too (with or without `.` or `*.` before it), addresses, any of them with a port, or `*`. As in Go, and unlike
 * curl, the machine itself (localhost, 127.0.0.0/8, ::1) is never reached through a proxy.
 */
export function proxyFor(url: URL, env: Environment): ProxyChoice {
  const name = url.protocol === "https:" ? "https_proxy" : "http_proxy";
  const variable = env[name] ? name : name.toUpperCase();
  const text = env[variable]?.trim();
  if (!text || isLoopback(hostOf(url)) || isExempt(url, env["no_proxy"] || env["NO_PROXY"] || "")) return direct;
  const proxy = asUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (proxy === undefined) return { kind: "unusable", problem: `${variable} is no URL` };
  if (proxy.protocol in defaultPorts) return { kind: "proxy", url: proxy, variable };
  return {
    kind: "unusable",
    problem: `${variable} names a ${proxy.protocol}// proxy; http:// and https:// ones can be used`,
  };
}

/** The host of `url` as a name or an address, without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** The port of `url`, its scheme's own where it names none. */
export function portOf(url: URL): number {
  return Number(url.port || defaultPorts[url.protocol]);
}

function isLoopback(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/.test(host) || (isIP(host) === 4 && host.startsWith("127.")) || host === "::1";
}

function isExempt(url: URL, list: string): boolean {
  const host = hostOf(url).replace(/\.$/, "");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const { name, port } = entryOf(entry);
      if (name === "" || (port !== undefined && Number(port) !== portOf(url))) return false;
      return name === "*" || name === host || (isIP(host) === 0 && host.endsWith(`.${name}`));
    });
}

/** `[::1]:80`, `::1`, `.example.com:443`, `*.example.com`, `10.0.0.1` */
function entryOf(entry: string): { readonly name: string; readonly port: string | undefined } {
  const bracketed = /^\[(.*)\](?::(\d+))?$/.exec(entry);
  if (bracketed !== null) return { name: canonical(bracketed[1] ?? ""), port: bracketed[2] };
  if (isIP(entry) === 6) return { name: canonical(entry), port: undefined };
  const [, name = "", port] = /^([^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  return { name: name.replace(/^\*?\./, "").replace(/\.$/, ""), port };
}

/** An IPv6 address as URLs have it. */
function canonical(address: string): string {
  const url = asUrl(`http://[${address}]`);
  return url === undefined ? "" : hostOf(url);
}

function asUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // The caller says which text is none.
  }
}
