import { counted, type Kind, kinds } from "../catalog/definition.ts";
import { approval, changesIn } from "../catalog/pins.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { harmless } from "../process/harmless.ts";
import type { Invocation } from "./commands.ts";
import type { Tutti } from "./compose.ts";
import { exitCode } from "./exit-codes.ts";
import { changeLines } from "./pin-lines.ts";
import { unmarkedOf } from "./unmarked.ts";
import { withServers } from "./with-servers.ts";

/** Starts every server, says what became of each, and stops them again. */
export async function run(invocation: Invocation): Promise<number> {
  return await withServers(invocation, "silent", async ({ tutti, config, events, machine, print: printRaw }) => {
    const { system, pins: pinned } = machine;
    // Much of what is said here comes from the servers.
    const print = (line: string): void => printRaw(harmless(line));
    const said: string[] = [];
    events.subscribe({
      oddity: ({ server, text }) => said.push(`! ${server}: ${text}`),
      notice: ({ text }) => said.push(`! ${text}`),
    });
    await tutti.start();
    const width = Math.max(...config.servers.map(({ name }) => name.length), 0);
    for (const { name } of config.servers) {
      const downstream = tutti.downstreams.find((one) => one.name === name);
      const [sign, text] = downstream === undefined ? ["–", "disabled"] : describe(downstream);
      print(`${sign} ${name.padEnd(width)}  ${text}`);
    }
    // What was seen last is noted then.
    await new Promise<void>((resolve) => system.clock.soon(resolve));
    for (const { name, pins } of config.servers) {
      const book = pinned(name)?.book();
      const changes = book === undefined ? [] : changesIn(book);
      if (changes.length === 0) continue;
      const became = (pins ?? config.pins) === "warn" ? "which is passed on" : "which is withheld";
      print(`! ${name}: offers what it did not when it was first seen, ${became}. Accept it with: ${approval(name)}`);
      for (const line of changeLines(changes)) printRaw(line);
    }
    for (const line of unmarkedLines(tutti)) print(line);
    for (const line of [...said, ...config.notices.map((notice) => `! ${notice}`)]) print(line);
    const ready = tutti.downstreams.filter(({ state }) => state.kind === "ready").length;
    const total = tutti.downstreams.length;
    const tools = counted("tools", tutti.relay.catalog.tools.length);
    print(`${ready} of ${total} servers ready, ${tools} (${config.files.join(", ")})`);
    return ready === total ? exitCode.ok : exitCode.unreachable;
  });
}

/** What could be said of tools that say nothing of what they change, ready to be put into the configuration. */
function unmarkedLines({ downstreams, relay }: Tutti): readonly string[] {
  return downstreams.flatMap(({ name }) => {
    const unmarked = unmarkedOf(relay.catalog.tools.filter(({ server }) => server === name));
    if (unmarked === undefined) return [];
    return [`! ${name}: ${unmarked.text}. Where they only read, say so in its entry:`, `    ${unmarked.entry}`];
  });
}

function describe({ state, trouble, offer }: Downstream): readonly [sign: string, text: string] {
  if (state.kind !== "ready") return ["✗", `failed  ${state.kind === "down" ? state.reason : trouble}`];
  const { serverInfo, protocolVersion } = state.greeting;
  const name = `${serverInfo.name} ${serverInfo.version}`.trim() || "unnamed";
  const seconds = (state.startedInMs / 1000).toFixed(1);
  const counts = (Object.keys(kinds) as Kind[])
    .filter((kind) => kind === "tools" || offer[kind].definitions.length > 0)
    .map((kind) => counted(kind, offer[kind].definitions.length));
  return ["✓", `ready   ${name}, protocol ${protocolVersion}, ${counts.join(", ")}, ${seconds} s`];
}
