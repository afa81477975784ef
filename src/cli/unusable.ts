import type { Client } from "../client/client.ts";
import { longestInstructions, shorten } from "../client/introduction.ts";
import { configPlaces } from "../config/find-config.ts";
import { ConfigWatch, type Texts } from "../config/watch.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import { systemClock } from "../ports/clock.ts";
import { systemFiles } from "../ports/files.ts";
import { systemWatchFiles } from "../ports/watch.ts";
import { slot } from "../wire/members.ts";
import type { Invocation } from "./commands.ts";
import { configSearch } from "./config-search.ts";
import { defectText } from "./defects.ts";
import type { Given } from "./first-answers.ts";
import type { Serving } from "./prepare-serving.ts";

/** Why nothing can be served. */
export type Unusable = {
  readonly problem: string;
  /** The same for stderr. */
  readonly said: string;
  /** What was read of the files. */
  readonly texts: Texts;
};

/**
 * Serves a client while nothing else can be: every request is answered with what is wrong, so that it is seen where people
 * look. When the files change, or somebody wants it, it is tried `again`; `given`: lists that the client asked for. What
 * can be served then is started, and takes over the client.
 */
export function serveUnusable(
  first: Unusable,
  { client, invocation }: { readonly client: Client; readonly invocation: Invocation },
  again: (given: readonly Given[]) => Promise<Serving | Unusable>,
): Serving {
  let now = first;
  let serving: Serving | undefined;
  let watch: ConfigWatch | undefined;
  let [isWanted, isTrying, isOver] = [false, false, false];
  const given: Given[] = [];
  process.stderr.write(first.said);
  process.exitCode = 1;
  client.serve({
    request: (method, message, _client, { era }) => {
      // Whatever comes to be listed is another list than none.
      if (method.endsWith("/list")) given.push({ method, era, list: Buffer.alloc(0) });
      const text = `tutti: ${now.problem} It is read again when it changes.`;
      client.reply(message, toProtocolError(message.raw(slot.id) as string, rpcCode.internalError, text));
    },
    notification: () => {},
    withdrawn: () => false,
    about: () => ({
      instructions: shorten(`tutti cannot serve: ${now.problem}`, longestInstructions),
      extensions: "",
    }),
  });
  const tryOnce = async (): Promise<void> => {
    const next = await again(given);
    if ("problem" in next) {
      watch?.know(next.texts);
      if (next.said !== now.said) process.stderr.write(next.said);
      now = next;
      return;
    }
    serving = next;
    watch?.close();
    process.exitCode = undefined;
    process.stderr.write("tutti: the configuration can be used now\n");
    if (isOver) await next.stop();
    else await next.start();
  };
  const reload = (): void => {
    isWanted = true;
    if (isTrying) return;
    isTrying = true;
    void (async () => {
      while (isWanted && !isOver && serving === undefined) {
        isWanted = false;
        await tryOnce(); // What fails in it is a problem that it gives.
      }
      isTrying = false;
    })();
  };
  return {
    start: async () => {
      const places = first.texts.size > 0 ? first.texts : placesOf(invocation);
      if (places.size === 0) return;
      watch = new ConfigWatch({
        ...{ texts: places, files: systemFiles, watch: systemWatchFiles, clock: systemClock, changed: reload },
        failed: (reason) =>
          void process.stderr.write(`tutti: changes of the configuration are not noticed: ${reason}\n`),
      });
    },
    reload: () => (serving === undefined ? reload() : serving.reload()),
    stop: async () => {
      isOver = true;
      watch?.close();
      await serving?.stop();
    },
    kill: () => serving?.kill(),
    defectText: (cause) => serving?.defectText(cause) ?? defectText(cause, (text) => text),
  };
}

/** Where there may be a configuration later. */
function placesOf({ options }: Invocation): Texts {
  try {
    return new Map(configPlaces(configSearch(options.config)).map((path) => [path, undefined]));
  } catch {
    return new Map(); // What was given as --config is no file's name: nothing that can be mended.
  }
}
