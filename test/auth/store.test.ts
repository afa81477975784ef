import { chmodSync, copyFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Keeper } from "../../src/auth/keeper.ts";
import { signIn } from "../../src/auth/sign-in.ts";
import { Store } from "../../src/auth/store.ts";
import { here, serverAt, signedInHere, somebody } from "./here.ts";

for (const [what, spoil, text] of [
  ["that others may read", (path: string) => chmodSync(path, 0o644), /others may read it \(mode 0644\).*chmod 600$/],
  ["that others may write", (path: string) => chmodSync(path, 0o620), /others may write it \(mode 0620\)/],
  ["that is cut", (path: string) => writeFileSync(path, '{"format":1,"gra'), /it is damaged; remove it$/],
  ["of another form", (path: string) => writeFileSync(path, '{"format":2,"grants":[]}'), /it is damaged; remove it$/],
  [
    "that is a link",
    (path: string) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    },
    /it is a link/,
  ],
] as const) {
  test(`a file ${what} is not used, and says why: nothing is sent, and nobody signs in over it`, async () => {
    const { server, surroundings } = await signedInHere();
    const { path } = new Store(server, surroundings);
    spoil(path);
    expect(() => new Store(server, surroundings).current()).toThrow(text);
    const keeper = new Keeper(server, surroundings);
    expect(keeper.authorization()).toBeUndefined();
    const refusal = { status: 401, challenge: "Bearer", sent: undefined, isRepeated: false } as const;
    expect(await keeper.again(refusal)).toMatchObject({ code: "login_required", text: expect.stringMatching(text) });
    await expect(signIn(server, somebody(), surroundings)).rejects.toMatchObject({ code: "store" });
  });
}

test("a folder that others may look into is not used", async () => {
  const { server, surroundings } = await signedInHere();
  chmodSync(surroundings.folder, 0o755);
  expect(() => new Store(server, surroundings).current()).toThrow(/others may look into it \(mode 0755\); chmod 700$/);
});

test("what is kept for one server is not used for another, whatever its name; what differs in the query is another", () => {
  const { surroundings } = here();
  const paths = [
    "https://a.example/mcp",
    "https://a.example/mcp?team=1",
    "https://a.example/",
    "https://b.example/mcp",
  ].map((url) => new Store(serverAt(url), surroundings).path);
  expect(new Set(paths).size).toBe(4);
  const one = new Store({ ...serverAt("https://a.example/mcp"), name: "other" }, surroundings);
  expect(one.path).toBe(paths[0]);
});

test("the file of one issuer is not used for the next: the server's new one gets nothing of the old", async () => {
  const { authorization, remote, server, surroundings } = await signedInHere();
  const { authorizationServer } = await import("../support/auth/authorization-server.ts");
  const other = await authorizationServer();
  remote.authorization = other;
  await signIn(server, somebody(), surroundings);
  const sent = other.requests.map(({ body, query }) => `${body} ${query}`).join("\n");
  const [first = "none"] = authorization.grants.alive;
  expect(sent).not.toContain(first);
  expect(sent).not.toContain("-of-".concat(new URL(authorization.origin).port));
  expect(new Store(server, surroundings).all().map(({ issuer }) => issuer)).toEqual([
    other.issuer,
    authorization.issuer,
  ]);
});

test("a copy of the file elsewhere is worth nothing there", async () => {
  const { server, surroundings } = await signedInHere();
  const other = here().surroundings;
  const store = new Store(serverAt("https://elsewhere.example/mcp"), other);
  await store.prepare();
  rmSync(store.path);
  copyFileSync(new Store(server, surroundings).path, store.path);
  chmodSync(store.path, 0o600);
  expect(() => store.current()).toThrow(/it is another server's; remove it$/);
});
