import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { configFile, run, type Started } from "../e2e/support/program.ts";
import { markOf, textOf } from "../e2e/support/raw-client.ts";
import { until } from "../e2e/support/until.ts";
import { type AuthFaults, authorizationServer } from "../support/auth/authorization-server.ts";
import { sentOnFrom } from "../support/auth/browser.ts";
import { addressShown, type Scene, scene, untilLetIn } from "../support/auth/signing-in.ts";

const processes = 5;
const callsOfEach = 8;

/** Five tuttis of one user that are signed in and ready. */
async function five({ tutti, serve }: Scene): Promise<readonly Started[]> {
  expect((await tutti("login", "it")).code).toBe(0);
  const clients = await Promise.all(Array.from({ length: processes }, serve));
  for (const client of clients) expect(textOf(await client.call("it__echo", { text: "warm" }))).toBe("warm");
  return clients;
}

/** All of them call at once; gives what was not answered as it should be. */
async function allCall(clients: readonly Started[]): Promise<readonly string[]> {
  const calls = clients.flatMap((client, at) =>
    Array.from({ length: callsOfEach }, async (_, call) => {
      const text = `${at}/${call}`;
      const said = textOf(await client.call("it__echo", { text }));
      return said === text ? [] : [said];
    }),
  );
  return (await Promise.all(calls)).flat();
}

test.each(["modern", "legacy"] as const)(
  "F71: 5 processes with 8 calls each when the token ends (%s server): one refresh, no failure, nobody is asked",
  async (era) => {
    const world = await scene({ era });
    const { authorization } = world;
    const clients = await five(world);
    authorization.grants.expireAccess();
    expect(await allCall(clients)).toEqual([]);
    expect(authorization.counts).toEqual({ prompts: 1, registrations: 1, codes: 1, refreshes: 1, revocations: 0 });
    expect(authorization.grants.reused).toBe(0);
  },
);

test("F71: the same with an authorization server that takes its time: one refresh, no failure", async () => {
  const world = await scene();
  const { authorization } = world;
  const clients = await five(world);
  authorization.faults.beforeReply = () => new Promise((resolve) => setTimeout(resolve, 1500));
  authorization.grants.expireAccess();
  expect(await allCall(clients)).toEqual([]);
  expect(authorization.counts).toMatchObject({ prompts: 1, refreshes: 1 });
});

test("F71: a refresh token that is refused (invalid_grant) is not sent again, and a sign-in mends it for all that run", async () => {
  const world = await scene();
  const { authorization, tutti, serve } = world;
  expect((await tutti("login", "it")).code).toBe(0);
  const clients = [await serve(), await serve()] as const;
  authorization.faults.tokenRefusal = (form) =>
    form.get("grant_type") === "refresh_token" ? [400, { error: "invalid_grant" }] : undefined;
  authorization.grants.expireAccess();
  for (let round = 0; round < 3; round++) {
    for (const client of clients) {
      expect(markOf(await client.call("it__echo", { text: "x" }))).toMatchObject({ code: "login_required" });
    }
  }
  expect(authorization.counts.refreshes).toBe(1);
  expect((await tutti("login", "it")).code).toBe(0);
  await Promise.all(clients.map(untilLetIn));
  // What was known of tutti there was not thrown away.
  expect(authorization.counts).toMatchObject({ registrations: 1, prompts: 2 });
});

test("F72: a process that dies between the answer to its refresh and the save: the next one asks to sign in, once, and does not loop", async () => {
  const world = await scene();
  const { authorization, serve, tutti } = world;
  expect((await tutti("login", "it")).code).toBe(0);
  const doomed = await serve();
  authorization.faults.beforeReply = () => void doomed.child.kill("SIGKILL");
  authorization.grants.expireAccess();
  doomed.ask("tools/call", { name: "it__echo", arguments: { text: "x" } });
  await doomed.exit();
  delete authorization.faults.beforeReply;
  const next = await serve();
  for (let call = 0; call < 5; call++) {
    const reply = await next.call("it__echo", { text: "y" });
    expect(markOf(reply)).toMatchObject({ code: "login_required", mayHaveRun: false });
    expect(textOf(reply)).toContain('run "tutti login it"');
  }
  // One by each: the first was answered and lost, the second was told that its token is used.
  expect(authorization.counts).toMatchObject({ refreshes: 2, prompts: 1 });
  expect(authorization.grants.reused).toBe(1);
  expect((await tutti("login", "it")).code).toBe(0);
  await untilLetIn(next);
  expect(authorization.counts).toMatchObject({ refreshes: 2, prompts: 2, registrations: 1 });
});

const wrongAnswers: Readonly<Record<string, (back: URL) => void>> = {
  "another issuer": (back) => back.searchParams.set("iss", "https://other.example"),
  "no issuer": (back) => back.searchParams.delete("iss"),
  "an error of another issuer": (back) => {
    back.searchParams.delete("code");
    back.searchParams.set("error", "evil_error");
    back.searchParams.set("error_description", "evil description");
    back.searchParams.set("iss", "https://other.example");
  },
};

