import { approval, type Change } from "../catalog/pins.ts";
import type { Config } from "../config/config.ts";
import { stateFolder } from "../config/state-folder.ts";
import type { Events } from "../events.ts";
import type { System } from "../ports/system.ts";
import { createPins, type Pins, pinsPath } from "../relay/pins.ts";
import type { Member } from "./machine.ts";

/** More names do not help in a line of the log. */
const mostNames = 8;

/** The pins of all servers of a run. */
export type Pinning = {
  /** Undefined where nothing is compared, and for servers that are not in the configuration. */
  readonly of: (server: string) => Pins | undefined;
  /** Has the relays of a member hear when something is withheld no more. */
  readonly watch: (member: Member) => void;
};

export function createPinning(options: {
  readonly config: Config;
  readonly system: System;
  readonly events: Events;
  readonly redact: (text: string) => string;
}): Pinning {
  const { config, system, events, redact } = options;
  const { clock, stateFiles: files } = system;
  const known = new Map<string, Pins | undefined>();
  const members = new Set<Member>();
  const release = (name: string): void => {
    for (const { downstream, relays } of members) {
      if (downstream.name === name) for (const relay of relays) relay.update(downstream);
    }
  };
  const create = (name: string): Pins | undefined => {
    const server = config.servers.find((one) => one.name === name);
    const mode = server?.pins ?? config.pins;
    if (server === undefined || mode === "off") return undefined;
    return createPins({
      server,
      mode,
      path: pinsPath(stateFolder(system), name),
      files,
      clock,
      redact,
      isUsed: () => [...members].some(({ downstream, relays }) => downstream.name === name && relays.size > 0),
      changed: (changes) => {
        const became = mode === "warn" ? "passed on as it is now" : "withheld";
        const text = `${summary(changes)}: ${became}. tutti check shows it, ${approval(name)} accepts it`;
        events.publish("definitionsChanged", { server: name, text });
      },
      released: () => release(name),
      notice: (text, topic) => events.publish("oddity", { server: name, text, topic }),
    });
  };
  return {
    of: (name) => {
      if (!known.has(name)) known.set(name, create(name));
      return known.get(name);
    },
    watch: (member) => {
      for (const one of members) {
        if (one.relays.size === 0 && one.downstream.state.kind === "down") members.delete(one);
      }
      members.add(member);
    },
  };
}

const words = {
  changed: "not what it was when first seen",
  new: "new since it was first seen",
  gone: "offered no more",
};

function summary(changes: readonly Change[]): string {
  const parts = (Object.keys(words) as Change["what"][]).flatMap((what) => {
    const names = changes.filter((one) => one.what === what).map(({ kind, name }) => `${kind} ${name}`.trim());
    const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
    return names.length === 0 ? [] : [`${names.slice(0, mostNames).join(", ")}${more}: ${words[what]}`];
  });
  return parts.join("; ");
}
