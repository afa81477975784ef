import { clientsOverLines, serverOverLines } from "./carriers.ts";
import { clientsOverHttp, serverOverHttp, serverOverSse } from "./http-carriers.ts";
import { isOnItsWay, watchSockets } from "./http-transit.ts";
import type { Carriers } from "./stage.ts";
import { waitAlsoFor } from "./turns.ts";

/** By what clients reach tutti, and tutti its servers. */
export type Way = { readonly clients: "stdio" | "http"; readonly servers: "stdio" | "http" | "sse" };

/** Says for a run of tests how they connect: `clients-servers`. */
export const wayVariable = "TUTTI_CONTRACT_WAY";

/** How the tests of this run connect. */
export const way = readWay(process.env[wayVariable] ?? "stdio-stdio");

const serverCarriers = { stdio: serverOverLines, http: serverOverHttp, sse: serverOverSse };

/** What carries the messages of this run. Servers of an era that does not have the transport are reached over lines. */
export const carriers: Carriers = {
  clients: way.clients === "http" ? clientsOverHttp : clientsOverLines,
  servers: ({ era }) => serverCarriers[way.servers === "sse" && era === "modern" ? "stdio" : way.servers],
};

if (way.clients !== "stdio" || way.servers !== "stdio") {
  watchSockets();
  waitAlsoFor(isOnItsWay);
}

function readWay(text: string): Way {
  const [, clients, servers] = /^(stdio|http)-(stdio|http|sse)$/.exec(text) ?? [];
  if (clients === undefined || servers === undefined) throw new Error(`${wayVariable}: ${text} is no way`);
  return { clients, servers } as Way;
}
