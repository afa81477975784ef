import { homedir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { stateFolder } from "../config/state-folder.ts";
import type { Identity } from "../downstream/handshake.ts";
import type { Events } from "../events.ts";
import { firstState, type InstanceRecord, observeInstance } from "../observe/instance.ts";
import { createLog } from "../observe/log.ts";
import { systemClock, systemDate } from "../ports/clock.ts";
import { systemFiles, systemStateFiles } from "../ports/files.ts";
import { openLogFile } from "../ports/log-file.ts";
import { removeFile } from "../ports/settings-files.ts";

/** A log is at most twice as long. */
const mostLogBytes = 2 * 1024 * 1024;

/** Logs of runs that are over, and of this one. */
const mostLogs = 40;

/** Changes this close together are written once. */
const coalesceMs = 250;

/** Where running instances, and what they log, are found. */
export function instanceFolders(): { readonly records: string; readonly logs: string } {
  const folder = stateFolder({ env: process.env, home: homedir(), platform: process.platform });
  return { records: join(folder, "instances"), logs: join(folder, "logs") };
}

export type InstanceOptions = {
  readonly config: Config;
  readonly events: Events;
  readonly version: string;
  readonly redact: (text: string) => string;
  readonly serves: readonly string[];
  /** Who the client over stdio is, once it has said so. */
  readonly client?: Promise<Identity>;
};

/**
 * Tells those who ask from outside of this process: a small file says how it is, another has its log. Nothing depends on
 * them. The returned function takes the record away and closes the log, synchronously.
 */
export function announceInstance({ config, events, version, redact, serves, client }: InstanceOptions): () => void {
  const { records, logs } = instanceFolders();
  const startedAt = systemDate();
  const name = `${new Date(startedAt).toISOString().replaceAll(/[:.]/g, "-")}-${process.pid}`;
  const log = config.log.file ? join(logs, `${name}.log`) : undefined;
  const failed = (reason: string): void =>
    events.publish("notice", { text: `${reason}. Everything else works without it.` });
  const file = log === undefined ? undefined : openLogFile({ path: log, mostBytes: mostLogBytes, failed });
  if (file !== undefined) {
    forgetOldLogs(logs);
    const { level } = config.log;
    events.subscribe(createLog({ level, write: file.write, redact, isForPeople: false, now: systemClock.now }));
  }
  const starting = config.servers
    .filter(({ disabled }) => !disabled)
    .map(({ name: server, lazyStart }) => [server, firstState(lazyStart, startedAt)] as const);
  const record = join(records, `${process.pid}.json`);
  let latest: InstanceRecord = {
    ...{ format: 1, pid: process.pid, version, startedAt, files: config.files, serves, log },
    ...{ servers: Object.fromEntries(starting), errors: [], client: undefined },
  };
  let [isEnded, isWaiting, hasFailed] = [false, false, false];
  const write = async (): Promise<void> => {
    isWaiting = false;
    if (isEnded) return;
    try {
      await systemStateFiles.rewrite(record, () => `${JSON.stringify(latest, undefined, 1)}\n`);
      if (isEnded) removeFile(record);
    } catch (cause) {
      if (!hasFailed) failed(`tutti status does not see this process: ${(cause as Error).message}`);
      hasFailed = true;
    }
  };
  const changed = (now: InstanceRecord): void => {
    latest = now;
    if (isWaiting) return;
    isWaiting = true;
    systemClock.after(coalesceMs, () => void write());
  };
  const observer = observeInstance({ begin: latest, date: systemDate, redact, changed });
  events.subscribe(observer);
  void client?.then(({ info }) => observer.greeted(redact(nameIn(info))));
  changed(latest);
  return () => {
    isEnded = true;
    removeFile(record);
    file?.close();
  };
}

function forgetOldLogs(folder: string): void {
  const names = systemFiles.list(folder).filter((name) => /\.log(?:\.old)?$/.test(name));
  for (const name of names.slice(0, -mostLogs)) removeFile(join(folder, name));
}

/** What a client says of itself, as JSON. */
function nameIn(info: string): string {
  const { title, name, version } = JSON.parse(info) as Readonly<Record<string, unknown>>;
  return [title ?? name, version]
    .filter((part) => typeof part === "string")
    .join(" ")
    .slice(0, 100);
}
