import { Client } from "../../src/client/client.ts";
import type { Origin } from "../../src/client/handshake.ts";
import { openLineLink } from "../../src/transport/line-link.ts";
import { slot } from "../../src/wire/members.ts";
import type { Message } from "../../src/wire/message.ts";
import { fakeClock } from "../support/clock.ts";
import { Peer, pipe } from "../support/peer.ts";
import { quiet } from "../support/turns.ts";

/** A request as it was handed to whoever answers. */
export type Handed = { readonly method: string; readonly message: Message; readonly origin: Origin };

export type Connected = {
  readonly ours: Client;
  readonly peer: Peer;
  /** Sends lines, and resolves to what has come back for all of them. */
  readonly say: (...lines: readonly (string | Buffer)[]) => Promise<readonly string[]>;
  /** Somebody answers from now on: keeps what it is handed, and sends nothing. */
  readonly serve: (instructions?: string) => void;
  /** What was handed over: requests with their origin, and everything in order as `method id`. */
  readonly handed: Handed[];
  readonly heard: string[];
};

/** Tutti's side of a client for which nobody answers yet, and the client's end as bytes. */
export function connect(limits = { maxMessageBytes: 4096, maxDepth: 16 }, firstInstructions = ""): Connected {
  const { ours: streams, theirs } = pipe();
  const peer = new Peer(theirs);
  const link = openLineLink(streams, limits, fakeClock(), {
    message: (message) => ours.receive(message),
    badLine: (line) => ours.receiveBadLine(line),
    closed: () => ours.closed(),
    defect: (cause) => {
      throw cause;
    },
  });
  const ours = new Client(link, "1.2.3", () => firstInstructions);
  const handed: Handed[] = [];
  const heard: string[] = [];
  return {
    ours,
    peer,
    say: async (...lines) => {
      const before = peer.lines.length;
      for (const line of lines) peer.send(line);
      await quiet();
      return peer.lines.slice(before).map(({ text }) => text);
    },
    serve: (instructions = "") =>
      ours.serve({
        request: (method, message, client, origin) => {
          if (client !== ours) throw new Error("another client");
          handed.push({ method, message, origin });
          heard.push(`${method} ${message.raw(slot.id)}`);
        },
        notification: (method) => void heard.push(method),
        withdrawn: () => false,
        about: () => ({ instructions, extensions: "" }),
        closed: () => void heard.push("closed"),
      }),
    handed,
    heard,
  };
}

/** Everything that comes back for one line. */
export async function answersTo(line: string | Buffer): Promise<readonly string[]> {
  return await connect().say(line);
}

export function request(id: number | string, method: string, params = "{}"): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
}

/** What a request says of its client, each as JSON; undefined: nothing. */
export type Said = {
  readonly version?: string | undefined;
  readonly capabilities?: string | undefined;
  readonly info?: string | undefined;
  readonly logLevel?: string | undefined;
};

/** Params with an envelope in their `_meta`; `more` is further members of the params, each with a comma before it. */
export function enveloped(said: Said = {}, more = ""): string {
  const { version, capabilities, info, logLevel } = { version: '"2026-07-28"', capabilities: "{}", ...said };
  const members = Object.entries({
    protocolVersion: version,
    clientCapabilities: capabilities,
    clientInfo: info,
    logLevel,
  }).flatMap(([name, json]) => (json === undefined ? [] : [`"io.modelcontextprotocol/${name}":${json}`]));
  return `{"_meta":{${members.join(",")}}${more}}`;
}
