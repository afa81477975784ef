import type { Catalog } from "../../src/catalog/catalog.ts";
import type { Client } from "../../src/client/client.ts";
import type { Link } from "../../src/transport/link.ts";
import { slot } from "../../src/wire/members.ts";
import type { Message, Outgoing } from "../../src/wire/message.ts";
import { ClientManners } from "../support/client-manners.ts";
import type { Era } from "../support/envelope.ts";
import { KnownLists } from "./known-lists.ts";
import { type Arrival, countIn, type Ledger, noncesIn, ownerOf, type Written } from "./ledger.ts";
import { Order } from "./order.ts";
import type { Scheduler } from "./scheduler.ts";

/** One request of a client. */
export type Sent = {
  /** Its id as it stands. */
  readonly id: string;
  readonly method: string;
  readonly era: Era;
  /** Of the calls that it makes. */
  readonly nonces: readonly string[];
  /** What its reply is: a server's answer, the outcome of a plan, or of our own making. */
  readonly kind: "call" | "plan" | "own" | "stream" | "nonsense";
  /** Whether it brings what was asked for. */
  readonly isRound: boolean;
  /** Set when it comes to tutti. */
  message: Message | undefined;
  replies: number;
  /** The step in which it was taken back, where it then gets no reply. */
  takenBackAt: number | undefined;
  /** Whether it may go without a reply. */
  isUnsure: boolean;
};

/** So long what runs may go on where its server is not configured any more. */
const leaveMs = 5000;
/** More than a turn of the event loop takes. */
const turnMs = 5;

/** What goes between one client and tutti, and what must hold of it. */
export class ClientLog {
  readonly #ledger: Ledger;
  readonly #scheduler: Scheduler;
  readonly #client: number;
  readonly #isResult: boolean;
  readonly #manners: ClientManners | undefined;
  readonly #problems: string[] = [];
  /** What has not come to tutti yet, in order. */
  readonly #underWay: Sent[] = [];
  readonly #byMessage = new Map<Message, Sent>();
  /** What tutti has sent and the client has not got. */
  readonly #order = new Order();
  readonly #lists = new KnownLists();
  /** How often lists may have become others before it came. */
  readonly #causesBefore: number;
  readonly all: Sent[] = [];
  /** Requests that got what a server wrote under a guessed id: right only where that was theirs by then. */
  readonly #strays: Pick<Sent, "nonces">[] = [];
  /** Whether tutti has seen it leave. */
  hasLeft = false;

  /** `isResult`: whether errors of servers become results. `keepsManners`: it never uses an id or a token twice. */
  constructor(ledger: Ledger, scheduler: Scheduler, client: number, isResult: boolean, keepsManners: boolean) {
    this.#ledger = ledger;
    this.#scheduler = scheduler;
    this.#client = client;
    this.#causesBefore = ledger.listCauses;
    this.#isResult = isResult;
    this.#manners = keepsManners ? new ClientManners(this.#problems) : undefined;
  }

