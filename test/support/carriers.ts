import { Client } from "../../src/client/client.ts";
import { openLineLink } from "../../src/transport/line-link.ts";
import type { LinkEvents, OwnLink } from "../../src/transport/link.ts";
import type { MessageLimits } from "../../src/wire/lines.ts";
import type { FakeClock } from "./clock.ts";
import { FakeClient } from "./fake-client.ts";
import type { FakeServer } from "./fake-server.ts";
import { pipe, type Streams } from "./peer.ts";
import type { OnStage } from "./stage.ts";

/** Tutti towards its clients. */
export type ClientSide = {
  readonly limits: MessageLimits;
  readonly clock: FakeClock;
  readonly version: string;
  readonly defect: (cause: unknown) => void;
  /** Called with each client before anything that it says is passed on. */
  readonly arrived: (client: Client) => void;
  /** Tutti's own ends of streams are told here. */
  readonly holds: (streams: Streams) => void;
  /** Bytes that a pipe to a client holds before it is full. */
  readonly clientHolds: number | undefined;
};

/** Tutti towards one server. */
export type ServerSide = {
  readonly limits: MessageLimits;
  readonly clock: FakeClock;
  readonly events: LinkEvents;
  readonly holds: (streams: Streams) => void;
};

/** How clients connect: what connects one more. */
export type ClientCarrier = (tutti: ClientSide) => Promise<() => FakeClient>;

/** How tutti reaches a server that is there. */
export type ServerCarrier = (server: FakeServer, script: OnStage, tutti: ServerSide) => Promise<OwnLink>;

/** Lines on a stream each way, as over stdio. */
export const clientsOverLines: ClientCarrier = async ({
  limits,
  clock,
  version,
  defect,
  arrived,
  holds,
  clientHolds,
}) => {
  return () => {
    const { ours, theirs } = pipe(clientHolds);
    holds(ours);
    const link = openLineLink(ours, limits, clock, {
      message: (message) => client.receive(message),
      badLine: (line) => client.receiveBadLine(line),
      closed: () => client.closed(),
      defect,
    });
    const client: Client = new Client(link, version, () => "");
    arrived(client);
    return new FakeClient(theirs);
  };
};

/** Lines on a stream each way, as over stdio. */
export const serverOverLines: ServerCarrier = async (server, { isSlowToStop }, { limits, clock, events, holds }) => {
  const { ours, theirs } = pipe();
  holds(ours);
  server.connect(theirs);
  const link = openLineLink(ours, limits, clock, events);
  const kill = () => {
    link.end();
    ours.input.destroy();
  };
  return { ...link, kill, stop: async () => (isSlowToStop ? link.end() : kill()) };
};
