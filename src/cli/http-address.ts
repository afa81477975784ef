import { ConfigError } from "../config/config-error.ts";

/** Where to serve HTTP. */
export type HttpAddress = {
  /** An address without brackets, or a name; "localhost" where none was given. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
};

/** A shorter one could be found by trying. */
const shortestToken = 16;

const usage = "--http takes [HOST:]PORT, such as 8080, 127.0.0.1:8080 or [::1]:8080";

/** Reads what `--http` was given: a port, or a host and a port. Throws a ConfigError of one line. */
export function readHttpAddress(text: string): HttpAddress {
  const [, host, port = ""] = /^(?:(.*):)?(.*)$/s.exec(text) ?? [];
  if (/^[a-z]+:\/\//i.test(text)) throw new ConfigError(`${usage}; leave out the scheme and the path.`);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new ConfigError(`${usage}; the port is a number up to 65535, or 0 for any that is free.`);
  }
  return { host: host === undefined ? "localhost" : readHost(host), port: Number(port) };
}

function readHost(host: string): string {
  if (host === "") throw new ConfigError(`${usage}; to serve all addresses of this machine, say 0.0.0.0 or [::].`);
  const isBracketed = host.startsWith("[") && host.endsWith("]");
  if (!isBracketed && host.includes(":")) throw new ConfigError(`${usage}; an IPv6 address stands in brackets.`);
  const problem = new ConfigError(`${usage}; the host is neither an address nor a name.`);
  if (!isBracketed && !/^[a-z\d-]+(?:\.[a-z\d-]+)*$/i.test(host)) throw problem;
  // Knows all ways to write an address, and writes each in one: 127.1 is 127.0.0.1.
  if (!URL.canParse(`http://${host}/`)) throw problem;
  return new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, "");
}

/**
 * Reads tokens, one in a line; `source` says in messages where they come from. Throws a ConfigError of one line, which
 * tells nothing of a token.
 */
export function readTokens(text: string, source: string): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  const tokens = new Set<string>();
  for (const [index, token] of lines.entries()) {
    if (token === "") continue;
    const place = `${source}, line ${index + 1}`;
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new ConfigError(`${place}: a token is one word of ASCII letters, digits and signs, such as base64.`);
    }
    if (token.length < shortestToken) {
      throw new ConfigError(`${place}: a token has at least ${shortestToken} characters; make one of random bytes.`);
    }
    tokens.add(token);
  }
  if (tokens.size === 0) throw new ConfigError(`${source}: there is no token in it; name one, or leave it out.`);
  return [...tokens];
}
