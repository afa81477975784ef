import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AuthorizationServer } from "../support/auth/authorization-server.ts";
import { sentOnFrom, visit } from "../support/auth/browser.ts";
import { addressShown, scene, untilLetIn } from "../support/auth/signing-in.ts";
import { home } from "./support/home.ts";
import { configFile, fake, run, start } from "./support/program.ts";
import { until } from "./support/until.ts";

const call = ["call", "it__echo", '{"text": "let in"}'];

test("login opens the browser that BROWSER names, and from then on calls are let in", async () => {
  const { tutti, browser, authorization, server } = await scene();
  const before = await tutti(...call);
  expect([before.code, before.stderr]).toEqual([6, expect.stringContaining('run "tutti login it"')]);
  const login = await tutti("login", "it");
  expect(login.stderr).toBe("");
  expect(login.stdout).toContain(`it: signed in at ${authorization.issuer} (read offline_access).`);
  expect(login.code).toBe(0);
  await until("the browser's last page", () => browser.visits().length === 2);
  expect(browser.visits()[1]).toMatchObject({ status: 200, text: expect.stringMatching(/close/) });
  expect(await tutti(...call)).toMatchObject({ code: 0, stdout: "let in\n" });
  expect(authorization.counts).toMatchObject({ prompts: 1, registrations: 1, codes: 1 });
  expect(server.requests.filter(({ target }) => target !== "/mcp" && !target.startsWith("/.well-known/"))).toEqual([]);
});

test("login --no-browser takes the pasted address over a pipe, and what is none is said so", async () => {
  const { begin, tutti, authorization, browser } = await scene();
  const login = begin("login", "it", "--no-browser");
  const answer = await sentOnFrom(await addressShown(login));
  login.send("http://127.0.0.1/what?is=this");
  await until("a word about it", () => login.lines.some((line) => line.includes("not the address of this sign-in")));
  login.send(`  ${answer}  `);
  expect((await login.exit()).code, login.stderr).toBe(0);
  expect(login.lines.at(-1)).toContain("it: signed in");
  expect(browser.visits()).toEqual([]);
  expect(authorization.counts).toMatchObject({ prompts: 1, codes: 1 });
  expect(await tutti(...call)).toMatchObject({ code: 0, stdout: "let in\n" });
});

test("login without anybody at stdin waits for the browser, which may come late", async () => {
  const { begin } = await scene();
  const login = begin("login", "it", "--no-browser");
  login.child.stdin.end();
  const page = await visit(await addressShown(login));
  expect(page.status).toBe(200);
  expect((await login.exit()).code).toBe(0);
});

test("login --json prints the address and what became of it, a line each, and no secret", async () => {
  const { tutti, authorization, server } = await scene();
  const { code, stdout } = await tutti("login", "it", "--json");
  const [shown, outcome, ...more] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(shown).toEqual({ server: "it", open: expect.stringContaining(`${authorization.origin}/authorize?`) });
  expect(outcome).toMatchObject({
    server: "it",
    issuer: authorization.issuer,
    resource: server.url,
    scopes: ["read", "offline_access"],
    canRefresh: true,
    isKept: true,
    byOther: false,
  });
  expect([code, more]).toEqual([0, []]);
  for (const token of authorization.grants.alive) expect(stdout).not.toContain(token);
});

test("two logins at once ask once, and both are signed in", async () => {
  const { begin, authorization } = await scene();
  const one = begin("login", "it", "--no-browser");
  const address = await addressShown(one);
  const other = begin("login", "it");
  await until("it to wait", () => other.lines.some((line) => line.includes("another tutti")));
  await visit(address);
  expect((await one.exit()).code, one.stderr).toBe(0);
  expect((await other.exit()).code, other.stderr).toBe(0);
  expect(authorization.counts).toMatchObject({ prompts: 1, codes: 1 });
  expect(other.lines.at(-1)).toContain("it: signed in by another tutti");
});

test("a person who says no is told so, with a code of its own and exit code 6", async () => {
  const faults = {
    authorize: (back: URL) => {
      back.searchParams.delete("code");
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "You said no.");
      return back;
    },
  };
  const { tutti, authorization } = await scene({ faults });
  const { code, stderr } = await tutti("login", "it", "--json");
  expect(JSON.parse(stderr)).toEqual({ error: { code: "denied", message: expect.stringContaining("access_denied") } });
  expect(code).toBe(6);
  expect(authorization.counts.codes).toBe(0);
});

