import { expect, onTestFinished } from "vitest";
import { type Era, metaName } from "./envelope.ts";
import { type CallHolder, callIn, type FakeCall, type Question } from "./fake-call.ts";
import { type Filter, grantedOf, isHeard, onListen } from "./listening.ts";
import { type Line, Peer, type Streams } from "./peer.ts";
import { type About, answerTo, capabilitiesOf, type Definitions, definition, type Listed } from "./server-answers.ts";
import { envelopeProblem, ServerManners } from "./server-manners.ts";
import { until } from "./turns.ts";

export { definition };

/** What a fake server is. It greets, lists and subscribes by itself; all other requests wait for the test. */
export type ServerScript = About & {
  /** Default: the older one. A server speaks one only, and notes what it may not get. */
  readonly era?: Era;
  /** Opens its link only when `open` is called. */
  readonly isHeld?: boolean;
  /** Speaks in its stead, over the streams of its link. */
  readonly speaks?: (streams: Streams) => void;
  /** Serves in its stead where it is reached over HTTP, from now until the test ends. */
  readonly serves?: (by: "http" | "sse") => Promise<URL>;
  /** Its link cannot be opened, for this reason. */
  readonly fails?: string;
  /**
   * What it does instead of the usual for requests of these methods: the members of its reply beside the id, as
   * `"result":{}`; undefined: no reply.
   */
  readonly answers?: Readonly<Record<string, (request: Line, server: FakeServer) => string | undefined>>;
};

/** A server that speaks the protocol over bytes. */
export class FakeServer implements CallHolder {
  readonly era: Era;
  /** Calls of tools that have come, in order. */
  readonly calls: FakeCall[] = [];
  /** Open listens: their ids as they stand, and what they were granted. */
  readonly listens = new Map<string, Filter>();
  peer: Peer | undefined;
  readonly whenOpen: Promise<void>;
  /** What carries its messages has sessions, and forgets them so. */
  onForget: () => void = () => {};
  readonly #script: ServerScript;
  readonly #violations: string[] = [];
  readonly #requests: FakeCall[] = [];
  readonly #taken = new Set<FakeCall>();
  readonly #subscribed = new Set<string>();
  readonly #askedIn = new Map<string, string>();
  /** Its lists where they are others by now. */
  readonly #lists: Partial<Record<Listed, Definitions>> = {};
  #manners: ServerManners;
  #lastQuestion = 0;
  #open = () => {};

