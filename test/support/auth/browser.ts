import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fixturePath, temporaryFolder } from "../../e2e/support/program.ts";

/** One address that a browser has been at. */
export type Visit = { readonly url: string; readonly status: number; readonly text: string };

export type Browser = {
  /** For a tutti that is to open it. */
  readonly env: { readonly BROWSER: string };
  readonly visits: () => readonly Visit[];
};

/** A browser of its own, whose user agrees to everything. */
export function fakeBrowser(): Browser {
  const folder = temporaryFolder();
  const [program, log] = [join(folder, "a browser"), join(folder, "visits")];
  const script = `#!/bin/sh\nexec "${process.execPath}" "${fixturePath("fake-browser.mjs")}" "${log}" "$@"\n`;
  writeFileSync(program, script, { mode: 0o755 });
  return {
    env: { BROWSER: program },
    visits: () => (existsSync(log) ? readFileSync(log, "utf8") : "").split("\n").filter(Boolean).map(visitOf),
  };
}

function visitOf(line: string): Visit {
  return JSON.parse(line) as Visit;
}

/** Goes where a browser would be sent from this address, one step. */
export async function sentOnFrom(address: string): Promise<string> {
  const response = await fetch(address, { redirect: "manual" });
  const location = response.headers.get("location");
  if (location === null) throw new Error(`${address} sends nowhere: HTTP ${response.status} ${await response.text()}`);
  return new URL(location, address).href;
}

/** Visits an address as a browser does, redirects and all, and gives the last answer. */
export async function visit(address: string): Promise<Response> {
  return await fetch(address);
}
