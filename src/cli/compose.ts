import type { ServerConfig } from "../config/config.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Identity } from "../downstream/handshake.ts";
import { Relay } from "../relay/relay.ts";
import type { Machine, Member } from "./machine.ts";
import { ownMetaTools } from "./meta-tools.ts";

/** A whole tutti without a client: the relay and its servers. */
export type Tutti = {
  readonly relay: Relay;
  readonly members: readonly Member[];
  /** In the order of the configuration, without the disabled ones. */
  readonly downstreams: readonly Downstream[];
  /** Starts all servers at once. Resolves when each is ready or has failed; never rejects. */
  readonly start: () => Promise<void>;
  /** Ends all that are its own at once; resolves when nothing of them is left. */
  readonly stop: () => Promise<void>;
  /** The same at once and synchronously. */
  readonly kill: () => void;
};

export type ComposeOptions = {
  /** For whom servers are started. */
  readonly who: () => Promise<Identity>;
  /** Whether other relays may use these servers too. */
  readonly isShared?: boolean;
  /** The server of another relay that is used instead of one of its own. */
  readonly reuse?: (server: ServerConfig) => Member | undefined;
  /** As `RelayOptions.settled`. */
  readonly settled?: () => void;
};

/** Builds a relay and its servers; starts nothing yet. */
export function compose(machine: Machine, { who, isShared = false, reuse, settled }: ComposeOptions): Tutti {
  const { config, system, events, users, held, redact, pins } = machine;
  const own: Member[] = [];
  const members = config.servers
    .filter(({ disabled }) => !disabled)
    .map((server) => {
      const reused = reuse?.(server);
      if (reused !== undefined) return reused;
      const member = machine.member(server, who, isShared);
      own.push(member);
      return member;
    });
  const downstreams = members.map(({ downstream }) => downstream);
  const metaTools = ownMetaTools(config, system);
  const relay = new Relay({
    config,
    downstreams,
    clock: system.clock,
    events,
    sealKey: system.random(32),
    metaTools,
    users,
    held,
    redact,
    pins,
    ...(settled && { settled }),
  });
  for (const { relays, downstream } of members) {
    relays.add(relay);
    relay.update(downstream);
  }
  return {
    relay,
    members,
    downstreams,
    start: () => relay.start(who),
    stop: async () => {
      relay.answerLists();
      await Promise.all(own.map(({ downstream }) => downstream.stop()));
      for (const { relays } of members) relays.delete(relay);
    },
    kill: () => {
      for (const { downstream } of own) downstream.kill();
    },
  };
}
