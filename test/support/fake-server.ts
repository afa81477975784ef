import { type Line, Peer, type Streams } from "./peer.ts";
import { until } from "./turns.ts";

/** What a fake server is. It greets and lists by itself; calls wait for the test. */
export type ServerScript = {
  /** Names of tools, or whole definitions: objects, or JSON as it stands. */
  readonly tools?: readonly (string | object)[];
  readonly revision?: string;
  /** Opens its link only when `open` is called. */
  readonly isHeld?: boolean;
  /** Its link cannot be opened, for this reason. */
  readonly fails?: string;
  /**
   * What it does instead of the usual for requests of these methods: the members of its reply beside the id, as
   * `"result":{}`; undefined: no reply.
   */
  readonly answers?: Readonly<Record<string, (request: Line, server: FakeServer) => string | undefined>>;
};

/** A server that speaks the protocol over bytes. */
export class FakeServer {
  /** Calls that have come, in order. */
  readonly calls: FakeCall[] = [];
  peer: Peer | undefined;
  readonly #script: ServerScript;
  readonly #taken = new Set<FakeCall>();
  #tools: readonly (string | object)[];
  #open = () => {};
  readonly whenOpen: Promise<void>;

  constructor(script: ServerScript) {
    this.#script = script;
    this.#tools = script.tools ?? [];
    this.whenOpen = new Promise((resolve) => {
      this.#open = resolve;
    });
    if (!script.isHeld) this.#open();
  }

  open(): void {
    this.#open();
  }

  /** Called when its link is there. */
  connect(streams: Streams): void {
    this.peer = new Peer(streams, (line) => this.#receive(line));
  }

  /** Sends one line. */
  send(line: string | Buffer): void {
    this.#connected.send(line);
  }

  /** All lines it has got, as text. */
  get heard(): readonly string[] {
    return this.#connected.lines.map(({ text }) => text);
  }

  /** The first call not taken yet, of `tool` if that is given. */
  async call(tool?: string): Promise<FakeCall> {
    const isIt = (one: FakeCall) => !this.#taken.has(one) && (tool === undefined || one.tool === tool);
    const call = await until(
      () => this.calls.find(isIt),
      () => `a call of ${tool ?? "any tool"}`,
    );
    this.#taken.add(call);
    return call;
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

  /** It has other tools from now on, and says so. */
  changeTools(tools: readonly (string | object)[]): void {
    this.#tools = tools;
    this.send('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
  }

  /** Its output ends, as when its process does. */
  crash(): void {
    this.#connected.end();
  }

  get #connected(): Peer {
    if (this.peer === undefined) throw new Error("its link is not open yet");
    return this.peer;
  }

  #receive(line: Line): void {
    const method = /"method":"([^"]*)"/.exec(line.text.slice(0, 200))?.[1];
    const id = /"id":(\d+)/.exec(line.text.slice(0, 200))?.[1];
    const other = this.#script.answers?.[method ?? ""];
    if (other !== undefined) {
      const members = other(line, this);
      if (members !== undefined) this.send(`{"jsonrpc":"2.0","id":${id},${members}}`);
    } else if (method === "initialize") {
      const about = '"capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"fake","version":"1"}';
      this.send(reply(id, `{"protocolVersion":"${this.#script.revision ?? "2025-11-25"}",${about}}`));
    } else if (method === "tools/list") {
      this.send(reply(id, `{"tools":[${this.#tools.map(definition).join(",")}]}`));
    } else if (line.text.includes('"tools/call"')) this.calls.push(callIn(this, line));
  }
}

/** One call as the server got it. */
export type FakeCall = {
  readonly line: Line;
  /** As it stands. */
  readonly id: string;
  readonly tool: string;
  /** `json`: the result as it stands. */
  readonly result: (json?: string) => void;
  readonly error: (json: string) => void;
  /** `more`: members beside the token, each with a comma before it. */
  readonly progress: (more: string) => void;
};

function callIn(server: FakeServer, line: Line): FakeCall {
  const { id, params } = line.json;
  return {
    line,
    id: String(id),
    tool: params.name,
    result: (json = '{"content":[]}') => server.send(reply(id, json)),
    error: (json) => server.send(`{"jsonrpc":"2.0","id":${id},"error":${json}}`),
    progress: (more) => {
      const token = JSON.stringify(params._meta.progressToken);
      server.send(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token}${more}}}`);
    },
  };
}

function reply(id: unknown, result: string): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
}

/** A tool's definition as it stands: of its name, an object, or already one. */
export function definition(tool: string | object): string {
  if (typeof tool === "object") return JSON.stringify(tool);
  return tool.startsWith("{") ? tool : `{"name":${JSON.stringify(tool)},"inputSchema":{"type":"object"}}`;
}
