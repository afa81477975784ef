import { createInterface } from "node:readline";
import { AuthError } from "../auth/auth-error.ts";
import { type SignedIn, signIn } from "../auth/sign-in.ts";
import { startForUser } from "../ports/for-user.ts";
import { onEndSignals } from "../ports/signals.ts";
import { thisSystem } from "../ports/system.ts";
import { harmless } from "../process/harmless.ts";
import { createCommandFinder } from "../process/path.ts";
import { openBrowser } from "./browser.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { remoteServer } from "./remote-server.ts";

/** Signs in to a server in the user's browser, and keeps the tokens for all tuttis of this user. */
export async function run({ options, positionals: [name = ""] }: Invocation): Promise<number> {
  const { server, surroundings, redact } = await remoteServer(name, options.config);
  const { json, "no-browser": isShownOnly } = options;
  const say = (line: string): void => void (json || process.stdout.write(`${redact(harmless(line))}\n`));
  const interrupted = new AbortController();
  onEndSignals(() => {
    // Whoever asks twice does not wait until an answer of the network is over.
    if (interrupted.signal.aborted) process.exit(exitCode.unusable);
    interrupted.abort();
  });
  const show = (address: string): void => {
    // The one text that is not redacted: what is secret in it is of use for ten minutes, in this browser alone.
    process.stdout.write(
      json ? `${JSON.stringify({ server: name, open: address })}\n` : `${instructions(name, address)}\n`,
    );
    if (isShownOnly) return;
    void openBrowser(new URL(address), desk()).then((problem) => {
      if (problem !== undefined) say(`No browser was opened: ${problem}. Open the address yourself.`);
    });
  };
  const paste = (take: (text: string) => boolean): (() => void) => {
    const lines = createInterface({ input: process.stdin, terminal: false });
    lines.on("line", (line) => {
      const text = line.trim();
      if (text !== "" && !take(text)) say("That is not the address of this sign-in: it begins with http://127.0.0.1.");
    });
    return () => lines.close();
  };
  const waiting = (): void => say(`${name}: another tutti is signing in to it. Finish that; this one waits for it.`);
  try {
    const signedIn = await signIn(server, { show, paste, waiting }, surroundings, { signal: interrupted.signal });
    if (json) process.stdout.write(`${redact(JSON.stringify({ server: name, ...signedIn }))}\n`);
    else say(outcome(name, signedIn));
    return exitCode.ok;
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    if (interrupted.signal.aborted) {
      return failed(
        exitCode.unusable,
        { code: "interrupted", message: "ended by a signal; nobody is signed in." },
        options,
      );
    }
    const code = cause.code === "unreachable" ? exitCode.unreachable : exitCode.notSignedIn;
    return failed(code, { code: cause.code, message: redact(`${name}: ${cause.message}`) }, options);
  }
}

function instructions(name: string, address: string): string {
  return [
    harmless(`Sign in to ${name} at this address:`),
    "",
    `  ${address}`,
    "",
    "If the browser is on another machine, it ends at a page that does not open, whose address begins with http://127.0.0.1.",
    "Paste that address here.",
  ].join("\n");
}

function outcome(name: string, { issuer, scopes, canRefresh, expiresAt, byOther }: SignedIn): string {
  const by = byOther ? " by another tutti" : "";
  const rights = scopes.length === 0 ? "" : ` (${scopes.join(" ")})`;
  return `${name}: signed in${by} at ${issuer}${rights}.${lasting(canRefresh, expiresAt)}`;
}

function lasting(canRefresh: boolean, expiresAt: number | undefined): string {
  if (canRefresh) return " The token is renewed without you.";
  if (expiresAt === undefined) return "";
  const until = new Date(expiresAt).toISOString().slice(0, 16).replace("T", " ");
  return ` The token cannot be renewed: it is good until ${until} UTC.`;
}

function desk() {
  const { env, platform, home, files, spawn, clock, random } = thisSystem;
  const marker = random(16).toString("hex");
  const finder = createCommandFinder({ env, platform, home, files, spawn, clock, marker });
  return { env, platform, home, finder, start: startForUser };
}
