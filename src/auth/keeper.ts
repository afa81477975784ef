import type { Refusal, SignIn } from "../transport/http-client-sign-in.ts";
import type { LinkFailure } from "../transport/link.ts";
import { AuthError } from "./auth-error.ts";
import { type AuthServer, loginCommand } from "./auth-server.ts";
import { readChallenge } from "./challenge.ts";
import { type Grant, isNewer } from "./grant.ts";
import type { Renewed } from "./renew.ts";
import { Store } from "./store.ts";
import type { AuthSurroundings } from "./surroundings.ts";

/** The part of a token's life after which another one is fetched, less up to the spread. */
const renewalAt = 0.8;
const renewalSpread = 0.1;
/** A renewal that came to nothing, or brought what the server has not taken since, is not repeated before this. */
const patienceMs = 30_000;
/** What the file says is taken for so long, and waited for in such steps where only the user can help. */
const lookMs = 1_000;

/** As whom tutti is signed in to one server, for all that it sends there. */
export class Keeper implements SignIn {
  readonly #server: AuthServer;
  readonly #surroundings: AuthSurroundings;
  readonly #store: Store;
  #grant: Grant | undefined;
  /** When the file was read last (`clock.now()`). */
  #readAt = Number.NEGATIVE_INFINITY;
  /** Why the file is not read. */
  #problem: string | undefined;
  /** In ms since 1970; of the tokens there are. */
  #renewAt = Number.POSITIVE_INFINITY;
  #renewing: Promise<void> | undefined;
  /** When it was renewed last, or failed (`clock.now()`). */
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** What it brought, until the server has taken that. */
  #untried: string | undefined;
  /** Why the last renewal came to nothing though another may not. */
  #failure: string | undefined;
  /** Tokens are held that could not be written; when that was tried last (`clock.now()`). */
  #isUnkept = false;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(server: AuthServer, surroundings: AuthSurroundings) {
    this.#server = server;
    this.#surroundings = surroundings;
    this.#store = new Store(server, surroundings);
  }

  readonly authorization = (): string | undefined | Promise<string | undefined> => {
    // Others sign in and out, too.
    if (this.#surroundings.clock.now() - this.#readAt >= lookMs) this.#reread();
    if (this.#isUnkept) this.#keepAgain();
    const { tokens } = this.#grant ?? {};
    const now = this.#surroundings.date();
    if (tokens === undefined || now < this.#renewAt || !this.#mayRenew) return this.#header;
    const renewed = this.#renew();
    // Until it has run out it is good enough.
    const isOver = tokens.expiresAt !== undefined && now >= tokens.expiresAt;
    return isOver ? renewed.then(() => this.#header) : this.#header;
  };

  readonly accepted = (sent: string | undefined): void => {
    if (sent === undefined || sent !== this.#untried) return;
    this.#untried = undefined;
    // It is good, so another may be fetched as soon as it is not: its life may be shorter than was said.
    this.#renewedAt = Number.NEGATIVE_INFINITY;
  };

  readonly again = async ({
    status,
    challenge,
    sent,
    isRepeated,
  }: Refusal): Promise<"again" | LinkFailure | undefined> => {
    const said = readChallenge(challenge);
    if (status === 403 && said?.error !== "insufficient_scope") return undefined;
    if (sent === this.#header) this.#reread();
    const isOther = (): boolean => this.#header !== undefined && this.#header !== sent;
    if (isOther() && !isRepeated) return "again";
    if (status === 403) return await this.#wantsMore(said?.scopes ?? []);
    if (!isOther() && this.#mayRenew) await this.#renew();
    if (isOther() && !isRepeated) return "again";
    return this.#whyNot();
  };

  readonly cure = (): string =>
    this.#header === undefined
      ? `sign in: run "${loginCommand(this.#server.name)}"; or give it an Authorization in headers`
      : "it does not let in whom tutti is signed in as";

  /** Has `then` run once when other tokens are there than those that were of no use; what is given ends that. */
  readonly signedIn = (then: () => void): (() => void) => {
    const { clock } = this.#surroundings;
    const known = this.#header;
    const look = (): void => {
      this.#reread();
      if (this.#header !== undefined && this.#header !== known) then();
      else timer = clock.after(lookMs, look);
    };
    let timer = clock.after(lookMs, look);
    return () => timer.cancel();
  };

  get #header(): string | undefined {
    const { tokens, isSpent } = this.#grant ?? {};
    return tokens === undefined || isSpent === true ? undefined : `Bearer ${tokens.accessToken}`;
  }

  get #mayRenew(): boolean {
    const { tokens, isSpent } = this.#grant ?? {};
    if (tokens?.refreshToken === undefined || isSpent === true) return false;
    return this.#renewing !== undefined || this.#surroundings.clock.now() - this.#renewedAt >= patienceMs;
  }

  /** What is in the file counts, unless what is held is newer and could not be written there. */
  #reread(): void {
    this.#readAt = this.#surroundings.clock.now();
    try {
      const stored = this.#store.current();
      if (this.#isUnkept && stored !== undefined && isNewer(this.#grant, stored)) return;
      this.#isUnkept = false;
      this.#take(stored);
      this.#problem = undefined;
    } catch (cause) {
      if (!(cause instanceof AuthError)) throw cause;
      this.#grant = undefined;
      this.#problem = cause.message;
    }
  }

  #take(grant: Grant | undefined): void {
    const { clientId } = this.#server.oauth;
    // One of another client than the one that is configured now is none.
    const usable = clientId === undefined || grant?.clientId === clientId ? grant : undefined;
    if (usable?.tokens?.accessToken === this.#grant?.tokens?.accessToken && usable?.isSpent === this.#grant?.isSpent)
      return;
    this.#grant = usable;
    const { obtainedAt, expiresAt } = usable?.tokens ?? {};
    const part = renewalAt - (renewalSpread * this.#surroundings.random(1).readUInt8()) / 256;
    const isKnown = obtainedAt !== undefined && expiresAt !== undefined;
    this.#renewAt = isKnown ? obtainedAt + (expiresAt - obtainedAt) * part : Number.POSITIVE_INFINITY;
  }

  /** Renews the tokens, or takes those that another process has; several at once are one. Never rejects. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const held = this.#grant;
    if (held === undefined) return;
    this.#failure = undefined;
    this.#untried = undefined;
    const outcome = await this.#ask(held);
    this.#renewedAt = this.#surroundings.clock.now();
    if (typeof outcome === "string") this.#failure = outcome;
    else {
      this.#isUnkept = !outcome.isKept;
      this.#writtenAt = this.#renewedAt;
      this.#take(outcome.grant);
      this.#untried = this.#header;
    }
  }

  async #ask(held: Grant): Promise<Renewed | string> {
    try {
      // Loaded with the first renewal: most runs have none.
      const { renew } = await import("./renew.ts");
      return await renew(this.#server, this.#surroundings, this.#store, held);
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  }

  #keepAgain(): void {
    const { clock } = this.#surroundings;
    const grant = this.#grant;
    if (grant === undefined || this.#renewing !== undefined || clock.now() - this.#writtenAt < patienceMs) return;
    this.#writtenAt = clock.now();
    const kept = this.#store.keep(grant).catch(() => false); // The file is none to be written, as the notice has said.
    void kept.then((isKept) => {
      if (this.#grant === grant) this.#isUnkept = !isKept;
    });
  }

  async #wantsMore(scopes: readonly string[]): Promise<LinkFailure> {
    // Where that cannot be noted now, it is refused again, and noted then.
    await this.#store.wish(scopes).catch(() => {});
    const what = scopes.length === 0 ? "more rights" : `more rights (${scopes.join(" ").slice(0, 200)})`;
    return needed(`needs you to sign in for ${what}: run "${loginCommand(this.#server.name)}"`);
  }

  #whyNot(): LinkFailure {
    if (this.#problem !== undefined) return needed(this.#problem);
    if (this.#failure !== undefined && this.#header !== undefined) {
      const cure = `if that stays so, run "${loginCommand(this.#server.name)}"`;
      const text = `its tokens could not be renewed: ${this.#failure}; ${cure}`;
      return { code: "unavailable", text, mayHaveRun: false };
    }
    const login = `run "${loginCommand(this.#server.name)}"`;
    const hasOther = this.#header === undefined && Object.keys(this.#server.headers).length > 0;
    return needed(`needs you to sign in: ${login}${hasOther ? ", or put what it wants into headers" : ""}`);
  }
}

/** The keepers of a run: one for each file of tokens, whoever uses the server. */
export class Keepers {
  readonly #surroundings: AuthSurroundings;
  readonly #keepers = new Map<string, Keeper>();

  constructor(surroundings: AuthSurroundings) {
    this.#surroundings = surroundings;
  }

  of(server: AuthServer): Keeper {
    const key = JSON.stringify([server.name, server.url.href, server.oauth]);
    const keeper = this.#keepers.get(key) ?? new Keeper(server, this.#surroundings);
    this.#keepers.set(key, keeper);
    return keeper;
  }
}

function needed(text: string): LinkFailure {
  return { code: "login_required", text, mayHaveRun: false };
}