test.each(Object.entries(wrongAnswers))(
  "F73: an answer with %s is refused, and its text is not shown",
  async (_, change) => {
    const faults: AuthFaults = {
      authorize: (back) => {
        change(back);
        return back;
      },
    };
    const { tutti, authorization, browser } = await scene({ faults });
    const { code, stdout, stderr } = await tutti("login", "it", "--json");
    expect(code).toBe(6);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "bad_answer" } });
    expect(`${stdout}${stderr}${browser.visits().at(-1)?.text}`).not.toMatch(/evil/);
    expect(authorization.counts.codes).toBe(0);
  },
);

test("F73: a state that is used again, or somebody else's, is answered with nothing, and brings no second code", async () => {
  const { begin, authorization } = await scene();
  const login = begin("login", "it", "--no-browser");
  const answer = new URL(await sentOnFrom(await addressShown(login)));
  const forged = new URL(answer);
  forged.searchParams.set("state", "A".repeat(43));
  forged.searchParams.set("code", "stolen");
  expect((await fetch(forged)).status).toBeGreaterThanOrEqual(400);
  const [one, other] = await Promise.all(
    [answer, answer].map((url) =>
      fetch(url).then(
        ({ status }) => status,
        () => 0,
      ),
    ),
  );
  expect(Math.max(one ?? 0, other ?? 0)).toBeGreaterThanOrEqual(200);
  expect((await login.exit()).code).toBe(0);
  expect(authorization.requests.flatMap(({ form }) => form.get("code") ?? [])).toEqual([
    answer.searchParams.get("code"),
  ]);
});

test.each([
  ["absent", ({ code_challenge_methods_supported: _none, ...others }) => others],
  ["without S256", (usual) => ({ ...usual, code_challenge_methods_supported: ["plain"] })],
] as [string, NonNullable<AuthFaults["metadata"]>][])(
  "F74: PKCE methods %s: refused before anybody is asked, and a setting overrides it",
  async (_, metadata) => {
    const world = await scene({ faults: { metadata } });
    const { code, stderr } = await world.tutti("login", "it", "--json");
    expect(code).toBe(6);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "no_pkce", message: expect.stringContaining("oauth") } });
    expect([world.browser.visits(), world.authorization.counts.registrations]).toEqual([[], 0]);
    const config = configFile({ it: { url: world.server.url, oauth: { pkce: "unchecked" } } });
    expect((await run(["login", "it", "--config", config], world.at)).code).toBe(0);
  },
);

test("F76: the port of the callback is taken: another one is used and registered, and nothing crashes", async () => {
  const { tutti, authorization } = await scene();
  expect((await tutti("login", "it")).code).toBe(0);
  const port = Number(new URL(redirectsOf(authorization)[0] ?? "").port);
  const taken = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await until("the port to be taken", () => taken.listening);
  const again = await tutti("login", "it");
  expect([again.code, again.stderr]).toEqual([0, ""]);
  expect(authorization.counts).toMatchObject({ registrations: 2, codes: 2 });
  expect(new URL(redirectsOf(authorization)[1] ?? "").port).not.toBe(String(port));
});

test("F76: the same where the port is configured", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await until("a port to be taken", () => taken.listening);
  const address = taken.address();
  const callbackPort = typeof address === "object" ? address?.port : 0;
  const { tutti, authorization } = await scene({ oauth: { callbackPort } });
  const login = await tutti("login", "it");
  expect([login.code, login.stderr]).toEqual([0, ""]);
  expect(new URL(redirectsOf(authorization)[0] ?? "").port).not.toBe(String(callbackPort));
});

test("F77: the issuer changes: nothing of the old one is sent to the new one, and a sign-in registers there", async () => {
  const { tutti, serve, authorization: old, server } = await scene();
  expect((await tutti("login", "it")).code).toBe(0);
  const client = await serve();
  const known = [...old.grants.alive, ...old.requests.flatMap(({ form }) => form.get("client_id") ?? [])];
  const next = await authorizationServer();
  server.authorization = next;
  for (let call = 0; call < 3; call++) {
    expect(markOf(await client.call("it__echo", { text: "x" }))).toMatchObject({ code: "login_required" });
  }
  expect((await tutti("login", "it")).code).toBe(0);
  await untilLetIn(client);
  expect(next.counts).toMatchObject({ registrations: 1, prompts: 1, codes: 1, refreshes: 0 });
  const sent = next.requests.map(({ body, query, headers }) => JSON.stringify([body, `${query}`, headers])).join("\n");
  for (const secret of [...known, ...old.grants.alive]) expect(sent).not.toContain(secret);
});

function redirectsOf({ requests }: Scene["authorization"]): readonly string[] {
  return requests.filter(({ path }) => path === "/authorize").flatMap(({ query }) => query.get("redirect_uri") ?? []);
}
