import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * What the specification demands of a client that signs in (2026-07-28, basic/authorization and its pages), and where it is
 * tested: each row by tests whose title, or that of their group, begins so.
 */
const musts: Readonly<Record<string, readonly string[]>> = {
  "protected resource metadata: by the header, then by the path, then at the root": [
    "is taken from where WWW-Authenticate says",
    "is looked for at the well-known address with the server's path",
    "is looked for at the root after that",
  ],
  "metadata of OAuth and of OpenID, in order": ["of an issuer %s is looked for at OAuth's address"],
  "metadata of another issuer is not used": ["is not used where its issuer is %s"],
  "the issuer is recorded, and iss compared by the table": ["advertised %s, iss %s"],
  "iss is compared as it stands": ["it is compared as it stands"],
  "an error of another issuer is neither acted on nor shown": ["an error from %s is neither acted on nor shown"],
  "PKCE with S256": ["S256 is what is used"],
  "no sign-in without code_challenge_methods_supported": ["sign-in is refused where %s metadata does not say"],
  "resource in authorization and token requests": ["stands in the authorization request and in the token request"],
  "resource is the canonical URI": ["of %s is %s, where its document does not say it better"],
  "resource in renewals": ["has the resource in it"],
  "the token is in the header of every request, never in the query": [
    "is in the header of every request to a %s server",
  ],
  "tokens go to the server of their authorization server alone": ["goes to the server that it is for and to no other"],
  "no token is passed through": ["of a client of tutti's is passed on to no server"],
  "registration: what is configured first": ["first what is configured"],
  "registration: a document then": ["then the document at an address of its own"],
  "a document's address is https with a path": ["a document's address is https with a path"],
  "registration: dynamic then, as a native client": ["then registration, as a native client"],
  "registration: the person is asked last": ["and where there is none of it the person is told"],
  "a refused registration is told": ["a refused registration is told with the reason"],
  "clients are known by issuer, and registered anew with another": ["after a change of it tutti registers anew"],
  "a configured client goes to one issuer": ["an id of the configuration goes to no other"],
  "state is verified": ["with %s it is no answer", "it is of 256 bits"],
  "scopes of a challenge are what is asked for": ["of the challenge are what is asked for"],
  "step-up: all scopes together, few tries": [
    "F53: a tool that needs more rights",
    "F53: a server that answers every token with %i",
  ],
  "refresh tokens are kept to oneself": ["F75: files of tokens are for the user alone", "F60: tokens, codes"],
  "refresh tokens are not counted on": ["is not counted on: without a refresh token"],
  "redirects go to this machine": ["the answer is taken on 127.0.0.1 alone"],
  "endpoints are https": ["to none of "],
  "programs on this machine do not sign in so": ["is never signed in to"],
};

const folders = [import.meta.dirname, join(import.meta.dirname, "..", "faults")];
const sources = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts") && name !== "musts.test.ts")
    .map((name) => readFileSync(join(folder, name), "utf8")),
);

describe("each demand of the specification on a client that signs in", () => {
  test.each(Object.entries(musts))("is tested: %s", (_, titles) => {
    const isThere = (title: string): boolean =>
      sources.some((text) => ['"', "'", "`"].some((quote) => text.includes(`${quote}${title}`)));
    expect(titles.filter((title) => !isThere(title))).toEqual([]);
  });
});
