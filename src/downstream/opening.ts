import { LoginRequired, type OpenLink } from "../transport/link.ts";
import type { Connection } from "./connection.ts";
import { type Era, type Greeting, greet, type Identity, LeftOnProbe } from "./handshake.ts";
import type { OwnRequests } from "./own-requests.ts";
import type { Verdicts } from "./verdicts.ts";

export type OpeningOptions = {
  readonly connection: Connection;
  readonly requests: OwnRequests;
  readonly openLink: OpenLink;
  readonly who: () => Promise<Identity>;
  readonly verdicts: Verdicts;
  readonly launchKey: string;
  readonly redact: (text: string) => string;
  readonly version: string;
  /** Bounds each request. */
  readonly limitMs: number;
  /** Throws where the server is given up: it is stopped, or had its time. */
  readonly refuseWhenDown: () => void;
};

/**
 * Opens the connection to a server and greets it; once more where it leaves because it was asked which era it is of. What
 * it turns out to be is learnt. Throws an Error of one line; what was opened then is for the caller to stop.
 */
export async function openAndGreet(options: OpeningOptions): Promise<Greeting> {
  const { connection, verdicts, launchKey, redact, refuseWhenDown } = options;
  let greeting: Greeting;
  try {
    greeting = await greetAs(verdicts.known(launchKey), options);
  } catch (cause) {
    if (!(cause instanceof LeftOnProbe)) throw cause;
    await connection.stop();
    refuseWhenDown();
    greeting = await greetAs(cause.era, options);
  }
  verdicts.learn(launchKey, greeting.era, redact(`${greeting.serverInfo.name} ${greeting.serverInfo.version}`));
  return greeting;
}

async function greetAs(era: Era | undefined, options: OpeningOptions): Promise<Greeting> {
  const { connection, requests, openLink, who, verdicts, launchKey, version, limitMs, refuseWhenDown } = options;
  await connection.open(openLink);
  refuseWhenDown();
  try {
    return await greet(requests, who, version, era, limitMs);
  } catch (cause) {
    // That it is slow, was stopped, or wants to know who asks, says nothing of what it is.
    refuseWhenDown();
    if (!(cause instanceof LoginRequired)) verdicts.forget(launchKey);
    throw cause;
  }
}
