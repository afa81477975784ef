import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { AuthServer } from "../../src/auth/auth-server.ts";
import { type Person, signIn } from "../../src/auth/sign-in.ts";
import type { AuthSurroundings } from "../../src/auth/surroundings.ts";
import { systemClock, systemDate } from "../../src/ports/clock.ts";
import { systemKeptFiles } from "../../src/ports/files.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { sentOnFrom } from "../support/auth/browser.ts";
import { protectedServer } from "../support/auth/protected-server.ts";

/** This machine, with a folder of tokens of its own; what was said and learnt is noted. */
export function here(change: Partial<AuthSurroundings> = {}) {
  const home = mkdtempSync(join(tmpdir(), "tutti-auth-"));
  // What is still being written goes on meanwhile, which a removal that blocks would never see the end of.
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 10 }));
  const notices: string[] = [];
  const secrets: string[] = [];
  const surroundings: AuthSurroundings = {
    folder: join(home, "tutti", "auth"),
    env: {},
    caFiles: [],
    keptFiles: systemKeptFiles,
    clock: systemClock,
    date: systemDate,
    random: systemRandom,
    learn: (more) => void secrets.push(...more),
    notice: (text) => void notices.push(text),
    ...change,
  };
  return { home, surroundings, notices, secrets };
}

/** What is configured of signing in to the server at `url`, and that nothing else is. */
export function serverAt(url: string, oauth: AuthServer["oauth"] = {}): AuthServer {
  return { name: "docs", url: new URL(url), kind: "http", headers: {}, oauth };
}

/** Somebody whose browser goes where it is sent. */
export function somebody(): Person & { readonly shown: string[] } {
  const shown: string[] = [];
  const show = (url: string): void => {
    shown.push(url);
    void sentOnFrom(url).then(async (back) => await fetch(back));
  };
  return { show, shown };
}

/** A protected server, who lets clients in there, and a machine that has signed in. */
export async function signedInHere(
  change: Partial<AuthSurroundings> = {},
  { era = "modern" }: { readonly era?: "modern" | "legacy" } = {},
) {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization, { era });
  const machine = here(change);
  const server = serverAt(remote.url);
  const person = somebody();
  const result = await signIn(server, person, machine.surroundings);
  return { authorization, remote, server, person, result, ...machine };
}
