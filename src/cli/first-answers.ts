import { join } from "node:path";
import type { About, Origin } from "../client/handshake.ts";
import { fingerprint } from "../config/fingerprint.ts";
import { stateFolder } from "../config/state-folder.ts";
import { systemDate } from "../ports/clock.ts";
import { systemKeptFiles } from "../ports/files.ts";
import { unseal } from "../ports/kept.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import type { Invocation } from "./commands.ts";
import { configSearch } from "./config-search.ts";

/** A list that the client was given before the relay was there. */
export type Given = { readonly method: string; readonly era: Origin["era"]; readonly list: Buffer };

/**
 * What the last run with this very configuration knew at its end: with it the first questions of a client are answered
 * before the configuration is understood and anything else is loaded. Whatever is in doubt is not answered here.
 */
export type FirstAnswers = {
  readonly about: About;
  /** The reply to a request for a whole list; undefined for any other. */
  readonly answer: (method: string, message: Message, origin: Origin) => Outgoing | undefined;
  /** What was given so far. */
  readonly given: readonly Given[];
};

/** Where they are kept, and what they have to say of the environment to be those of this configuration. */
export type Place = { readonly path: string; readonly variables: string };

const dayMs = 24 * 60 * 60 * 1000;
const longestMs = 30 * dayMs;

/** Where the first answers of such a run are; undefined where there can be none. */
export function firstAnswersPlace({ options, version }: Invocation): Place | undefined {
  const search = configSearch(options.config);
  const own = fingerprint(search, [version, options.lazy]);
  return own && { path: join(stateFolder(search), "starts", own.key), variables: own.variables };
}

/** Undefined where nothing is kept that can be used. Reads files, and never throws. */
export function readFirstAnswers({ path, variables }: Place): FirstAnswers | undefined {
  const { head, lines = [] } = unseal(systemKeptFiles.read(path)) ?? {};
  const { at, about, lists, variables: kept } = (head ?? {}) as Partial<FirstHead>;
  if (kept !== variables || at === undefined || about === undefined || lists === undefined) return undefined;
  const ageMs = systemDate() - at;
  // Clocks are set back.
  if (ageMs < -dayMs || ageMs > longestMs) return undefined;
  const given: Given[] = [];
  const answer: FirstAnswers["answer"] = (method, message, { era }) => {
    const list = lines[lists.indexOf(`${era} ${method}`)];
    if (list === undefined || isOfPart(message)) return undefined;
    given.push({ method, era, list });
    const id = message.raw(slot.id);
    return [Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":`, "latin1"), list, Buffer.from("}")];
  };
  return { about, answer, given };
}

/** What stands in the head of the file; its lines are the lists. */
export type FirstHead = {
  /** In ms since 1970. */
  readonly at: number;
  readonly variables: string;
  readonly about: About;
  /** Era and method of each list, in the order of the lines. */
  readonly lists: readonly string[];
};

function isOfPart(message: Message): boolean {
  if (!message.has(slot.params)) return false;
  if (message.firstByte(slot.params) !== 0x7b) return true;
  return memberOf(message, message.start(slot.params), message.end(slot.params), "cursor") !== undefined;
}
