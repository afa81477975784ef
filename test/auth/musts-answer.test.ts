import { describe, expect, test } from "vitest";
import type { AuthError } from "../../src/auth/auth-error.ts";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { sentOnFrom } from "../support/auth/browser.ts";
import { person } from "../support/auth/person.ts";
import { protectedServer } from "../support/auth/protected-server.ts";

// What the specification (2026-07-28, basic/authorization) demands of a client that gets the answer of a browser.

/** Signs in where the answer is made into what `change` makes of it; gives what came of it. */
async function answered(change: (back: URL, issuer: string) => URL, isAdvertised?: boolean) {
  const authorization = await authorizationServer();
  const server = await protectedServer(authorization);
  authorization.faults.authorize = (back) => change(back, authorization.issuer);
  authorization.faults.metadata = ({ authorization_response_iss_parameter_supported: _usual, ...others }) => ({
    ...others,
    ...(isAdvertised !== undefined && { authorization_response_iss_parameter_supported: isAdvertised }),
  });
  const pages: string[] = [];
  const one = person(async (address) => void pages.push(await (await fetch(address)).text()));
  const outcome = await one.signIn(server.url).then(
    () => "signed in",
    (cause: AuthError) => cause,
  );
  return { outcome, authorization, pages };
}

function withIss(iss: string | undefined): (back: URL) => URL {
  return (back) => {
    if (iss === undefined) back.searchParams.delete("iss");
    else back.searchParams.set("iss", iss);
    return back;
  };
}

describe("MUST: the issuer of an answer, by the table of the specification", () => {
  test.each([
    [true, "present", "signed in", (back: URL) => back],
    [true, "absent", "bad_answer", withIss(undefined)],
    [true, "another", "bad_answer", withIss("https://other.example")],
    [false, "present", "signed in", (back: URL) => back],
    [false, "another", "bad_answer", withIss("https://other.example")],
    [false, "absent", "signed in", withIss(undefined)],
    [undefined, "present", "signed in", (back: URL) => back],
    [undefined, "another", "bad_answer", withIss("https://other.example")],
    [undefined, "absent", "signed in", withIss(undefined)],
  ])("advertised %s, iss %s: %s", async (isAdvertised, _, expected, change) => {
    const { outcome, authorization } = await answered(change, isAdvertised);
    expect(typeof outcome === "string" ? outcome : outcome.code).toBe(expected);
    // The code goes to no token endpoint before that.
    expect(authorization.counts.codes).toBe(expected === "signed in" ? 1 : 0);
  });

  test.each([
    ["a slash at its end", (issuer: string) => `${issuer}/`],
    ["capitals in its scheme", (issuer: string) => issuer.replace("http", "HTTP")],
    ["another name of the same machine", (issuer: string) => issuer.replace("127.0.0.1", "localhost")],
    ["a character written otherwise", (issuer: string) => issuer.replace("127", "%31%32%37")],
    ["nothing in it", () => ""],
  ])("it is compared as it stands: with %s it is another", async (_, change) => {
    const { outcome } = await answered((back, issuer) => withIss(change(issuer))(back));
    expect(outcome).toMatchObject({ code: "bad_answer" });
  });

  test("of an answer twice is none", async () => {
    const { outcome } = await answered((back, issuer) => {
      back.searchParams.append("iss", issuer);
      return back;
    });
    expect(outcome).toMatchObject({ code: "bad_answer" });
  });

  test.each([
    ["another issuer", withIss("https://other.example")],
    ["no issuer", withIss(undefined)],
    [
      "another state",
      (back: URL) => {
        back.searchParams.set("state", "forged");
        return back;
      },
    ],
  ])(
    "an error from %s is neither acted on nor shown",
    async (_, change) => {
      const { outcome, pages, authorization } = await answered((back) => {
        back.searchParams.delete("code");
        back.searchParams.set("error", "access_denied_by_evil");
        back.searchParams.set("error_description", "evil description");
        back.searchParams.set("error_uri", "https://evil.example/");
        return change(back);
      }, true);
      expect(outcome).toMatchObject({ code: expect.stringMatching(/^(?:bad_answer|abandoned)$/) });
      expect(`${JSON.stringify(outcome)} ${(outcome as AuthError).message} ${pages.join()}`).not.toMatch(/evil/);
      expect(authorization.counts.codes).toBe(0);
    },
    60_000,
  );

  test("an error from the right issuer is shown, on one line", async () => {
    const { outcome } = await answered((back) => {
      back.searchParams.delete("code");
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "You said no.\n\u001b[2Jtutti: all is well");
      return back;
    });
    expect(outcome).toMatchObject({ code: "denied", message: expect.stringContaining("access_denied") });
    expect((outcome as AuthError).message).not.toMatch(/\p{Cc}/u);
  });
});

describe("MUST: the state of an answer", () => {
  test.each([
    ["another", "forged"],
    ["none", undefined],
    ["an empty one", ""],
  ])("with %s it is no answer, and the right one still counts", async (_, state) => {
    const authorization = await authorizationServer();
    const server = await protectedServer(authorization);
    const one = person(async (address) => {
      const answer = new URL(await sentOnFrom(address));
      const forged = new URL(answer);
      forged.searchParams.set("code", "a code of somebody else's");
      if (state === undefined) forged.searchParams.delete("state");
      else forged.searchParams.set("state", state);
      expect((await fetch(forged)).status).toBeGreaterThanOrEqual(400);
      await fetch(answer);
    });
    expect(await one.signIn(server.url)).toMatchObject({ canRefresh: true });
    expect(authorization.requests.flatMap(({ form }) => form.get("code") ?? [])).toEqual([
      expect.stringMatching(/^code-/),
    ]);
  });

  test("it is of 256 bits, another one each time, and good once", async () => {
    const authorization = await authorizationServer();
    const server = await protectedServer(authorization);
    const answers: string[] = [];
    const second: (number | string)[] = [];
    const one = person(async (address) => {
      const answer = await sentOnFrom(address);
      answers.push(answer);
      await fetch(answer);
      second.push(
        await fetch(answer).then(
          ({ status }) => status,
          () => "nobody there",
        ),
      );
    });
    await one.signIn(server.url);
    await one.signIn(server.url);
    const states = answers.map((answer) => new URL(answer).searchParams.get("state") ?? "");
    for (const state of states) expect(Buffer.from(state, "base64url").length).toBeGreaterThanOrEqual(32);
    expect(new Set(states).size).toBe(2);
    expect(authorization.counts.codes).toBe(2);
    for (const outcome of second) expect(["nobody there", 400, 403, 404, 409, 410]).toContain(outcome);
  });

  test("the answer is taken on 127.0.0.1 alone, at the literal address", async () => {
    const authorization = await authorizationServer();
    const server = await protectedServer(authorization);
    await person().signIn(server.url);
    const redirects = authorization.requests.flatMap(({ query }) => query.get("redirect_uri") ?? []);
    expect(redirects).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//)]);
  });
});
