import { createHash, randomBytes } from "node:crypto";

/** What a token may be used for. */
export type Grant = {
  readonly clientId: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  /** All tokens that came of one sign-in. */
  readonly family: number;
};

/** A code that waits for its client. */
type Code = Grant & { readonly redirectUri: string; readonly challenge: string };

export type Issued = { readonly access: string; readonly refresh: string };

/**
 * Codes and tokens of an authorization server. Each code and each refresh token is good once; one that comes a second time
 * ends all tokens of its family, as RFC 9700 (4.14.2) wants it.
 */
export class Grants {
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, Grant>();
  readonly #refresh = new Map<string, Grant>();
  readonly #used = new Map<string, number>();
  #families = 0;
  /** Refresh tokens and codes that came again. */
  reused = 0;
  /** A refresh token is good for ever, as some servers have it. */
  keepsRefreshTokens = false;

  code(granted: Omit<Code, "family">): string {
    const code = `code-${randomBytes(16).toString("hex")}`;
    this.#codes.set(code, { ...granted, family: ++this.#families });
    return code;
  }

  /** Tokens for a code, or what is wrong with it. */
  redeem(params: URLSearchParams): Issued | string {
    const code = this.#codes.get(params.get("code") ?? "");
    this.#codes.delete(params.get("code") ?? "");
    if (code === undefined) return "there is no such code";
    const verifier = params.get("code_verifier") ?? "";
    if (!/^[\w.~-]{43,128}$/.test(verifier)) return "no code_verifier as RFC 7636 wants it";
    if (createHash("sha256").update(verifier).digest("base64url") !== code.challenge) return "another code_verifier";
    if (params.get("redirect_uri") !== code.redirectUri) return "another redirect_uri";
    if (params.get("resource") !== code.resource) return "another resource";
    return this.#issue(code);
  }

  /** The next tokens of a family, or what is wrong with its refresh token. */
  refresh(token: string, resource: string | null): Issued | string {
    const grant = this.#refresh.get(token);
    if (grant === undefined) {
      const family = this.#used.get(token);
      if (family === undefined) return "there is no such refresh token";
      this.reused++;
      this.end(family);
      return "this refresh token was used before; all tokens of its family are ended";
    }
    if (resource !== grant.resource) return "another resource";
    if (!this.keepsRefreshTokens) {
      this.#refresh.delete(token);
      this.#used.set(token, grant.family);
    }
    this.expireAccess(grant.family);
    return this.#issue(grant);
  }

  /** What an access token is good for now. */
  grantOf(token: string | undefined): Grant | undefined {
    return this.#access.get(token ?? "");
  }

  /** Takes back a token, and with a refresh token all of its family. False where it is none of ours. */
  revoke(token: string): boolean {
    const grant = this.#refresh.get(token);
    if (grant !== undefined) this.end(grant.family);
    return this.#access.delete(token) || grant !== undefined;
  }

  end(family: number): void {
    this.expireAccess(family);
    for (const [token, grant] of this.#refresh) if (grant.family === family) this.#refresh.delete(token);
  }

  /** From now on the access tokens (of one family) are refused. */
  expireAccess(family?: number): void {
    for (const [token, grant] of this.#access) {
      if (family === undefined || grant.family === family) this.#access.delete(token);
    }
  }

  /** All tokens that are good now. */
  get alive(): readonly string[] {
    return [...this.#access.keys(), ...this.#refresh.keys()];
  }

  #issue({ clientId, resource, scopes, family }: Grant): Issued {
    const grant = { clientId, resource, scopes, family };
    const access = `access-${randomBytes(24).toString("base64url")}`;
    const refresh = `refresh-${randomBytes(24).toString("base64url")}`;
    this.#access.set(access, grant);
    this.#refresh.set(refresh, grant);
    return { access, refresh };
  }
}