  /** The client sends a request. */
  sends(sent: Sent): void {
    this.all.push(sent);
    this.#underWay.push(sent);
    this.#ledger.counts.requests++;
    for (const nonce of sent.nonces) {
      countIn(this.#ledger.sends, nonce);
      if (!sent.isRound) countIn(this.#ledger.firstSends, nonce);
    }
  }

  /** The client sends what cannot be read, which is answered under its id. */
  sendsNonsense(sent: Sent): void {
    this.sends(sent);
    if (sent.id !== "null") this.#manners?.said(`{"id":${sent.id},"method":"nonsense"}`);
  }

  /** The client says a line. */
  said(text: string): void {
    this.#ledger.trace(`client ${this.#client} → ${text.length > 2000 ? text.length : text}`);
    // What crosses with a reply is no fault of tutti's.
    if (!text.includes('"notifications/cancelled"')) this.#manners?.said(text);
  }

  /** Hands what comes to tutti over to its `Client`, and remembers what it was. */
  receive(client: Client, message: Message): void {
    if (message.kind === "request") {
      const id = message.raw(slot.id);
      const index = this.#underWay.findIndex((one) => one.id === id && one.kind !== "nonsense");
      const sent = this.#underWay[index];
      if (sent !== undefined) {
        this.#underWay.splice(index, 1);
        sent.message = message;
        if (sent.kind === "call" && !sent.isRound)
          for (const nonce of sent.nonces) this.#ledger.readAt.set(nonce, this.#scheduler.steps);
        this.#byMessage.set(message, sent);
      }
    }
    const isCancel = message.kind === "notification" && message.text(slot.method) === "notifications/cancelled";
    if (isCancel) this.#takesBack(message.raw(slot.requestId));
    client.receive(message);
  }

  /** The link to the client, with all that tutti sends on it noted. */
  tap(link: Link): Link {
    return {
      ...link,
      send: (message, source, about) => {
        this.#sent(textOf(message), source, about);
        link.send(message, source, about);
      },
    };
  }

  /** The client gets a line. */
  heard(text: string): void {
    this.#ledger.trace(`client ${this.#client} ← ${text.length > 2000 ? text.length : text}`);
    const problem = this.#order.came(text);
    if (problem !== undefined) this.#wrong(`gets ${problem}: ${text.slice(0, 300)}`);
    this.#manners?.hear({ text, json: JSON.parse(text) });
    const problems = this.#problems.splice(0);
    // Who writes a stray does not know what it is taken for.
    if (!text.includes('"text":"stray"')) for (const what of problems) this.#wrong(`gets ${what}`);
  }

  /** At the end: whatever is missing. `hasReadAll`: the client has read all that was sent to it. `catalog`: as it is now. */
  close(hasReadAll: boolean, catalog: Catalog | undefined): void {
    if (hasReadAll) for (const text of this.#order.left) this.#wrong(`never gets ${text.slice(0, 300)}`);
    if (hasReadAll && catalog !== undefined) {
      const causes = this.#ledger.listCauses - this.#causesBefore;
      for (const problem of this.#lists.problems(catalog, causes)) this.#wrong(problem);
    }
    for (const { nonces } of this.#strays) {
      if (!nonces.some((nonce) => this.#ledger.unsure.has(nonce))) this.#wrong(`gets what was no answer to ${nonces}`);
    }
    for (const { message, kind, method, id, replies, takenBackAt, isUnsure } of this.all) {
      if (message === undefined || kind === "stream" || this.hasLeft) continue;
      if (replies === 0 && takenBackAt === undefined && !isUnsure) this.#wrong(`gets no reply to ${method} ${id}`);
    }
  }

  #wrong(what: string): void {
    this.#ledger.violation(`client ${this.#client} ${what}`);
  }

  /** Tutti reads that the client takes a request back. Of two under one id nobody can say which is meant. */
  #takesBack(id: string | undefined): void {
    const open = this.all.filter((one) => one.id === id && one.message && one.replies === 0 && !one.takenBackAt);
    const [only, ...others] = open;
    if (only === undefined) return;
    if (others.length > 0) for (const one of open) one.isUnsure = true;
    else if (this.#isAnswered(only)) only.isUnsure = true;
    else if (only.kind === "call" || only.kind === "plan") {
      only.takenBackAt = this.#scheduler.steps;
      for (const nonce of only.nonces) this.#ledger.takenBack.add(nonce);
    } else only.isUnsure = true;
  }

  /** Whether its answer was there already: it may go out in the next turn. */
  #isAnswered({ kind, nonces }: Sent): boolean {
    const arrivals = kind === "call" ? nonces.flatMap((nonce) => this.#ledger.arrivals.get(nonce) ?? []) : [];
    const { now } = this.#scheduler;
    const isOver = ({ repliedAt, answers }: Arrival): boolean =>
      repliedAt !== undefined && (answers[0]?.kind !== "question" || now - repliedAt < turnMs);
    return arrivals.some(isOver);
  }

  #sent(text: string, source: object | undefined, about: Message | undefined): void {
    this.#order.sent(text, source);
    const json = JSON.parse(text);
    const foreign = noncesIn(text).find((nonce) => ownerOf(nonce) !== this.#client);
    if (foreign !== undefined) this.#wrong(`gets ${foreign}, which is another client's: ${text.slice(0, 300)}`);
    const stray = about && text.includes("stray") ? this.#byMessage.get(about) : undefined;
    // A request without a nonce leaves no trace at its server by which it could be told whose id was guessed.
    if (stray !== undefined && stray.nonces.length > 0) this.#strays.push(stray);
    if (json.method === undefined) this.#replied(json, text, about);
    else if (json.id === undefined && json.params?._meta === undefined) this.#lists.hears(json.method);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #replied(json: any, text: string, about: Message | undefined): void {
    this.#ledger.counts.replies++;
    const sent = about === undefined ? this.#nonsense(json) : this.#byMessage.get(about);
    if (sent === undefined) {
      this.#wrong(`gets a reply to nothing: ${text.slice(0, 300)}`);
      return;
    }
    sent.replies++;
    if (sent.replies > 1) this.#wrong(`gets ${sent.replies} replies to ${sent.method} ${sent.id}`);
    if (sent.kind === "nonsense") return;
    if (sent.era === "legacy" && json.result !== undefined) this.#lists.gets(sent.method, json.result);
    if (JSON.stringify(json.id) !== JSON.stringify(JSON.parse(sent.id))) this.#wrong(`gets another id: ${text}`);
    if (sent.takenBackAt !== undefined && this.#scheduler.steps > sent.takenBackAt) {
      this.#wrong(`gets a reply to ${sent.method} ${sent.id}, which it has taken back`);
    }
    // A server of the older era does not say in which of its calls it asks.
    const isQuestion = json.result?.resultType === "input_required";
    const others = isQuestion ? [] : noncesIn(text).filter((nonce) => !sent.nonces.includes(nonce));
    if (others.length > 0) this.#wrong(`gets ${others} in the reply to ${sent.nonces}: ${text.slice(0, 300)}`);
    if (sent.kind === "call" && !this.#strays.includes(sent)) this.#compare(sent, json, text);
    if (sent.kind === "plan") this.#comparePlan(sent, json);
  }

  /** What cannot be read is answered with an error, under its id where that can be told. */
  #nonsense(json: { readonly id: unknown; readonly error?: unknown }): Sent | undefined {
    if (json.error === undefined) return undefined;
    const isIt = ({ kind, id }: Sent): boolean =>
      kind === "nonsense" && (json.id === null || id === JSON.stringify(json.id));
    const index = this.#underWay.findIndex(isIt);
    return index === -1 ? undefined : this.#underWay.splice(index, 1)[0];
  }

  /** A server's answer comes byte for byte, and the first one that it gave. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #compare(sent: Sent, json: any, text: string): void {
    const [nonce] = sent.nonces as [string];
    this.#ledger.replied.add(nonce);
    // Pins that could not be read are taken for others.
    const isLost = text.includes("is withheld (pins)") && this.#ledger.faults.has("a file fails");
    if (isLost || isCrowded(text)) this.#ledger.crowded.add(nonce);
    this.#checkReplaced(nonce, text);
    if (this.#ledger.unsure.has(nonce)) return;
    const isOwn = json.result?._meta?.["tutti/error"]?.origin === "tutti" || json.error !== undefined;
    if (!text.includes(nonce)) {
      const isQuestion = json.result?.resultType === "input_required";
      if (!isOwn && !isQuestion) this.#wrong(`gets an answer that is not to ${nonce}: ${text.slice(0, 300)}`);
      return;
    }
    const firsts = (this.#ledger.arrivals.get(nonce) ?? []).flatMap(({ answers }) => answers.slice(0, 1));
    if (firsts.length === 0 && isOwn) return;
    if (json.result?.resultType === "input_required" || firsts.some(({ kind }) => kind === "question")) {
      if (!firsts.some((one) => one.kind !== "question" && this.#isAs(one, sent, text))) return;
    }
    this.#ledger.counts.compared++;
    if (!firsts.some((one) => this.#isAs(one, sent, text))) {
      const wanted = firsts.map(({ before, after }) => `${before}…${after}`.slice(0, 300)).join("\n  ");
      this.#wrong(`gets other bytes than its server gave:\n  ${text.slice(0, 300)}\n  ${wanted}`);
    } else if (json.result !== undefined) this.#ledger.served.add(nonce);
  }

  /** Only what ran at a server whose entry was replaced may end because of that. */
  #checkReplaced(nonce: string, text: string): void {
    if (!text.includes("its entry in the configuration was changed or taken away")) return;
    const arrivals = this.#ledger.arrivals.get(nonce) ?? [];
    const replaced = arrivals.flatMap(({ generation }) => this.#ledger.replacedAt.get(generation) ?? []);
    if (arrivals.length > 0 && replaced.length === 0)
      this.#wrong(`loses ${nonce} to another configuration that has left its server as it was`);
    // What goes by itself is not waited for.
    const isEnded = /exited with code 0|ended by SIG(TERM|KILL)/.test(text);
    if (isEnded && replaced.some(({ ms }) => this.#scheduler.now < ms + leaveMs))
      this.#wrong(`loses ${nonce}, which has had no time to end`);
  }

  #isAs({ before, after, letter, era, kind }: Written, sent: Sent, text: string): boolean {
    const isRewritten = kind === "error" && sent.method === "tools/call" && this.#isResult;
    return era === sent.era && !isRewritten ? text === `${before}${sent.id}${after}` : text.includes(letter);
  }

  /** Each call of a plan has its own outcome, under its own id. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #comparePlan(sent: Sent, json: any): void {
    const written = json.result?.content?.[0]?.text;
    if (json.result?.isError === true || typeof written !== "string" || !written.startsWith("{")) return;
    const { results } = JSON.parse(written) as { results: readonly { id: string; ok: boolean }[] };
    if (results.length !== sent.nonces.length) this.#wrong(`gets ${results.length} outcomes of ${sent.nonces.length}`);
    for (const [index, one] of results.entries()) {
      const told = noncesIn(JSON.stringify(one));
      const wrong = told.find((nonce) => nonce !== sent.nonces[index]);
      if (wrong !== undefined) this.#wrong(`gets ${wrong} as the outcome of ${sent.nonces[index]}`);
      if (one.ok && told.length === 0) this.#strays.push({ nonces: sent.nonces.slice(index, index + 1) });
    }
  }
}

/** Whether there was no room for a request, by bounds on its client alone. */
function isCrowded(text: string): boolean {
  return text.includes("(http.maxSets)") || text.includes("(limits.maxOpenRequests)");
}

function textOf(message: Outgoing): string {
  const bytes = typeof message === "string" ? Buffer.from(message, "latin1") : Buffer.concat(message);
  return bytes.toString("utf8");
}
