import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { Cell } from "../../requirements/requirement.ts";
import { type EraClient, legacyClient, modernClient } from "./era-client.ts";
import { killAll, markerEnvironment } from "./processes.ts";
import { type Entry, fixture, main, root } from "./program.ts";

/** A client and the servers it meets: one straight away, or two behind tutti. */
export type World = {
  readonly client: EraClient;
  readonly servers: readonly string[];
  /** Undefined where the client talks straight to the server. */
  readonly cell: Cell | undefined;
  /** The name of a server's tool or prompt. */
  readonly name: (server: string, own: string) => string;
  /** Clients of the same kind, with other capabilities. */
  readonly another: (capabilities: object) => Promise<EraClient>;
};

type Place = {
  readonly title: string;
  readonly client: "L" | "M";
  readonly server: "L" | "M" | "both";
  readonly isDirect: boolean;
};

const cells: readonly Place[] = (["L", "M"] as const).flatMap((client) =>
  (["L", "M", "both"] as const).map((server) => ({ title: `${client}${server}`, client, server, isDirect: false })),
);
const direct: readonly Place[] = (["L", "M"] as const).flatMap((side) =>
  ([side, "both"] as const).map((server) => ({
    title: `${side}${server} directly`,
    client: side,
    server,
    isDirect: true,
  })),
);

/** The fixture of this era under this name. */
export function serverOf(era: Place["server"], name: string): Entry & { command: string; args: string[] } {
  const entry = era === "L" ? fixture("legacy-server.mjs", name) : fixture("modern-server.mjs", name, eras[era]);
  return entry as Entry & { command: string; args: string[] };
}

const eras = { M: "modern", both: "both" };

/**
 * Describes tests in every cell behind the built tutti, with servers that speak both eras too; and, to prove the servers
 * right, without tutti where client and server have an era in common. All tests of one place share its processes.
 */
export function inEveryWorld(define: (world: () => World) => void): void {
  for (const place of [...direct, ...cells]) {
    describe(place.title, () => {
      let world: World | undefined;
      const ends: (() => unknown)[] = [];
      beforeAll(async () => {
        world = await open(place, ends);
      });
      afterAll(async () => {
        for (const end of ends.reverse()) await end();
      });
      define(() => world as World);
    });
  }
}

async function open({ client: side, server, isDirect, title }: Place, ends: (() => unknown)[]): Promise<World> {
  const connect = side === "L" ? legacyClient : modernClient;
  const home = mkdtempSync(join(tmpdir(), "tutti-e2e-"));
  const marker = randomUUID();
  ends.push(
    () => rmSync(home, { recursive: true, force: true }),
    () => killAll(marker),
  );
  const env = { HOME: home, PATH: process.env["PATH"] ?? "", ...markerEnvironment(marker) };
  const servers = isDirect ? ["one"] : ["one", "two"];
  const config = join(home, "servers.json");
  writeFileSync(
    config,
    JSON.stringify({ mcpServers: Object.fromEntries(servers.map((name) => [name, serverOf(server, name)])) }),
  );
  const tutti = { command: process.execPath, args: [main, "serve", "--config", config] };
  const launch = { ...(isDirect ? serverOf(server, "one") : tutti), env, cwd: root };
  const another: World["another"] = async (capabilities) => {
    const client = await connect(launch, capabilities);
    ends.push(() => client.close());
    return client;
  };
  const client = await connect(launch);
  ends.push(() => client.close());
  const cell = isDirect ? undefined : ((title.slice(0, 1) + (server === "L" ? "L" : "M")) as Cell);
  return { client, servers, cell, name: (name, own) => (isDirect ? own : `${name}__${own}`), another };
}
