import { randomBytes } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import { HttpClients } from "../../src/client/http-clients.ts";
import { systemListener } from "../../src/ports/listener.ts";
import { openHttpClient } from "../../src/transport/http-client.ts";
import { type HttpRequest, serveHttp } from "../../src/transport/http-server.ts";
import { openSseClient } from "../../src/transport/sse-client.ts";
import type { ClientCarrier, ServerCarrier } from "./carriers.ts";
import { FakeClient } from "./fake-client.ts";
import type { FakeServer } from "./fake-server.ts";
import { HttpClientFront, markHeader } from "./http-client-front.ts";
import { type Front, type FrontOptions, streamableFront } from "./http-server-front.ts";
import { sseFront } from "./http-sse-front.ts";
import { network } from "./outbound.ts";
import { pipe } from "./peer.ts";
import { moved } from "./turns.ts";

/** Each client of a test has a token of its own, by which it is told apart. */
const tokens = Array.from({ length: 16 }, (_, index) => `the-token-of-client-${index}-and-of-no-other`);

/** Streamable HTTP of both eras, with all that tutti really serves it with. */
export const clientsOverHttp: ClientCarrier = async ({ limits, clock, version, defect, arrived }) => {
  const clients = new HttpClients({
    version,
    limits,
    clock,
    random: randomBytes,
    firstInstructions: () => "",
    defect,
    arrived,
  });
  const arrivals = new Map<string, () => void>();
  const accept = (request: HttpRequest): void => {
    moved();
    clients.accept(request);
    const mark = request.header(markHeader) as string;
    arrivals.get(mark)?.();
    arrivals.delete(mark);
  };
  const bounds = {
    host: "127.0.0.1",
    port: 0,
    tokens,
    hosts: [],
    origins: [],
    limits: { maxBodyBytes: limits.maxMessageBytes },
  };
  const server = await serveHttp(
    { ...bounds, accept, defect, isReady: () => true },
    { listener: systemListener, clock },
  );
  const violations: string[] = [];
  onTestFinished(async () => {
    clients.stop();
    await server.stop();
    expect(violations).toEqual([]);
  });
  const url = new URL(`http://127.0.0.1:${server.port}/mcp`);
  let connected = 0;
  return () => {
    const { ours, theirs } = pipe();
    const token = tokens[connected++] as string;
    new HttpClientFront({
      url,
      token,
      streams: ours,
      note: (what) => void violations.push(what),
      arrived: (mark) => new Promise((resolve) => void arrivals.set(mark, resolve)),
    });
    return new FakeClient(theirs, { url, headers: { authorization: `Bearer ${token}` } });
  };
};

/** Streamable HTTP in the manner of the server's era. */
export const serverOverHttp: ServerCarrier = async (server, { serves }, { limits, clock, events }) => {
  const url = await (serves?.("http") ?? fronted(server, streamableFront));
  const link = openHttpClient(
    { url, headers: {}, paramHeaders: () => [] },
    { limits },
    { outbound: network(), clock },
    events,
  );
  onTestFinished(link.kill);
  return link;
};

/** The transport before that, which only servers of the older era have; those without answers of their own are found out. */
export const serverOverSse: ServerCarrier = async (server, { serves, answers }, { limits, clock, events }) => {
  const isKnown = serves !== undefined || answers !== undefined;
  const url = await (serves?.("sse") ?? fronted(server, sseFront));
  const remote = { url, headers: {}, paramHeaders: () => [] };
  const surroundings = { outbound: network(), clock };
  const link = isKnown
    ? await openSseClient(remote, { limits }, surroundings, events)
    : openHttpClient(remote, { limits }, surroundings, events);
  onTestFinished(link.kill);
  return link;
};

async function fronted(server: FakeServer, open: (options: FrontOptions) => Promise<Front>): Promise<URL> {
  const { ours, theirs } = pipe();
  const { url } = await open({
    era: server.era,
    streams: ours,
    note: (what) => server.note(what),
    forgets: (forget) => {
      server.onForget = forget;
    },
    askedIn: (question) => server.askedIn(question),
  });
  server.connect(theirs);
  return url;
}
