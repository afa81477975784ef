import type { Cell } from "../requirements/requirement.ts";
import { Conversation } from "./conversation.ts";
import type { Era } from "./envelope.ts";
import type { FakeClient, Speaker } from "./fake-client.ts";
import { type OnStage, type Stage, type StageOptions, stage } from "./stage.ts";
import { quiet, until } from "./turns.ts";
import { carriers } from "./ways.ts";

/** What carries the messages between a client and tutti, and between tutti and its servers. */
export type Connect = <const N extends string>(options: StageOptions<N>) => Promise<Stage<N>>;

/** By what the tests of this run connect. */
export const connected: Connect = (options) => stage({ ...options, carriers });

export type SettingOptions = Omit<StageOptions<never>, "servers" | "isReady"> & {
  /** Who the client is, beside its era. */
  readonly client?: Omit<Speaker, "era">;
  readonly connect?: Connect;
};

/** A cell in the flesh: a client of its era that has greeted, and servers of its other era, ready unless they are held. */
export type Setting<N extends string> = Stage<N> & {
  /** Connects and greets one more client like the first. */
  readonly join: (speaker?: Omit<Speaker, "era">) => Promise<FakeClient>;
  /** Begins a call of a tool. `meta`: members of `_meta` as they stand. */
  readonly begin: (tool: string, args?: object, meta?: string, client?: FakeClient) => Conversation;
  /** Begins a request of any method; `params` as they stand. */
  readonly send: (method: string, params: string, meta?: string, client?: FakeClient) => Conversation;
  /** Lets pass what tutti takes to tell several changes as one. */
  readonly settle: () => Promise<void>;
};

const eras: Readonly<Record<string, Era>> = { L: "legacy", M: "modern" };

export function clientEra(cell: Cell): Era {
  return eras[cell[0] as string] as Era;
}

export function serverEra(cell: Cell): Era {
  return eras[cell[1] as string] as Era;
}

export async function open<const N extends string>(
  cell: Cell,
  servers: Readonly<Record<N, OnStage>>,
  { client: speaker, connect = connected, ...options }: SettingOptions = {},
): Promise<Setting<N>> {
  const era = serverEra(cell);
  const scripts = Object.entries<OnStage>(servers).map(([name, script]) => [name, { era, ...script }]);
  const whole = {
    ...options,
    servers: Object.fromEntries(scripts) as Record<N, OnStage>,
    isReady: false,
    waitsForClient: true,
  };
  const on = await connect<N>(whole);
  const { client, clock, downstreams } = on;
  await client.greet({ ...speaker, era: clientEra(cell) });
  // The first request of a client may be what tells who it is, and servers that greet wait for that.
  const listed = client.ask("tools/list").catch(() => {}); // It waits for servers that are held.
  const isHeld = (name: string) => servers[name as N].isHeld === true;
  const names = Object.keys(servers) as N[];
  await until(
    () => names.every((name) => isHeld(name) || downstreams[name].state.kind !== "starting"),
    () => "that all servers are ready",
  );
  if (!names.some(isHeld)) await listed;
  await quiet();
  const send: Setting<N>["send"] = (method, params, meta = "", from = client) =>
    new Conversation(from, { method, params, meta }, () => clock.advance(10));
  return {
    ...on,
    join: async (other = {}) => {
      const joined = on.openClient();
      await joined.greet({ ...speaker, ...other, era: clientEra(cell) });
      if (clientEra(cell) === "modern") await joined.ask("tools/list");
      return joined;
    },
    begin: (tool, args = {}, meta = "", from = client) =>
      send("tools/call", JSON.stringify({ name: tool, arguments: args }), meta, from),
    send,
    settle: () => clock.advance(5000),
  };
}

/** Lets time pass until `server` has it: what one side is told reaches the other by and by. */
export async function eventually<N extends string>(
  { clock }: Pick<Setting<N>, "clock">,
  isSo: () => boolean,
  what: string,
): Promise<void> {
  for (let waited = 0; waited < 20 && !isSo(); waited++) await clock.advance(100);
  if (!isSo()) throw new Error(`This never came: ${what}`);
}
