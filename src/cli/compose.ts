import type { ServerConfig } from "../config/config.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Identity } from "../downstream/handshake.ts";
import { Relay } from "../relay/relay.ts";
import { startsUnasked } from "../relay/startup.ts";
import type { Machine, Member } from "./machine.ts";
import { ownMetaTools } from "./meta-tools.ts";

/** A whole tutti without a client: the relay and its servers. */
export type Tutti = {
  readonly relay: Relay;
  /** Those that are used now. */
  readonly members: readonly Member[];
  /** In the order of the configuration, without the disabled ones. */
  readonly downstreams: readonly Downstream[];
  /** Starts all servers at once. Resolves when each is ready or has failed; never rejects. */
  readonly start: () => Promise<void>;
  /**
   * Starts those of these servers (in order) that it does not have yet, beside those that it has; a server is the same where
   * its configuration is the same object. `reuse` as in `ComposeOptions`.
   */
  readonly prepare: (servers: readonly ServerConfig[], reuse?: ComposeOptions["reuse"]) => Change;
  /** Ends all that are its own at once; resolves when nothing of them is left. */
  readonly stop: () => Promise<void>;
  /** The same at once and synchronously. */
  readonly kill: () => void;
};

/** A change of servers under way. */
export type Change = {
  /** As they are after it. */
  readonly members: readonly Member[];
  /** Resolves when each that is new is ready or has failed; never rejects. */
  readonly started: Promise<unknown>;
  /**
   * From now on these are used. Those that are used no more finish what runs there, and end; resolves when nothing of them is
   * left.
   */
  readonly swap: () => Promise<unknown>;
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
  const own = new Set<Member>();
  const memberOf = (server: ServerConfig, reused: Member | undefined): Member => {
    if (reused !== undefined) return reused;
    const member = machine.member(server, who, isShared);
    own.add(member);
    return member;
  };
  let members: readonly Member[] = config.servers
    .filter(({ disabled }) => !disabled)
    .map((server) => memberOf(server, reuse?.(server)));
  const metaTools = ownMetaTools(config, system);
  const relay = new Relay({
    config,
    downstreams: members.map(({ downstream }) => downstream),
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
  /** Those that the relay hears of. */
  const heard = new Set<Member>();
  const hear = (member: Member): void => {
    heard.add(member);
    member.relays.add(relay);
  };
  for (const member of members) {
    hear(member);
    relay.update(member.downstream);
  }
  const leave = async (member: Member): Promise<void> => {
    await member.leave();
    relay.left(member.downstream);
    member.relays.delete(relay);
    heard.delete(member);
    own.delete(member);
  };
  return {
    relay,
    get members() {
      return members;
    },
    get downstreams() {
      return members.map(({ downstream }) => downstream);
    },
    start: () => relay.start(who),
    prepare: (servers, reuseNow) => {
      const known = new Map(members.map((one) => [one.downstream.config, one]));
      const next = servers.map((server) => known.get(server) ?? memberOf(server, reuseNow?.(server)));
      const fresh = next.filter((one) => !members.includes(one));
      for (const member of fresh) hear(member);
      const eager = fresh.filter((one) => own.has(one) && startsUnasked(config, one.downstream));
      return {
        members: next,
        started: Promise.all(eager.map(({ downstream }) => downstream.start())),
        swap: () => {
          const gone = members.filter((one) => !next.includes(one));
          members = next;
          relay.replace(next.map(({ downstream }) => downstream));
          return Promise.all(gone.map(leave));
        },
      };
    },
    stop: async () => {
      relay.answerLists();
      await Promise.all([...own].map((member) => member.stop()));
      for (const { relays } of heard) relays.delete(relay);
    },
    kill: () => {
      for (const { downstream } of own) downstream.kill();
    },
  };
}
