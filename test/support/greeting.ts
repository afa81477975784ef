import { Connection } from "../../src/downstream/connection.ts";
import { Deadlines } from "../../src/downstream/deadlines.ts";
import { type Era, type Greeting, greet, type Identity } from "../../src/downstream/handshake.ts";
import { OwnRequests } from "../../src/downstream/own-requests.ts";
import { openLineLink } from "../../src/transport/line-link.ts";
import { type FakeClock, fakeClock } from "./clock.ts";
import { type Line, Peer, pipe, type Streams } from "./peer.ts";
import { quiet } from "./turns.ts";

type Reply = string | undefined;

/**
 * Members of a reply beside its id, by method; of a list, one for each request. `"leave"`: its output ends; undefined:
 * no answer.
 */
export type Answers = Readonly<Record<string, Reply | readonly Reply[]>>;

/** Who tutti says that it is. */
export const ours = '{"name":"tutti","version":"1.2.3"}';
export const ada: Identity = { capabilities: '{"elicitation":{}}', info: '{"name":"ada","version":"7"}' };
export const initialized = "notifications/initialized undefined";

/** What a server says of itself that was greeted in either way. */
export const legacyGreeting: Greeting = {
  era: "legacy",
  protocolVersion: "2025-11-25",
  serverInfo: { name: "fake", version: "1" },
  capabilities: { tools: {} },
  instructions: "Be kind.",
};
export const modernGreeting: Greeting = { ...legacyGreeting, era: "modern", protocolVersion: "2026-07-28" };

/** What it is told, but for ids. */
export const probe = `server/discover {"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":${ours}}}`;
export const opening = `initialize {"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":${ada.info}}`;

const about = '"capabilities":{"tools":{}},"instructions":"Be kind."';
const serverInfo = '{"name":"fake","version":"1"}';

export function legacyResult({ revision = "2025-11-25", more = "" } = {}): string {
  return `"result":{"protocolVersion":"${revision}",${about},"serverInfo":${serverInfo}${more}}`;
}

export function modernResult({ versions = '["2026-07-28"]', more = "" } = {}): string {
  const meta = `{"io.modelcontextprotocol/serverInfo":${serverInfo}}`;
  return `"result":{"resultType":"complete","supportedVersions":${versions},${about},"ttlMs":0,"cacheScope":"private","_meta":${meta}${more}}`;
}

/** A refusal; `data`: JSON. */
export function refusal(code: number, data?: string): string {
  return `"error":{"code":${code},"message":"no\\nno"${data === undefined ? "" : `,"data":${data}`}}`;
}

type Greeted = {
  readonly outcome: Promise<Greeting>;
  readonly server: ScriptedServer;
  /** What it was told when nothing moves any more: methods and params. */
  readonly heard: () => Promise<readonly string[]>;
  readonly clock: FakeClock;
  readonly connection: Connection;
  /** What came and belonged to no request. */
  readonly dropped: readonly string[];
};

/** Greets, over real bytes, a server that answers so, or one that speaks by itself over the streams it gets. */
export function greeting(
  behaviour: Answers | ((streams: Streams) => void),
  options: {
    readonly known?: Era | undefined;
    readonly who?: () => Promise<Identity>;
    readonly limitMs?: number;
  } = {},
): Greeted {
  const { known, who = async () => ada, limitMs = 30_000 } = options;
  const clock = fakeClock();
  const dropped: string[] = [];
  const { ours, theirs } = pipe();
  const server = new ScriptedServer(typeof behaviour === "function" ? {} : behaviour);
  if (typeof behaviour === "function") behaviour(theirs);
  else server.connect(theirs);
  const connection = new Connection(
    {
      heard: () => {},
      notification: () => {},
      request: () => {},
      strayLine: () => {},
      renewed: () => {},
      dropped: (what) => void dropped.push(what),
      closed: () => {},
      defect: (cause) => {
        throw cause;
      },
    },
    { clock },
  );
  const deadlines = new Deadlines(
    clock,
    () => connection.waiters(),
    (cause) => {
      throw cause;
    },
  );
  const opened = connection.open(async (events) => {
    const link = openLineLink(ours, { maxMessageBytes: 32 * 1024 * 1024, maxDepth: 512 }, clock, events);
    return { ...link, kill: () => link.end(), stop: async () => link.end() };
  });
  const outcome = opened.then(() => greet(new OwnRequests(connection, deadlines, clock), who, "1.2.3", known, limitMs));
  outcome.catch(() => {}); // The test looks at it when it is time.
  return {
    outcome,
    server,
    heard: async () => {
      await quiet();
      return server.heard;
    },
    clock,
    connection,
    dropped,
  };
}

/** A client that is there only when `arrive` is called. */
export function lateClient(): { readonly who: () => Promise<Identity>; readonly arrive: () => void } {
  let arrive = () => {};
  const arrival = new Promise<Identity>((resolve) => {
    arrive = () => resolve(ada);
  });
  return { who: () => arrival, arrive };
}

class ScriptedServer {
  readonly #answers: Answers;
  readonly #ids = new Map<string, number>();
  #peer: Peer | undefined;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  connect(streams: Streams): void {
    this.#peer = new Peer(streams, (line) => this.#hear(line));
  }

  get heard(): readonly string[] {
    return (this.#peer?.lines ?? [])
      .map(({ text }) => /"method":"([^"]*)"(?:,"params":(.*))?\}$/.exec(text) ?? [])
      .map(([, method, params]) => `${method} ${params}`);
  }

  /** Answers the last request of this method. */
  answer(method: string, members: string): void {
    this.#peer?.send(`{"jsonrpc":"2.0","id":${this.#ids.get(method)},${members}}`);
  }

  /** Its output ends. */
  leave(): void {
    this.#peer?.end();
  }

  #count(method: string): number {
    return this.heard.filter((line) => line.startsWith(`${method} `)).length;
  }

  #hear({ json: { id, method } }: Line): void {
    if (id === undefined) return;
    this.#ids.set(method, id);
    const answer = this.#answers[method];
    const members = typeof answer === "object" ? answer[this.#count(method) - 1] : answer;
    if (members === "leave") this.leave();
    else if (members !== undefined) this.answer(method, members);
  }
}
