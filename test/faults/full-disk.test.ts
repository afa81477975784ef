import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { configFile, fake, fixture, start, temporaryFolder } from "../e2e/support/program.ts";
import { textOf } from "../e2e/support/raw-client.ts";
import { until } from "../e2e/support/until.ts";
import { canMount, onFullDisk } from "./support/full-disk.ts";

test.runIf(canMount())(
  "F48: no space for what is remembered (ENOSPC): tutti serves all the same and says so once",
  async () => {
    const state = temporaryFolder();
    const env = { XDG_STATE_HOME: state };
    const client = start(["serve", "--config", configFile({ one: fake() })], {
      env,
      through: [...onFullDisk, process.execPath],
    });
    onTestFinished(() => expect(client.strayLines).toEqual([]));
    await client.handshake();
    expect(textOf(await client.call("one__echo", { text: "all the same" }))).toBe("all the same");
    await until("the warning", () => /ENOSPC/.test(client.stderr));
    expect(textOf(await client.call("one__echo", { text: "still" }))).toBe("still");
    client.child.stdin.end();
    expect((await client.exit()).code).toBe(0);
    expect(client.stderr).not.toContain("defect");
  },
);

test.runIf(canMount())("F48: once there is space again what servers offer is remembered", async () => {
  const state = temporaryFolder();
  const client = start(["serve", "--config", configFile({ one: fake() })], {
    env: { XDG_STATE_HOME: state },
    through: [...onFullDisk, process.execPath],
  });
  await client.handshake();
  await until("the warning", () => /what servers offer is not remembered.*ENOSPC/.test(client.stderr));
  // As tutti sees it: nobody else sees what it has mounted.
  const within = `/proc/${client.pid}/root${state}`;
  const memory = join(within, "tutti", "servers");
  const remembered = (): string[] => (existsSync(memory) ? readdirSync(memory) : []);
  expect(remembered()).toEqual([]);
  rmSync(join(within, "full"));
  await client.call("one__change_lists", { count: 1 });
  await until("the memory", () => remembered().some((name) => name.endsWith(".json")));
  client.child.stdin.end();
  expect((await client.exit()).code).toBe(0);
  expect(client.stderr.split("what servers offer is not remembered")).toHaveLength(2);
});

test("F48: the log cannot be written (ENOSPC): tutti serves all the same", async () => {
  const through = ["/bin/sh", "-c", 'exec "$0" "$@" 2>/dev/full', process.execPath] as const;
  const noisy = fixture("noisy-stdout.mjs");
  const args = ["serve", "--log", "debug", "--config", configFile({ one: fake(), noisy })];
  const client = start(args, { through: [...through] });
  await client.handshake();
  for (let call = 0; call < 20; call++) {
    expect(textOf(await client.call("noisy__say", { text: "x".repeat(1000) }))).toBe("said");
    expect(textOf(await client.call("one__echo", { text: `${call}` }))).toBe(`${call}`);
  }
  client.child.stdin.end();
  expect((await client.exit()).code).toBe(0);
});
