import { isDeepStrictEqual } from "node:util";
import { approval, type Change } from "../catalog/pins.ts";
import type { Config, PinMode, ServerConfig } from "../config/config.ts";
import { stateFolder } from "../config/state-folder.ts";
import type { Events } from "../events.ts";
import type { System } from "../ports/system.ts";
import { createPins, type Pins, pinsPath } from "../relay/pins.ts";
import type { Member } from "./machine.ts";

/** More names do not help in a line of the log. */
const mostNames = 8;

/** The pins of all servers of a run. */
export type Pinning = {
  /** Undefined where nothing is compared. */
  readonly of: (server: ServerConfig) => Pins | undefined;
  /** Has the relays of a member hear when something is withheld no more. */
  readonly watch: (member: Member) => void;
  /** Nothing of a member runs any more. */
  readonly forget: (member: Member) => void;
};

type Known = { readonly server: ServerConfig; readonly mode: PinMode; readonly pins: Pins | undefined };

export function createPinning(options: {
  readonly config: Pick<Config, "pins">;
  readonly system: System;
  readonly events: Events;
  readonly redact: (text: string) => string;
}): Pinning {
  const { config, system, events, redact } = options;
  const { clock, stateFiles: files } = system;
  const known = new Map<string, Known>();
  const members = new Set<Member>();
  const release = (name: string): void => {
    for (const { downstream, relays } of members) {
      if (downstream.name === name) for (const relay of relays) relay.update(downstream);
    }
  };
  const create = (server: ServerConfig, mode: PinMode): Pins | undefined => {
    const { name } = server;
    if (mode === "off") return undefined;
    return createPins({
      server,
      mode,
      path: pinsPath(stateFolder(system), name),
      files,
      clock,
      redact,
      isUsed: () =>
        known.get(name)?.server === server &&
        [...members].some(({ downstream, relays }) => downstream.name === name && relays.size > 0),
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
    of: (server) => {
      const { name, launch, pins: mode = config.pins } = server;
      const before = known.get(name);
      if (before !== undefined && (before.server === server || isSameCase(before, launch, mode))) return before.pins;
      const pins = create(server, mode);
      known.set(name, { server, mode, pins });
      return pins;
    },
    watch: (member) => void members.add(member),
    forget: (member) => {
      members.delete(member);
      const { name } = member.downstream;
      if (![...members].some(({ downstream }) => downstream.name === name)) known.delete(name);
    },
  };
}

/** Whether what was pinned of a server is that of one that is started so. */
function isSameCase({ server, mode }: Known, launch: ServerConfig["launch"], other: PinMode): boolean {
  return mode === other && isDeepStrictEqual(server.launch, launch);
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
