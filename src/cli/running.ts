import { join } from "node:path";
import type { InstanceRecord } from "../observe/instance.ts";
import { systemFiles } from "../ports/files.ts";
import { removeFile } from "../ports/settings-files.ts";
import { isAlive } from "../ports/spawn.ts";
import { instanceFolders } from "./instance.ts";

/** The records of all tuttis of this user that run, the oldest first. Those of processes that are gone are taken away. */
export function runningInstances(): readonly InstanceRecord[] {
  const { records } = instanceFolders();
  const names = systemFiles.list(records).filter((name) => /^\d+\.json$/.test(name));
  const found = names.flatMap((name) => {
    const path = join(records, name);
    const record = readRecord(path);
    if (record !== undefined && isAlive(record.pid)) return [record];
    removeFile(path);
    return [];
  });
  return found.sort((one, other) => one.startedAt - other.startedAt);
}

/** Undefined where it is none that this version writes. */
function readRecord(path: string): InstanceRecord | undefined {
  try {
    const record = JSON.parse(systemFiles.readText(path) ?? "") as InstanceRecord;
    return record.format === 1 && Number.isInteger(record.pid) && record.pid > 0 ? record : undefined;
  } catch {
    return undefined;
  }
}
