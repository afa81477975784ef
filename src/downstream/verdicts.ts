import { createHash } from "node:crypto";
import * as z from "zod";
import type { ServerConfig } from "../config/config.ts";
import type { StateFiles } from "../ports/files.ts";
import { type Era, isEra } from "./handshake.ts";

/** Which era each server turned out to be of, remembered from one start to the next. Nothing here throws or waits. */
export type Verdicts = {
  /** The era of the server with this key; undefined: not known, or too long ago. */
  readonly known: (key: string) => Era | undefined;
  /** `about`: whose key it is, for people who look into the file; no secrets. Does nothing where it is known already. */
  readonly learn: (key: string, era: Era, about: string) => void;
  readonly forget: (key: string) => void;
  /** Resolves when everything learnt so far is in the file, or cannot be. */
  readonly saved: () => Promise<void>;
};

type Verdict = z.infer<typeof verdict>;

const dayMs = 24 * 60 * 60 * 1000;

/** After so long a server may have learnt the other era: it is asked again. */
const longestMs = 30 * dayMs;

/** The newest are kept. */
const mostVerdicts = 500;

const verdict = z.object({ era: z.custom<Era>(isEra), at: z.iso.datetime(), about: z.string() });
const document = z.record(z.string(), z.unknown());

/**
 * Verdicts that are kept in the file at `path`, which several processes may share. It is read at the first question, and
 * written whenever something was learnt, with what others have written since; where it cannot be read, it is as if empty.
 * `failed` is told once, in one line, where it cannot be written. `date`: in ms since 1970.
 */
export function createVerdicts(options: {
  readonly path: string;
  readonly files: StateFiles;
  readonly date: () => number;
  readonly failed: (reason: string) => void;
}): Verdicts {
  const { path, files, date, failed } = options;
  let verdicts: Map<string, Verdict> | undefined;
  /** What is not in the file yet; undefined: forgotten. */
  let changes = new Map<string, Verdict | undefined>();
  let isWriting = false;
  let hasFailed = false;
  let saving = Promise.resolve();

  const all = (): Map<string, Verdict> => {
    verdicts ??= parse(readText(files, path), date());
    return verdicts;
  };
  const write = async (): Promise<void> => {
    isWriting = true;
    while (changes.size > 0) {
      const written = changes;
      changes = new Map();
      try {
        await files.rewrite(path, (text) => print(merge(parse(text, date()), written)));
      } catch (cause) {
        // They are tried again with the next one that is learnt.
        changes = new Map([...written, ...changes]);
        if (!hasFailed) failed(`${path} cannot be written: ${(cause as Error).message}`);
        hasFailed = true;
        break;
      }
    }
    isWriting = false;
  };
  const change = (key: string, to: Verdict | undefined): void => {
    merge(all(), new Map([[key, to]]));
    changes.set(key, to);
    if (!isWriting) saving = write();
  };
  const known = (key: string): Era | undefined => {
    const found = all().get(key);
    return found !== undefined && isFresh(found, date()) ? found.era : undefined;
  };
  return {
    known,
    learn: (key, era, about) => {
      if (known(key) === era) return;
      change(key, { era, at: new Date(date()).toISOString(), about: about.slice(0, 200) });
    },
    forget: (key) => {
      if (all().has(key)) change(key, undefined);
    },
    saved: () => saving,
  };
}

/** What stays the same as long as a server is started in the same way by the same tutti, and tells none of its secrets. */
export function launchKey(launch: ServerConfig["launch"], version: string): string {
  const how =
    launch.kind === "stdio"
      ? [launch.command, launch.args, launch.cwd, Object.keys(launch.env).sort()]
      : [launch.kind, launch.url];
  return createHash("sha256")
    .update(JSON.stringify([version, ...how]))
    .digest("hex");
}

function readText(files: StateFiles, path: string): string | undefined {
  try {
    return files.readText(path);
  } catch {
    return undefined; // Servers are asked again, which always works.
  }
}

/** The verdicts in the text that can be used, in their order. */
function parse(text: string | undefined, now: number): Map<string, Verdict> {
  const entries = Object.entries(documentIn(text));
  return new Map(
    entries.flatMap(([key, value]) => {
      const { data } = verdict.safeParse(value);
      return data !== undefined && isFresh(data, now) ? [[key, data] as const] : [];
    }),
  );
}

function documentIn(text = "{}"): Readonly<Record<string, unknown>> {
  try {
    return document.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {}; // Somebody else has written it: what we write is whole at any time.
  }
}

function isFresh({ at }: Verdict, now: number): boolean {
  const ageMs = now - Date.parse(at);
  // Clocks are set back.
  return ageMs > -dayMs && ageMs < longestMs;
}

/** Makes the changes in `verdicts`, and lets go of the oldest ones that are too many. */
function merge(
  verdicts: Map<string, Verdict>,
  changes: ReadonlyMap<string, Verdict | undefined>,
): Map<string, Verdict> {
  for (const [key, to] of changes) {
    verdicts.delete(key);
    if (to !== undefined) verdicts.set(key, to);
  }
  for (const key of verdicts.keys()) {
    if (verdicts.size <= mostVerdicts) break;
    verdicts.delete(key);
  }
  return verdicts;
}

function print(verdicts: ReadonlyMap<string, Verdict>): string {
  return `${JSON.stringify(Object.fromEntries(verdicts), null, 2)}\n`;
}