  constructor(script: ServerScript) {
    this.era = script.era ?? "legacy";
    this.#script = script;
    this.whenOpen = new Promise((resolve) => {
      this.#open = resolve;
    });
    if (!script.isHeld) this.#open();
    this.#manners = new ServerManners(this.era, this.#violations);
    onTestFinished(() => expect(this.#violations).toEqual([]));
  }

  open(): void {
    this.#open();
  }

  /** What carries its messages has got something that it may not. */
  note(what: string): void {
    this.#violations.push(what);
  }

  /** Called when its link is there, and again for each later one, on which it is as new. */
  connect(streams: Streams): void {
    this.#manners = new ServerManners(this.era, this.#violations);
    this.#subscribed.clear();
    this.listens.clear();
    if (this.#script.speaks !== undefined) this.#script.speaks(streams);
    else this.peer = new Peer(streams, (line) => this.#receive(line));
  }

  /** Sends one line. */
  send(line: string | Buffer): void {
    this.#manners.said(line.toString());
    this.#connected.send(line);
  }

  /** All lines it has got, as text. */
  get heard(): readonly string[] {
    return this.peer?.lines.map(({ text }) => text) ?? [];
  }

  /** The first call not taken yet, of `tool` if that is given. */
  async call(tool?: string): Promise<FakeCall> {
    const isIt = (one: FakeCall) => one.method === "tools/call" && (tool === undefined || one.tool === tool);
    return await this.#take(isIt, `a call of ${tool ?? "any tool"}`);
  }

  /** The first request of this method not taken yet. */
  async request(method: string): Promise<FakeCall> {
    return await this.#take((one) => one.method === method, method);
  }

  async again(call: FakeCall, state: string | undefined): Promise<FakeCall> {
    const letter = letterOf(call.params);
    const isIt = ({ method, params }: FakeCall) =>
      method === call.method &&
      params.requestState === state &&
      (state !== undefined || "inputResponses" in params) &&
      letterOf(params) === letter;
    return await this.#take(isIt, `${call.method} once more, with the state ${state}`);
  }

  /** Resolves to the answer. `call`: in which it asks, where what carries it can say so. */
  async question({ method, params }: Question, call?: FakeCall): Promise<Line> {
    return await this.answerTo(this.ask(method, JSON.stringify(params), call));
  }

  /** Sends a request of its own, and gives its id as it stands. `call`: as above. */
  ask(method: string, params: string, call?: FakeCall): string {
    const id = `"ask ${++this.#lastQuestion}"`;
    if (call !== undefined) this.#askedIn.set(id, call.id);
    this.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    return id;
  }

  /** In which call it asks this, ids as they stand. */
  askedIn(question: string): string | undefined {
    return this.#askedIn.get(question);
  }

  /** The reply to its own request. */
  async answerTo(id: string): Promise<Line> {
    return await this.line(`"id":${id},`);
  }

  /** The first line not taken yet that contains `part`. */
  async line(part: string): Promise<Line> {
    const peer = await until(
      () => this.peer,
      () => "its link",
    );
    return await peer.take(({ text }) => text.includes(part), part);
  }

  /** How many requests or notifications of `method` it has got. */
  count(method: string): number {
    return this.heard.filter((text) => text.includes(`"method":"${method}"`)).length;
  }

  /** How many subscriptions of `uri` it holds. */
  subscriptions(uri: string): number {
    const heard = [...this.listens.values()].filter(({ resourceSubscriptions = [] }) =>
      resourceSubscriptions.includes(uri),
    );
    return heard.length + (this.#subscribed.has(uri) ? 1 : 0);
  }

  /** It has other definitions from now on, and says so. */
  change(kind: Listed, definitions: Definitions): void {
    this.#lists[kind] = definitions;
    this.tell(`notifications/${kind === "templates" ? "resources" : kind}/list_changed`);
  }

  /** It has other tools from now on, and says so. */
  changeTools(tools: Definitions): void {
    this.change("tools", tools);
  }

  /** A notice of a change, in the older era to whoever is connected, in the newer one on each listen that asked for it. */
  tell(method: string, params = "{}"): void {
    if (this.era === "legacy") {
      const members = params === "{}" ? "" : `,"params":${params}`;
      this.send(`{"jsonrpc":"2.0","method":"${method}"${members}}`);
      return;
    }
    for (const [id, filter] of this.listens) {
      if (isHeard(filter, method, params)) this.send(onListen(id, method, params));
    }
  }

  /** A message for the log; `params` as they stand. */
  log(params: string): void {
    this.send(`{"jsonrpc":"2.0","method":"notifications/message","params":${params}}`);
  }

  /** Ends all its listens, as it may when it likes. */
  endListens(): void {
    for (const id of this.listens.keys()) {
      const meta = `"_meta":{"${metaName.subscriptionId}":${id}}`;
      this.send(`{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete",${meta}}}`);
    }
    this.listens.clear();
  }

  /** It knows of no session any more, as after a restart at the same address. */
  forget(): void {
    this.#manners = new ServerManners(this.era, this.#violations);
    this.#subscribed.clear();
    this.onForget();
  }

  /** Its output ends, as when its process does. */
  crash(): void {
    this.#connected.end();
  }

  get #canSubscribe(): boolean {
    const { resources } = capabilitiesOf(this.#script);
    return resources?.subscribe === true;
  }

  get #connected(): Peer {
    if (this.peer === undefined) throw new Error("its link is not open yet");
    return this.peer;
  }

  async #take(isIt: (one: FakeCall) => boolean, what: string): Promise<FakeCall> {
    const find = () => this.#requests.find((one) => !this.#taken.has(one) && isIt(one));
    const found = await until(find, () => `${what}; it has got ${JSON.stringify(this.heard)}`);
    this.#taken.add(found);
    return found;
  }

  #receive(line: Line): void {
    this.#manners.hear(line);
    const { method, id, params } = line.json;
    const other = this.#script.answers?.[method ?? ""];
    if (method === undefined) return;
    if (id === undefined) this.#hear(method, params);
    else if (other !== undefined) this.#reply(id, other(line, this));
    else if (method === "subscriptions/listen" && this.era === "modern") this.#listen(id, params.notifications);
    else {
      const answer = this.#answer(method, params);
      if (answer !== undefined) this.#reply(id, answer);
      else this.#wait(callIn(this, line));
    }
  }

  #hear(method: string, params: { readonly requestId?: unknown } | undefined): void {
    if (method === "notifications/cancelled") this.listens.delete(JSON.stringify(params?.requestId));
  }

  #wait(call: FakeCall): void {
    this.#requests.push(call);
    if (call.method === "tools/call") this.calls.push(call);
  }

  #reply(id: unknown, members: string | undefined): void {
    if (members !== undefined) this.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${members}}`);
  }

  #listen(id: unknown, filter: Filter): void {
    const [own, granted] = [JSON.stringify(id), grantedOf(filter, capabilitiesOf(this.#script))];
    this.listens.set(own, granted);
    this.send(onListen(own, "notifications/subscriptions/acknowledged", JSON.stringify({ notifications: granted })));
  }

  /** What it answers by itself; undefined for what waits for the test. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #answer(method: string, params: any): string | undefined {
    if (this.era === "modern" && method !== "initialize") {
      const problem = envelopeProblem(params?._meta);
      if (problem !== undefined) return `"error":{"code":-32602,"message":"${problem}"}`;
    }
    const answer = answerTo(method, this.era, { ...this.#script, ...this.#lists });
    return answer ?? (this.era === "legacy" ? this.#keep(method, String(params?.uri)) : undefined);
  }

  /** What a server of the older era is told to keep in mind. */
  #keep(method: string, uri: string): string | undefined {
    if (method.startsWith("resources/") && method.endsWith("subscribe") && !this.#canSubscribe) {
      return '"error":{"code":-32601,"message":"Method not found"}';
    }
    if (method === "resources/subscribe") this.#subscribed.add(uri);
    else if (method === "resources/unsubscribe") this.#subscribed.delete(uri);
    else if (method !== "logging/setLevel" && method !== "ping") return undefined;
    return '"result":{}';
  }
}

/** What stays the same when a request comes again with answers. */
function letterOf({ name, uri, arguments: args }: { name?: string; uri?: string; arguments?: unknown }): string {
  return JSON.stringify([name, uri, args]);
}
