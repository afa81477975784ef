import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { type Kind, kinds } from "../catalog/definition.ts";
import { systemDate } from "../ports/clock.ts";
import { systemKeptFiles } from "../ports/files.ts";
import { type Kept, seal, unseal } from "../ports/kept.ts";
import { eras, hasHints } from "../relay/eras.ts";
import type { Relay } from "../relay/relay.ts";
import type { FirstHead, Place } from "./first-answers.ts";

/** So many configurations are remembered: those that were used last. */
const mostKept = 50;
const mostBytes = 8 * 1024 * 1024;
const dayMs = 24 * 60 * 60 * 1000;

export type KeepOptions = {
  readonly place: Place;
  readonly isLazy: boolean;
  /** Takes the secrets that are known out of a text. */
  readonly redact: (text: string) => string;
};

/**
 * Gives a function that keeps what the relay's lists are now as the first answers of the next run. It writes nothing where
 * that is kept already, and where not all servers are known. Where a secret stands in it, or the file cannot be written,
 * there is none after that: each start can do without.
 */
export function keepFirstAnswers({ place, isLazy, redact }: KeepOptions): (relay: Relay) => Promise<void> {
  let digest: string | undefined;
  return async (relay) => {
    const lasting = relay.lasting(isLazy);
    if (lasting === undefined) return;
    const { catalog, about } = lasting;
    const lists = eras.flatMap((era) => (Object.keys(kinds) as Kind[]).map((kind) => ({ era, kind })));
    const lines = lists.map(({ era, kind }) => catalog.list(kind, hasHints(era), isLazy));
    const names = lists.map(({ era, kind }) => `${era} ${kinds[kind].method}`);
    const head: FirstHead = { at: systemDate(), variables: place.variables, about, lists: names };
    const kept = { head, lines };
    const now = digestOf(kept);
    digest ??= freshDigest(place.path);
    if (digest === now) return;
    digest = now;
    const text = [JSON.stringify(head), ...lines.map(String)].join("\n");
    // What a server lists may hold a newline between its members, as JSON may.
    const mayBeKept = text.length <= mostBytes && !lines.some((line) => line.includes(0x0a)) && redact(text) === text;
    // What was kept before may be withheld now: it is better forgotten than told.
    const forget = (): Promise<void> => systemKeptFiles.remove(place.path);
    await (mayBeKept ? systemKeptFiles.replace(place.path, seal(kept)).catch(forget) : forget());
    await systemKeptFiles.prune(dirname(place.path), mostKept);
  };
}

/** Of what is kept there; undefined where it is to be written anew, so that it does not grow old. */
function freshDigest(path: string): string | undefined {
  const kept = unseal(systemKeptFiles.read(path));
  if (kept === undefined) return undefined;
  return systemDate() - (kept.head as FirstHead).at < dayMs ? digestOf(kept) : undefined;
}

/** Of all but the date. */
function digestOf({ head, lines }: Kept): string {
  const hash = createHash("sha256").update(JSON.stringify({ ...head, at: 0 }));
  for (const line of lines) hash.update("\n").update(line);
  return hash.digest("hex");
}
