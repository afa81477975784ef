import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { type Lock, type LockOptions, lockFile } from "../ports/lock-file.ts";
import { checkOwnFolder, readOwnText } from "../ports/own-files.ts";
import { AuthError } from "./auth-error.ts";
import { type AuthServer, resourceOf } from "./auth-server.ts";
import { type Grant, isSameGrant, type Kept, keptSchema, secretsOf } from "./grant.ts";
import type { AuthSurroundings } from "./surroundings.ts";

/** What is kept for a server, without anything that is secret. */
export type StoredSummary = Pick<Grant, "issuer" | "resource" | "clientId"> & {
  readonly scopes: readonly string[];
  /** In ms since 1970; undefined: nobody knows. */
  readonly expiresAt: number | undefined;
  readonly canRefresh: boolean;
  /** There are no tokens, or none that can be used any more. */
  readonly needsSignIn: boolean;
};

/** Shorter ones occur by chance in other texts. */
const shortestSecret = 6;
/** What was registered or granted longest ago gives way. */
const mostGrants = 8;
/** A refresh takes one request. */
const refreshLockMs = 30_000;

/** The file of what is kept for one server, which all processes of the user share. */
export class Store {
  readonly path: string;
  readonly #server: AuthServer;
  readonly #surroundings: AuthSurroundings;

  constructor(server: AuthServer, surroundings: AuthSurroundings) {
    // The query may tell two accounts apart, and is in no name or text.
    const key = `${server.url.origin}${server.url.pathname}${server.url.search}`;
    this.path = join(surroundings.folder, `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);
    this.#server = server;
    this.#surroundings = surroundings;
  }

  /** The grant that is used, undefined where there is none. Throws an AuthError where the file is not one to be read. */
  current(): Grant | undefined {
    return this.#read().grants[0];
  }

  /** All of them, the one that is used first. */
  all(): readonly Grant[] {
    return this.#read().grants;
  }

  /**
   * Keeps a grant in the place of the one for the same, as the one that is used; one without tokens, which nobody can use yet,
   * behind those that there are. False, with a notice, where that cannot be written.
   */
  async keep(grant: Grant): Promise<boolean> {
    return await this.#write((grants) => {
      const others = grants.filter((one) => !isSameGrant(one, grant)).slice(0, mostGrants - 1);
      return grant.tokens === undefined ? [...others, grant] : [grant, ...others];
    });
  }

  /** Forgets all of them, and gives those that had tokens. Rejects with an AuthError where that cannot be written. */
  async clear(): Promise<readonly Grant[]> {
    return await this.#alone(async () => {
      const held = this.all().filter(({ tokens }) => tokens !== undefined);
      if (!(await this.#write(() => []))) throw new AuthError("store", `${this.path} cannot be written`);
      return held;
    });
  }

  /** Has the others wait who would renew tokens, or sign in (`purpose`); undefined where they took too long. */
  async lock(
    purpose: "refresh" | "login",
    options: Partial<Omit<LockOptions, "nonce">> = {},
  ): Promise<Lock | undefined> {
    const nonce = this.#surroundings.random(16).toString("hex");
    try {
      return await lockFile(`${this.path}.${purpose}.lock`, { limitMs: refreshLockMs, ...options, nonce });
    } catch {
      // Where nothing can be written, which is told when tokens are, no other process can wait for us.
      return { hasWaited: false, release: async () => {} };
    }
  }

  /** The same while nobody renews tokens, who would write over it. */
  async keepAlone(grant: Grant): Promise<boolean> {
    return await this.#alone(() => this.keep(grant));
  }

  /** Notes of the grant that is used that the server has wanted these scopes too. Rejects with an AuthError. */
  async wish(scopes: readonly string[]): Promise<void> {
    await this.#alone(async () => {
      const grant = this.current();
      const wanted = [...new Set([...(grant?.wantedScopes ?? []), ...scopes])];
      if (grant !== undefined && wanted.length > grant.wantedScopes.length) {
        await this.keep({ ...grant, wantedScopes: wanted });
      }
    });
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const lock = await this.lock("refresh");
    try {
      return await work();
    } finally {
      await lock?.release();
    }
  }

  /** Makes the folder. Throws an AuthError where it is none that the user alone can look into. */
  async prepare(): Promise<void> {
    this.#checkFolder();
    if (this.#text() === undefined) await this.#write((grants) => grants);
  }

  #read(): Kept {
    this.#checkFolder();
    const text = this.#text();
    if (text === undefined) return { format: 1, server: resourceOf(this.#server.url), grants: [] };
    const kept = keptSchema.safeParse(parsed(text)).data;
    if (kept === undefined) throw this.#unusable("it is damaged; remove it");
    if (kept.server !== resourceOf(this.#server.url)) throw this.#unusable("it is another server's; remove it");
    this.#surroundings.learn(kept.grants.flatMap(secretsOf).filter((one) => one.length >= shortestSecret));
    return kept;
  }

  #text(): string | undefined {
    try {
      return readOwnText(this.path, true);
    } catch (cause) {
      throw this.#unusable((cause as Error).message, cause);
    }
  }

  #checkFolder(): void {
    const folder = dirname(this.path);
    try {
      checkOwnFolder(folder);
    } catch (cause) {
      throw new AuthError("store", `the folder of tokens ${folder} is not used: ${(cause as Error).message}`, cause);
    }
  }

  #unusable(why: string, cause?: unknown): AuthError {
    return new AuthError("store", `its file of tokens ${this.path} is not used: ${why}`, cause);
  }

  async #write(change: (grants: readonly Grant[]) => readonly Grant[]): Promise<boolean> {
    const kept = this.#read();
    const grants = change(kept.grants);
    this.#surroundings.learn(grants.flatMap(secretsOf).filter((one) => one.length >= shortestSecret));
    try {
      const text = `${JSON.stringify({ ...kept, grants }, undefined, 1)}\n`;
      await this.#surroundings.keptFiles.replace(this.path, Buffer.from(text));
      return true;
    } catch (cause) {
      const { message } = cause as Error;
      this.#surroundings.notice(
        `${this.#server.name}: its tokens cannot be kept, and are lost when this process ends: ${message}`,
      );
      return false;
    }
  }
}

/** What is kept for a server. Throws an AuthError (`store`) where its file is not one to be read. */
export function signedIn(server: AuthServer, surroundings: AuthSurroundings): StoredSummary | undefined {
  const grant = new Store(server, surroundings).current();
  if (grant === undefined) return undefined;
  const { issuer, resource, clientId, tokens, isSpent } = grant;
  const needsSignIn = tokens === undefined || isSpent;
  const { scopes = [], expiresAt, refreshToken } = tokens ?? {};
  return { issuer, resource, clientId, scopes, expiresAt, canRefresh: refreshToken !== undefined, needsSignIn };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // What is no JSON is damaged, as what is another one.
  }
}
