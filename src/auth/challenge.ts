/** What a server says of the bearer tokens that it wants, in a refusal. */
export type Challenge = {
  readonly error: string | undefined;
  /** Empty: it names none. */
  readonly scopes: readonly string[];
  /** Where it says who gives tokens. */
  readonly resourceMetadata: string | undefined;
};

/** A longer header is none. */
const mostCharacters = 8192;
const parameter = /([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const scheme = /[\w!#$%&'*+.^`|~-]+(?=[ \t,]|$)/y;
const gap = /[\s,]*/y;

/**
 * Reads `WWW-Authenticate`, of whose challenges the first one for bearer tokens counts; undefined where there is none.
 * https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1, https://www.rfc-editor.org/rfc/rfc9728#section-5.1
 */
export function readChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined || header.length > mostCharacters) return undefined;
  const found = new Map<string, string>();
  let [isBearer, hasBearer] = [false, false];
  for (let at = 0; at < header.length; ) {
    const next = matchAt(gap, header, at);
    at += next?.[0].length ?? 0;
    const value = matchAt(parameter, header, at);
    const name = value === undefined ? matchAt(scheme, header, at)?.[0] : undefined;
    if (value !== undefined) {
      const [, key = "", quotedText, token] = value;
      if (isBearer) found.set(key.toLowerCase(), quotedText?.replace(/\\(.)/g, "$1") ?? token ?? "");
    } else if (name !== undefined) {
      isBearer = !hasBearer && name.toLowerCase() === "bearer";
      hasBearer ||= isBearer;
    }
    at += value?.[0].length ?? name?.length ?? 1;
  }
  if (!hasBearer) return undefined;
  return {
    error: found.get("error"),
    scopes: scopesIn(found.get("scope") ?? ""),
    resourceMetadata: found.get("resource_metadata"),
  };
}

/** The scopes of a list with spaces between them. Others than the specification knows are left out. */
export function scopesIn(text: string): readonly string[] {
  return [...new Set(text.split(" ").filter((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))];
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
