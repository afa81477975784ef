import type { OAuthConfig, ServerConfig } from "../config/config.ts";

/** A server at a URL, as far as signing in to it goes. */
export type AuthServer = {
  readonly name: string;
  readonly url: URL;
  readonly kind: "http" | "sse";
  /** The user's own, of every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly oauth: OAuthConfig;
};

/** Undefined for one that nobody signs in to: a program, one that is sent what says who asks, or one for which that is switched off. */
export function authServerOf({ name, launch }: ServerConfig): AuthServer | undefined {
  if (launch.kind === "stdio" || launch.oauth === false) return undefined;
  const url = new URL(launch.url);
  const isToldAlready =
    url.username !== "" ||
    url.password !== "" ||
    Object.keys(launch.headers).some((header) => header.toLowerCase() === "authorization");
  const { kind, headers, oauth = {} } = launch;
  return isToldAlready ? undefined : { name, url, kind, headers, oauth };
}

/**
 * What the server is called where a token is asked for: its address without what may be secret in it, in one form.
 * https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
export function resourceOf(server: URL): string {
  const url = new URL(server.href);
  url.username = "";
  url.password = "";
  url.search = "";
  url.hash = "";
  return url.pathname === "/" ? url.origin : url.href;
}

/** The command that signs in to it. */
export function loginCommand(name: string): string {
  return `tutti login ${/^[\w@.-]+$/.test(name) ? name : JSON.stringify(name)}`;
}
