import { afterAll } from "vitest";
import type { Cell } from "../requirements/requirement.ts";
import { way } from "../requirements/ways.ts";
import { clientsOverLines, serverOverLines } from "./carriers.ts";
import { clientsOverHttp, serverOverHttp, serverOverSse } from "./http-carriers.ts";
import { isOnItsWay, watchSockets } from "./http-transit.ts";
import type { Carriers } from "./stage.ts";
import { waitAlsoFor } from "./turns.ts";

const serverCarriers = { stdio: serverOverLines, http: serverOverHttp, sse: serverOverSse };

/** What carries the messages of this run. Servers of an era that does not have the transport are reached over lines. */
export const carriers: Carriers = {
  clients: way.clients === "http" ? clientsOverHttp : clientsOverLines,
  servers: ({ era }) => serverCarriers[way.servers === "sse" && era === "modern" ? "stdio" : way.servers],
};

if (way.clients !== "stdio" || way.servers !== "stdio") watch();

/** In the tests of this file what is in sockets is waited for where nothing is to move any more. */
export function watchTransit(): void {
  watch();
  afterAll(() => waitAlsoFor(() => false));
}

function watch(): void {
  watchSockets();
  waitAlsoFor(isOnItsWay);
}

/** Whether a server learns why a client takes a request back: over HTTP the newer era closes a stream, which says nothing. */
export function saysWhy(cell: Cell): boolean {
  const isClosed = (era: string | undefined, side: string) => era === "M" && side === "http";
  return !isClosed(cell[0], way.clients) && !isClosed(cell[1], way.servers);
}
