import type { Config, ServerConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { type ConfigDiff, diffConfig } from "../config/diff.ts";
import { ConfigWatch, type Texts } from "../config/watch.ts";
import type { WatchFiles } from "../ports/watch.ts";
import type { Change } from "./compose.ts";
import type { Machine } from "./machine.ts";
import type { ReadTexts } from "./settings.ts";

/** Has the configuration read again while it is served. */
export type Reloading = {
  /** Begins to watch its files. */
  readonly begin: () => void;
  /** Reads it now, whether or not its files are others. */
  readonly reload: () => void;
  /** Nothing is read or swapped any more. */
  readonly stop: () => void;
};

/** Servers that can be replaced while they are used. */
export type Replaceable = { readonly prepare: (servers: readonly ServerConfig[]) => Omit<Change, "members"> };

export type ReloadingOptions = {
  readonly machine: Machine;
  /** What was read of its files when it was read first. */
  readonly texts: Texts;
  readonly watch: WatchFiles;
  /** Reads the configuration anew. `texts` gets what was read. Throws a ConfigError. */
  readonly read: (texts: ReadTexts) => Promise<Config>;
  readonly replaceable: readonly Replaceable[];
  /** Another configuration is served now. `isWhole`: all of it, also what is set beside the servers. */
  readonly swapped: (isWhole: boolean) => void;
};

const hangUp = process.platform === "win32" ? "Start tutti again" : "SIGHUP has it read again";

/**
 * Reads the configuration again when its files change or somebody wants it, one time after the other. It is built whole: new
 * servers start beside those that are used, at most for `startup.waitMs`; then all is swapped in one turn of the event
 * loop. One that cannot be used changes nothing.
 */
export function createReloading({
  machine,
  texts: firstTexts,
  watch,
  read,
  replaceable,
  swapped,
}: ReloadingOptions): Reloading {
  const { system, events, secrets } = machine;
  const { clock } = system;
  let watched: ConfigWatch | undefined;
  let [isWanted, isReloading, isOver] = [false, false, false];
  /** Ends a wait for servers that start: something newer is there. */
  let hurry = (): void => {};

  const readNew = async (): Promise<Config | undefined> => {
    const texts: ReadTexts = new Map();
    try {
      return await read(texts);
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      events.publish("unusable", {
        text: `the configuration cannot be used, and all stays as it was: ${cause.message}`,
      });
      return undefined;
    } finally {
      watched?.know(texts);
    }
  };

  const reloadOnce = async (): Promise<void> => {
    const config = await readNew();
    if (config === undefined || isOver) return;
    // At once: new servers may say them while they start.
    secrets.learn(config.secrets);
    for (const text of [...config.exposed, ...config.notices]) events.publish("notice", { text });
    const diff = diffConfig(machine.config, config);
    const changes = replaceable.map((one) => one.prepare(diff.servers));
    await Promise.race([
      Promise.all(changes.map(({ started }) => started)),
      new Promise<void>((resolve) => {
        const timer = clock.after(config.startup.waitMs, resolve);
        hurry = () => {
          timer.cancel();
          resolve();
        };
        if (isWanted) hurry();
      }),
    ]);
    hurry();
    if (isOver) return;
    machine.become({ ...machine.config, servers: diff.servers });
    const left = changes.map(({ swap }) => swap());
    swapped(diff.settings.length === 0);
    for (const text of restartNotes(diff)) events.publish("notice", { text });
    const idle = diff.servers.filter(({ lazyStart }) => lazyStart).map(({ name }) => name);
    events.publish("reloaded", { servers: diff.servers.map(({ name }) => name), idle, text: describe(diff) });
    // What is left of them holds up nothing.
    for (const one of left) one.catch((cause: unknown) => events.publish("defect", { cause }));
  };

  const reload = async (): Promise<void> => {
    isWanted = true;
    hurry();
    if (isReloading) return;
    isReloading = true;
    while (isWanted && !isOver) {
      isWanted = false;
      await reloadOnce().catch((cause: unknown) => events.publish("defect", { cause }));
    }
    isReloading = false;
  };

  return {
    begin: () => {
      if (isOver) return;
      watched = new ConfigWatch({
        texts: firstTexts,
        files: system.files,
        watch,
        clock,
        changed: () => void reload(),
        failed: (reason) => {
          events.publish("notice", { text: `changes of the configuration are not noticed: ${reason}. ${hangUp}.` });
        },
      });
    },
    reload: () => void reload(),
    stop: () => {
      isOver = true;
      watched?.close();
      hurry();
    },
  };
}

function describe({ servers, started, ended }: ConfigDiff): string {
  const parts = [
    ["new", started.filter((name) => !ended.includes(name))],
    ["changed", started.filter((name) => ended.includes(name))],
    ["removed", ended.filter((name) => !started.includes(name))],
  ] as const;
  const told = parts.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${names.join(", ")}`);
  if (told.length === 0) return "the configuration was read again: its servers are as they were";
  const same = servers.length - started.length;
  return `the configuration was read again: ${[...told, ...(same > 0 ? [`${same} as before`] : [])].join("; ")}`;
}

function restartNotes({ settings }: ConfigDiff): readonly string[] {
  if (settings.length === 0) return [];
  return [`what was changed beside the servers needs a restart of tutti: ${settings.join(", ")}`];
}
