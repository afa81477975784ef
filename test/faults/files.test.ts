import { chmodSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFile, fake, run, start, temporaryFolder } from "../e2e/support/program.ts";

const token = "t0ken-of-32-characters-abcdefghij";

/** The same file, made into one that is not the user's alone. */
const spoilt: Readonly<Record<string, (path: string) => string>> = {
  "others may read": (path) => withMode(path, 0o644),
  "others may write": (path) => withMode(path, 0o620),
  "is a link": (path) => {
    symlinkSync(path, `${path}.link`);
    return `${path}.link`;
  },
  "is a folder": () => temporaryFolder(),
};

function withMode(path: string, mode: number): string {
  chmodSync(path, mode);
  return path;
}

test.each(Object.entries(spoilt))(
  "F75: a token file that %s is refused, with the reason and the cure",
  async (_, spoil) => {
    const path = join(temporaryFolder(), "tokens");
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
    const config = configFile({ a: fake() });
    const { code, stderr } = await run(["serve", "--http", "0", "--token-file", spoil(path), "--config", config]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^tutti: .*cannot be read \((?:others may|it )[^\n]*\)\. Name a file that you alone may read.*\n$/,
    );
    expect(stderr).not.toContain(token);
  },
);

test("F75: where the state folder cannot be written tutti works as before, and says once what is not kept", async () => {
  const blocked = join(temporaryFolder(), "file");
  writeFileSync(blocked, "");
  const client = start(["serve", "--config", configFile({ a: { ...fake(), pins: "quarantine" } })], {
    env: { XDG_STATE_HOME: blocked },
  });
  await client.handshake();
  await client.request("tools/list");
  expect((await client.call("a__echo", { text: "works" })).result).toMatchObject({ content: [{ text: "works" }] });
  client.child.stdin.end();
  await client.exit();
  expect(client.stderr.split("what it offers cannot be pinned").length).toBe(2);
});

test("F75: files that tutti keeps are for the user alone, and so are their folders", async () => {
  const state = temporaryFolder();
  await run(["check", "--config", configFile({ a: fake() })], { env: { XDG_STATE_HOME: join(state, "of", "mine") } });
  const entries = readdirSync(state, { recursive: true, withFileTypes: true });
  expect(entries.filter((entry) => entry.isFile()).length).toBeGreaterThan(1);
  for (const entry of entries) {
    const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
    expect([entry.name, mode]).toEqual([entry.name, entry.isFile() ? 0o600 : 0o700]);
  }
});