test("a signal ends a login, and the next one is not held up by it", async () => {
  const { begin, tutti } = await scene();
  const login = begin("login", "it", "--no-browser");
  await addressShown(login);
  login.child.kill("SIGINT");
  expect((await login.exit()).code).toBe(1);
  expect(login.stderr).toBe("tutti: ended by a signal; nobody is signed in.\n");
  expect(await tutti("login", "it")).toMatchObject({ code: 0 });
});

test("a login that is given up takes nothing away, though it had to be registered anew", async () => {
  const { begin, tutti, authorization } = await scene();
  await tutti("login", "it");
  const taken = createServer().listen(portOf(authorization), "127.0.0.1");
  onTestFinished(() => void taken.close());
  await until("the port to be taken", () => taken.listening);
  const login = begin("login", "it", "--no-browser");
  await addressShown(login);
  expect(authorization.counts.registrations).toBe(2);
  login.child.kill("SIGINT");
  await login.exit();
  expect(await tutti(...call)).toMatchObject({ code: 0, stdout: "let in\n" });
  // What was registered for it serves the next one.
  expect(await tutti("login", "it")).toMatchObject({ code: 0, stderr: "" });
  expect(authorization.counts.registrations).toBe(2);
});

test("a login that was killed holds up nobody", async () => {
  const { begin, tutti } = await scene();
  const login = begin("login", "it", "--no-browser");
  await addressShown(login);
  login.child.kill("SIGKILL");
  await login.exit();
  expect(await tutti("login", "it")).toMatchObject({ code: 0 });
});

test("where no browser can be started the address is enough", async () => {
  const { config, at } = await scene();
  const env = { ...at.env, BROWSER: "/no/such/browser" };
  const login = start(["login", "it", "--config", config], { env });
  const address = await addressShown(login);
  await until("a word about it", () => login.lines.some((line) => line.startsWith("No browser was opened: ")));
  await visit(address);
  expect((await login.exit()).code).toBe(0);
});

test("logout takes back the tokens and removes them, says so, and says when there are none", async () => {
  const { tutti, authorization, state } = await scene();
  await tutti("login", "it");
  const tokens = authorization.grants.alive;
  expect(tokens).toHaveLength(2);
  const first = await tutti("logout", "it");
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(/^it: signed out; .*taken back/);
  expect(authorization.grants.alive).toEqual([]);
  const kept = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = kept.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")).join("\n");
  for (const token of tokens) expect(texts).not.toContain(token);
  expect((await tutti("logout", "it", "--json")).stdout).toBe('{"server":"it","had":false,"isRevoked":false}\n');
  const after = await tutti(...call);
  expect([after.code, after.stderr]).toEqual([6, expect.stringContaining('run "tutti login it"')]);
});

test("logout works where nothing can be taken back, and says that the tokens end by themselves", async () => {
  const { tutti } = await scene({
    faults: { metadata: ({ revocation_endpoint: _none, ...others }) => others },
  });
  await tutti("login", "it");
  expect((await tutti("logout", "it")).stdout).toMatch(/removed from this machine\..*end by themselves/);
});

test("a running tutti uses what a login has brought, without a restart, and nothing after a logout", async () => {
  const { tutti, serve } = await scene();
  const client = await serve();
  expect(JSON.stringify(await client.call("it__echo", { text: "x" }))).not.toContain('"x"');
  await tutti("login", "it");
  await untilLetIn(client);
  await tutti("logout", "it");
  expect(JSON.stringify(await client.call("it__echo", { text: "y" }))).toContain("tutti login it");
});

test.each([
  [["login", "nobody"], 'no server "nobody"'],
  [["logout", "nobody"], 'no server "nobody"'],
  [["login", "program"], "takes its credentials from its variables"],
  [["login"], "A word is missing"],
  [["login", "a", "b"], "one word too many"],
  [["logout", "a", "--no-browser"], "does not go with this command"],
])("%j is refused: %s", async (args, why) => {
  const { code, stderr } = await run([...args, "--config", configFile({ program: fake() })]);
  expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
});

test("a shell completes the servers that one can sign in to", async () => {
  const { at } = home({ isEmpty: true });
  await run(["add", "memory", "--", "x"], at);
  await run(["add", "notes", "https://notes.example/mcp"], at);
  for (const command of ["login", "logout"]) {
    expect((await run(["completion", "words", "--", command, ""], at)).stdout).toBe("notes\n");
  }
});

/** Where the answer of the last sign-in went. */
function portOf({ requests }: AuthorizationServer): number {
  const redirects = requests.flatMap(({ query }) => query.get("redirect_uri") ?? []);
  return Number(new URL(redirects.at(-1) ?? "").port);
}
