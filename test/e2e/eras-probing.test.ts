import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { requirement } from "../requirements.ts";
import { type EraClient, legacyClient, modernClient } from "./support/era-client.ts";
import { fixture, main, root, type Servers, temporaryFolder } from "./support/program.ts";
import { timed } from "./support/until.ts";
import { serverOf } from "./support/world.ts";

type Connect = typeof legacyClient;

/** A home of its own for a tutti, which lasts over its starts, and where its servers write down theirs. */
function home() {
  const folder = temporaryFolder();
  const startsFile = join(folder, "starts");
  return {
    server: (manner: "leaves" | "silent") => fixture("old-manners.mjs", manner, startsFile),
    starts: () => readFileSync(startsFile, "utf8").split("\n").length - 1,
    /** Starts a tutti with these servers. */
    open: async (connect: Connect, servers: Servers): Promise<EraClient> => {
      const env = { HOME: folder, PATH: process.env["PATH"] ?? "" };
      // Where the configuration is, its servers run: that is part of what is remembered of them.
      const config = join(folder, "servers.json");
      writeFileSync(config, JSON.stringify({ mcpServers: servers }));
      const args = [main, "serve", "--config", config];
      const client = await connect({ command: process.execPath, args, env, cwd: root });
      onTestFinished(() => client.close());
      return client;
    },
  };
}

const clients = { "an older": legacyClient, "a newer": modernClient } as const;

for (const [era, connect] of Object.entries(clients)) {
  test(`${requirement("era.restart")}, for ${era} client; the next tutti knows`, async () => {
    const { server, starts, open } = home();
    const servers = { one: server("leaves") };
    const client = await open(connect, servers);
    expect((await client.tools()).map(({ name }) => name)).toEqual(["one__echo", "call_tools"]);
    expect(await client.call("one__echo", { text: "hello" })).toBe("hello");
    expect(starts()).toBe(2);
    await client.close();

    const next = await open(connect, servers);
    expect(await next.call("one__echo", { text: "again" })).toBe("again");
    expect(starts()).toBe(3);
  });

  test(`a server that never answers what it does not know works for ${era} client; the next tutti knows`, async () => {
    const { server, starts, open } = home();
    const servers = { one: server("silent") };
    const client = await open(connect, servers);
    expect((await client.tools()).map(({ name }) => name)).toEqual(["one__echo", "call_tools"]);
    expect(await client.call("one__echo", { text: "hello" })).toBe("hello");
    expect(starts()).toBe(1);
    await client.close();

    const next = await open(connect, servers);
    // The probe's limit is 3 s.
    expect(await timed(() => next.call("one__echo", { text: "again" }))).toBeLessThan(2500);
    expect(starts()).toBe(2);
  });

  test(`servers of every manner serve ${era} client side by side, and none waits for another`, async () => {
    const { server, open } = home();
    const client = await open(connect, {
      silent: server("silent"),
      leaves: server("leaves"),
      modern: serverOf("M", "modern"),
      legacy: serverOf("L", "legacy"),
      both: serverOf("both", "both"),
    });
    const echo = (name: string): Promise<unknown> => client.call(`${name}__echo`, { text: name });
    const rest = ["modern", "legacy", "both", "leaves"];
    expect(await timed(async () => expect(await Promise.all(rest.map(echo))).toEqual(rest))).toBeLessThan(2900);
    expect(await echo("silent")).toBe("silent");
    const names = (await client.tools()).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith("__echo"))).toEqual(
      ["silent", "leaves", "modern", "legacy", "both"].map((name) => `${name}__echo`),
    );
  });
}
