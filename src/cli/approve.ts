import { approved, type Book, type Change, changesIn, printBooks } from "../catalog/pins.ts";
import type { ServerConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { stateFolder } from "../config/state-folder.ts";
import { createRedactor } from "../observe/redact.ts";
import { thisSystem } from "../ports/system.ts";
import { harmless } from "../process/harmless.ts";
import { bookKey, othersIn, pinsPath, readBook } from "../relay/pins.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { changeLines } from "./pin-lines.ts";
import { readConfig } from "./settings.ts";
import { unknownServer } from "./unknown-server.ts";

/** Accepts what servers offer as it was seen last, says what that is, and starts nothing. */
export async function run({ options, positionals }: Invocation): Promise<number> {
  const config = await readConfig(options.config);
  const redact = createRedactor(config.secrets);
  const [name] = positionals;
  const servers = name === undefined ? config.servers : config.servers.filter((one) => one.name === name);
  if (name === undefined && !options.all) throw new ConfigError("Which server? Name one, or all of them with --all.");
  if (servers.length === 0 && name !== undefined) throw unknownServer(name, config.servers);
  const accepted: (Change & { readonly server: string })[] = [];
  for (const server of servers) {
    const changes = await approve(server, redact);
    accepted.push(...changes.map((change) => ({ server: server.name, ...change })));
    if (options.json) continue;
    print(`${harmless(server.name)}: ${told(server, changes.length, config.pins)}`);
    for (const line of changeLines(changes)) print(line);
  }
  if (options.json) print(JSON.stringify({ accepted: accepted.map(asJson) }, undefined, 2));
  return exitCode.ok;
}

/** Gives what was accepted. Throws a ConfigError where it cannot be. */
async function approve(server: ServerConfig, redact: (text: string) => string): Promise<readonly Change[]> {
  const path = pinsPath(stateFolder(thisSystem), server.name);
  const key = bookKey(server, redact);
  const { stateFiles } = thisSystem;
  const { book, problem } = readBook(() => stateFiles.readText(path), key);
  if (problem !== undefined) {
    const cure = "Have what it offers seen anew with tutti check, then accept that.";
    throw new ConfigError(`${server.name}: ${path}: ${problem}. ${cure}`);
  }
  const changes = book === undefined ? [] : changesIn(book);
  if (book === undefined || (changes.length === 0 && !book.isLost)) return changes;
  try {
    // What was shown is accepted, and nothing that came since.
    await stateFiles.rewrite(path, (text) => {
      const { book: now = book } = readBook(() => text, key);
      return printBooks(server.name, othersIn(text), key, acceptedIn(now, approved(book), changes));
    });
  } catch (cause) {
    throw new ConfigError(`${server.name}: ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return changes;
}

/** The book of now, in which what was shown is as it was approved. */
function acceptedIn(now: Book, after: Book, changes: readonly Change[]): Book {
  const entries = { ...now.entries };
  for (const { kind, name } of changes) {
    const key = `${kind} ${name}`;
    const [shown, current] = [after.entries[key], entries[key]];
    if (shown === undefined) delete entries[key];
    else if (current?.seen === undefined || current.seen.sha256 === shown.pinned?.sha256) entries[key] = shown;
    else entries[key] = { ...shown, seen: current.seen };
  }
  return { isLost: false, kinds: now.kinds, entries };
}

function told({ pins }: ServerConfig, count: number, usual: string): string {
  if ((pins ?? usual) === "off") return "its pins are off, so there is nothing to accept";
  if (count === 0) return "offers what it did when it was first seen, as far as that is known; nothing to accept";
  return `${count} ${count === 1 ? "change" : "changes"} accepted`;
}

function asJson({ server, kind, name, what, before, after }: Change & { readonly server: string }) {
  return { server, kind, name, change: what, before: before?.text, after: after?.text };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
