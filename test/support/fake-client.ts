import { type Line, Peer, type Streams } from "./peer.ts";

/** A client that says exactly what it is told. Ids, names and arguments are JSON as it stands. */
export class FakeClient {
  readonly peer: Peer;
  readonly streams: Streams;

  constructor(streams: Streams) {
    this.streams = streams;
    this.peer = new Peer(streams);
  }

  /** Sends one line. */
  send(line: string | Buffer): void {
    this.peer.send(line);
  }

  request(id: number | string, method: string, params = "{}"): void {
    this.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
  }

  /** `more`: further members of the params, each with a comma before it. */
  call(id: number | string, tool: string, args = "{}", more = ""): void {
    this.request(id, "tools/call", `{"name":${JSON.stringify(tool)},"arguments":${args}${more}}`);
  }

  callWithProgress(id: number | string, tool: string, token: number | string): void {
    this.call(id, tool, "{}", `,"_meta":{"progressToken":${token}}`);
  }

  cancel(id: number | string, more = ""): void {
    this.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}${more}}}`);
  }

  /** The next reply under `id`, JSON as it stands. */
  reply(id: number | string): Promise<Line> {
    const head = `{"jsonrpc":"2.0","id":${id},`;
    const is = ({ text }: Line) => text.startsWith(head) || (text.length < 100_000 && hasId(text, `${id}`));
    return this.peer.take(is, `a reply under the id ${String(id).slice(0, 80)}`);
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
    this.send('{"jsonrpc":"2.0","id":"ping","method":"ping"}');
    await this.reply('"ping"');
  }

  /** How often `method` has been notified, taken or not. */
  count(method: string): number {
    return this.peer.lines.filter(({ text }) => text.includes(`"method":"${method}"`)).length;
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
