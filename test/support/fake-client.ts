import { expect, onTestFinished } from "vitest";
import { ClientManners } from "./client-manners.ts";
import { type Era, envelopeMembers, metaName, revisionOf, withMembers } from "./envelope.ts";
import type { Answer, Question } from "./fake-call.ts";
import type { Filter } from "./listening.ts";
import { type Line, Peer, type Streams } from "./peer.ts";
import { until } from "./turns.ts";

/** Who a client is, and what it can do. */
export type Speaker = {
  readonly era: Era;
  /** Default: nothing. */
  readonly capabilities?: object;
  /** The name it gives itself. */
  readonly name?: string;
  /** The level of each of its requests, where they say one. */
  readonly logLevel?: string | undefined;
};

export type Address = { readonly url: URL; readonly headers: Readonly<Record<string, string>> };

/** A question that came to the client as a request. */
export type Asked = Question & {
  readonly id: number;
  readonly line: Line;
  readonly answer: (answer: Answer) => void;
};

/** What the client answers by itself, by the question's method. */
export type Answering = Readonly<Record<string, (params: Question["params"]) => Answer>>;

/** A client that says exactly what it is told. Ids, names and arguments are JSON as it stands. */
export class FakeClient {
  readonly peer: Peer;
  readonly streams: Streams;
  /** Where another client can speak in its stead over HTTP. */
  readonly address: Address | undefined;
  /** Questions that it answers by itself; the rest wait for the test. */
  answering: Answering = {};
  #manners: ClientManners | undefined;
  #speaker: Speaker = { era: "legacy" };
  #lastId = 1_000_000;

