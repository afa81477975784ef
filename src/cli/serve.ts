import { Client } from "../client/client.ts";
import { callingOf, introduce } from "../client/introduction.ts";
import { glance } from "../config/glance.ts";
import { systemClock, type Timer } from "../ports/clock.ts";
import { onServiceSignals } from "../ports/signals.ts";
import { openStdioSelf } from "../transport/stdio-self.ts";
import type { Invocation } from "./commands.ts";
import { configSearch } from "./config-search.ts";
import { exitCode } from "./exit-codes.ts";
import { firstAnswersPlace, readFirstAnswers } from "./first-answers.ts";
import type { Serving } from "./prepare-serving.ts";

/** What a client may send before the configuration, which can set other bounds, is read. */
const firstLimits = { maxMessageBytes: 32 * 1024 * 1024, maxDepth: 512 };

/**
 * How long the rest is not loaded when a client says nothing, or nothing that has to wait for it: its first questions are
 * to be answered before anything heavy. And how long at most.
 */
const quietMs = 50;
const longestQuietMs = 500;

/** When the client is gone nobody waits for a good end: this long servers have for it. */
const goneMs = 500;

/** Bound on sending what is still to be sent at the end. */
const flushMs = 200;

/**
 * Serves one client over stdio until it leaves or a signal comes, then ends with all servers gone. The first answer
 * needs nothing but what is imported above, nor do lists where they are kept of an earlier start; everything else is loaded
 * after that.
 */
export async function run(invocation: Invocation): Promise<undefined> {
  const { options } = invocation;
  if (options.http !== undefined && !options.stdio) return await (await import("./serve-http.ts")).run(invocation);
  let tutti: Serving | undefined;
  let isEnding = false;
  let beginLoading = () => {};
  const isTimeToLoad = new Promise<void>((resolve) => {
    beginLoading = resolve;
  });
  let loading: Timer | undefined;
  const place = firstAnswersPlace(invocation);
  const first = place && readFirstAnswers(place);
  const startedAt = systemClock.now();
  const loadSoon = (): void => {
    loading?.cancel();
    const isUrgent = client.isWaiting || first === undefined;
    if (isUrgent || systemClock.now() - startedAt > longestQuietMs) systemClock.soon(beginLoading);
    else loading = systemClock.after(quietMs, beginLoading);
  };
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    process.exitCode ??= 0; // A configuration that cannot be used has set another.
    // What it still waits for may be answered until then.
    await tutti?.stop();
    client.closed();
    link.end();
    process.stdin.destroy();
    // What is left of the event loop is our own output; should the client not take it, we do not wait.
    systemClock.after(flushMs, () => process.exit());
  };
  const link = openStdioSelf(firstLimits, systemClock, {
    message: (message) => {
      client.receive(message);
      loadSoon();
    },
    badLine: (line) => client.receiveBadLine(line),
    closed: () => void end(),
    defect: (cause) => fail(cause),
  });
  const client = new Client(link, invocation.version, () => {
    const { servers, hasCallTools } = glance(configSearch(options.config));
    return introduce(servers, callingOf(hasCallTools, options.lazy));
  });
  client.firstAbout = () => first?.about;
  client.firstAnswer = first?.answer;
  let hasSignal = false;
  const endBySignal = (): void => {
    // Only a second signal is impatience: a client that goes often closes stdin and sends one together.
    if (hasSignal) process.exit(1);
    hasSignal = true;
    void end();
  };
  // Before it is read for the first time it is read anyway.
  onServiceSignals(endBySignal, () => tutti?.reload());
  process.on("exit", () => tutti?.kill());
  const fail = (cause: unknown): void => {
    process.stderr.write(tutti?.defectText(cause) ?? textOf(cause));
  };
  const endOver = (cause: unknown): never => {
    fail(cause);
    process.exit(exitCode.defect);
  };
  process.on("uncaughtException", endOver);
  loading = systemClock.after(quietMs, beginLoading);
  await isTimeToLoad;
  if (isEnding) return;
  // From here on the client waits: what fails must not leave it waiting.
  const { watchClient } = await import("./client-watch.ts").catch(endOver);
  void watchClient(() => {
    process.stderr.write("tutti: the client is gone, though somebody holds its pipes open\n");
    void end();
    systemClock.after(goneMs, () => process.exit());
  }); // Never rejects.
  const { prepareServing } = await import("./prepare-serving.ts").catch(endOver);
  tutti = await prepareServing({ client, link, invocation, place, given: first?.given ?? [] });
  if (!isEnding) void tutti?.start(); // Never rejects.
}

/** Before the configuration is read there are no secrets. */
function textOf(cause: unknown): string {
  return `tutti: a defect, please report it: ${cause instanceof Error ? cause.stack : String(cause)}\n`;
}
