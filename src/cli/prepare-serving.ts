import type { Client } from "../client/client.ts";
import { ConfigError } from "../config/config-error.ts";
import { Secrets } from "../observe/secrets.ts";
import { thisSystem } from "../ports/system.ts";
import { systemWatchFiles } from "../ports/watch.ts";
import type { Relay } from "../relay/relay.ts";
import type { LineLink } from "../transport/line-link.ts";
import { adviseLazy } from "./advise-lazy.ts";
import type { Invocation } from "./commands.ts";
import { compose, type Tutti } from "./compose.ts";
import { defectText } from "./defects.ts";
import { firstAnswersPlace, type Given, type Place } from "./first-answers.ts";
import { announceInstance } from "./instance.ts";
import { keepFirstAnswers } from "./keep-first-answers.ts";
import { createMachine, type Machine } from "./machine.ts";
import type { HttpServing } from "./over-http.ts";
import { createReloading } from "./reloading.ts";
import { type ReadTexts, readServingConfig, startLog } from "./settings.ts";
import { serveUnusable, type Unusable } from "./unusable.ts";

/** What is served, and the servers behind it. */
export type Serving = {
  /** Starts the servers; resolves when each is ready or has failed. Never rejects. */
  readonly start: () => Promise<unknown>;
  /** Has the configuration read again. */
  readonly reload: () => void;
  /** Ends all of it at once; resolves when nothing of it is left. */
  readonly stop: () => Promise<void>;
  /** The same at once and synchronously. */
  readonly kill: () => void;
  /** What is said on stderr of a defect. */
  readonly defectText: (cause: unknown) => string;
};

export type Prepared = {
  readonly client: Client;
  readonly link: LineLink;
  readonly invocation: Invocation;
  /** Where the next start looks for its first answers; undefined: nowhere. */
  readonly place: Place | undefined;
  /** The lists that the client was given already. */
  readonly given: readonly Given[];
};

/**
 * Reads the configuration and puts the relay, which starts nothing yet, behind `client` and its link. As long as there is
 * none that can be used every request is answered with what is wrong with it.
 */
export async function prepareServing(prepared: Prepared): Promise<Serving> {
  const first = await prepare(prepared);
  if (!("problem" in first)) return first;
  return serveUnusable(first, prepared, (given) => {
    return prepare({ ...prepared, given, place: firstAnswersPlace(prepared.invocation) });
  });
}

async function prepare({ client, link, invocation, place, given }: Prepared): Promise<Serving | Unusable> {
  const { options, version } = invocation;
  const texts: ReadTexts = new Map();
  let redact = (text: string): string => text;
  let undo = (): void => {};
  try {
    const config = await readServingConfig(invocation, texts);
    const secrets = new Secrets(config.secrets);
    ({ redact } = secrets);
    const events = startLog(config, options.log, secrets);
    const machine = createMachine(config, version, events, thisSystem, secrets);
    const defect = (cause: unknown): void => events.publish("defect", { cause });
    let keep = keeper(machine, options.lazy, place, defect);
    const tutti: Tutti = compose(machine, { who: () => client.identity, settled: () => void keep(tutti.relay) });
    link.setLimits(config.limits);
    client.isLazy = options.lazy;
    const withdraw = announceInstance({ config, events, version, redact, serves: ["stdio"], client: client.identity });
    undo = () => {
      withdraw();
      machine.kill();
    };
    const http = options.http === undefined ? undefined : await overHttp(machine, invocation);
    tutti.relay.addClient(client);
    for (const { method, era, list } of given) tutti.relay.gave(client, method, era, list);
    let nextPlace = place;
    const reloading = createReloading({
      ...{ machine, texts, watch: systemWatchFiles },
      replaceable: [tutti, ...(http === undefined ? [] : [http.fleet])],
      read: (now) => {
        // Of the files as they are now, whatever becomes of them until they are served.
        nextPlace = firstAnswersPlace(invocation);
        return readServingConfig(invocation, now, config.files);
      },
      swapped: (isWhole) => {
        http?.renewTokens();
        keep = isWhole ? keeper(machine, options.lazy, nextPlace, defect) : async () => {};
      },
    });
    return {
      start: () => {
        reloading.begin();
        const started = tutti.start().then(() => options.lazy || adviseLazy(tutti, events));
        return Promise.all([started, http?.start()]);
      },
      reload: reloading.reload,
      stop: async () => {
        reloading.stop();
        machine.stopStarting();
        // What has changed just now was not kept yet.
        await Promise.all([keep(tutti.relay), tutti.stop(), http?.stop()]);
        withdraw();
      },
      kill: () => {
        withdraw();
        tutti.kill();
        http?.kill();
        machine.kill();
      },
      defectText: (cause) => defectText(cause, redact),
    };
  } catch (cause) {
    undo();
    const problem = redact(cause instanceof Error ? cause.message : String(cause));
    return {
      problem,
      said: cause instanceof ConfigError ? `tutti: ${problem}\n` : defectText(cause, redact),
      texts,
    };
  }
}

/** Gives a function that keeps what is offered, as first answers of the next start. */
function keeper(
  { config, redact }: Machine,
  isLazy: boolean,
  place: Place | undefined,
  defect: (cause: unknown) => void,
): (relay: Relay) => Promise<void> {
  if (place === undefined || config.startup.mode === "waiting") return async () => {};
  const keep = keepFirstAnswers({ place, isLazy, redact });
  return (relay) => keep(relay).catch(defect);
}

async function overHttp(...args: Parameters<typeof import("./over-http.ts").serveOverHttp>): Promise<HttpServing> {
  return await (await import("./over-http.ts")).serveOverHttp(...args);
}