  constructor(streams: Streams, address?: Address) {
    this.streams = streams;
    this.address = address;
    this.peer = new Peer(streams, (line) => this.#hear(line));
  }

  get era(): Era {
    return this.#speaker.era;
  }

  /**
   * From now on it speaks like that, and what it may not get is noted: in the older era after `initialize`, in the newer
   * one with a whole envelope in each request.
   */
  async greet(speaker: Speaker): Promise<void> {
    this.#speaker = speaker;
    if (this.#manners === undefined) {
      const violations: string[] = [];
      this.#manners = new ClientManners(violations);
      onTestFinished(() => expect(violations).toEqual([]));
    }
    if (speaker.era === "modern") return;
    const id = this.newId();
    const capabilities = JSON.stringify(speaker.capabilities ?? {});
    const params = `{"protocolVersion":"${revisionOf.legacy}","capabilities":${capabilities},"clientInfo":${this.#info}}`;
    this.send(`{"jsonrpc":"2.0","id":${id},"method":"initialize","params":${params}}`);
    await this.reply(id);
    this.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  }

  /** What it says of itself in each request of the newer era: members of `_meta`. */
  get envelope(): string {
    const { capabilities = {}, logLevel } = this.#speaker;
    return envelopeMembers({ capabilities: JSON.stringify(capabilities), info: this.#info, logLevel });
  }

  /** An id that it has not used. */
  newId(): number {
    return ++this.#lastId;
  }

  /** Sends one line. */
  send(line: string | Buffer): void {
    this.#manners?.said(line.toString());
    this.peer.send(line);
  }

  /** `meta`: further members of `_meta`; then the params have none of their own. */
  request(id: number | string, method: string, params = "{}", meta = ""): void {
    const members = [...(this.era === "modern" ? [this.envelope] : []), ...(meta === "" ? [] : [meta])].join(",");
    const whole = members === "" ? params : withMembers(params, `"_meta":{${members}}`);
    this.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${whole}}`);
  }

  /** `more`: further members of the params, each with a comma before it. */
  call(id: number | string, tool: string, args = "{}", more = "", meta = ""): void {
    this.request(id, "tools/call", `{"name":${JSON.stringify(tool)},"arguments":${args}${more}}`, meta);
  }

  callWithProgress(id: number | string, tool: string, token: number | string): void {
    const isModern = this.era === "modern";
    const meta = `"progressToken":${token}`;
    this.call(id, tool, "{}", isModern ? "" : `,"_meta":{${meta}}`, isModern ? meta : "");
  }

  cancel(id: number | string, more = ""): void {
    this.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}${more}}}`);
  }

  /** Opens a listen under `id`, and gives what is granted. */
  async listen(id: number | string, filter: Filter): Promise<Filter> {
    this.request(id, "subscriptions/listen", `{"notifications":${JSON.stringify(filter)}}`);
    const { json } = await this.onListen(id, "notifications/subscriptions/acknowledged");
    return json.params.notifications;
  }

  /** The next notification of `method` on the listen under `id`. */
  async onListen(id: number | string, method: string): Promise<Line> {
    const own: unknown = JSON.parse(`${id}`);
    const isIt = ({ text }: Line) =>
      text.includes(`"method":"${method}"`) && JSON.parse(text).params?._meta?.[metaName.subscriptionId] === own;
    return await this.peer.take(isIt, `${method} on the listen ${id}`);
  }

  /** The next reply under `id`, JSON as it stands. */
  reply(id: number | string): Promise<Line> {
    const head = `{"jsonrpc":"2.0","id":${id},`;
    const is = ({ text }: Line) =>
      (text.startsWith(head) && !text.startsWith(`${head}"method"`)) || (text.length < 100_000 && hasId(text, `${id}`));
    return this.peer.take(is, `a reply under the id ${String(id).slice(0, 80)}`);
  }

  /** The reply to a request that is sent now. */
  async ask(method: string, params = "{}", meta = ""): Promise<Line> {
    const id = this.newId();
    this.request(id, method, params, meta);
    return await this.reply(id);
  }

  /** The next question that came as a request, of `method` if that is given, and that it does not answer by itself. */
  async asked(method?: string): Promise<Asked> {
    const isIt = ({ text }: Line) => {
      if (!text.includes('"method"') || !text.includes('"id"')) return false;
      const json = JSON.parse(text);
      if (json.method === undefined || json.id === undefined || this.answering[json.method] !== undefined) return false;
      return method === undefined || json.method === method;
    };
    const line = await this.peer.take(isIt, `a request ${method ?? ""}`);
    const { id, method: asked, params } = line.json;
    return { id, line, method: asked, params, answer: (answer) => this.#answer(id, answer) };
  }

  /** The text of the next reply under `id`, which must be a failed result. */
  async failure(id: number | string): Promise<{ text: string; mark: unknown }> {
    const { result } = (await this.reply(id)).json;
    if (result?.isError !== true) throw new Error(`It did not fail: ${JSON.stringify(result)}`);
    return { text: result.content[0].text, mark: result._meta["tutti/error"] };
  }

  notification(method: string): Promise<Line> {
    return this.peer.take(({ text }) => text.includes(`"method":"${method}"`), method);
  }

  async tools(id: number | string): Promise<readonly string[]> {
    this.request(id, "tools/list");
    return namesIn(await this.reply(id));
  }

  /** Everything before it has been answered when this resolves, at least as far as tutti itself can. */
  async ping(): Promise<void> {
    // What the newer era answers at once is no more than an error, which does as well.
    if (this.era === "modern") await this.ask("ping");
    else {
      this.send('{"jsonrpc":"2.0","id":"ping","method":"ping"}');
      await this.reply('"ping"');
    }
  }

  /** How often `method` has been notified, taken or not. */
  count(method: string): number {
    return this.peer.lines.filter(({ text }) => text.includes(`"method":"${method}"`)).length;
  }

  /** Ends its side: nothing more is said. */
  leave(): void {
    this.peer.end();
  }

  /** Resolves when it has got `count` lines of `method`. */
  async counted(method: string, count: number): Promise<void> {
    await until(
      () => this.count(method) >= count,
      () => `${count} of ${method}; there are ${this.count(method)}`,
    );
  }

  get #info(): string {
    return JSON.stringify({ name: this.#speaker.name ?? "fake client", version: "0.1" });
  }

  #hear(line: Line): void {
    this.#manners?.hear(line);
    if (!line.text.includes('"method"') || Object.keys(this.answering).length === 0) return;
    const { id, method, params } = line.json;
    const own = id === undefined ? undefined : this.answering[method];
    if (own !== undefined) this.#answer(id, own(params));
  }

  #answer(id: number, answer: Answer): void {
    this.send(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  }
}

/** The names in the answer to a `tools/list`. */
export function namesIn({ json }: Line): readonly string[] {
  return json.result.tools.map(({ name }: { name: string }) => name);
}

function hasId(text: string, id: string): boolean {
  const message = JSON.parse(text);
  return !("method" in message) && "id" in message && JSON.stringify(message.id) === id;
}
