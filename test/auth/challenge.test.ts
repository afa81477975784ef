import fc from "fast-check";
import { expect, test } from "vitest";
import { readChallenge, scopesIn } from "../../src/auth/challenge.ts";

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const value = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

test.each([
  ["Bearer", { error: undefined, scopes: [], resourceMetadata: undefined }],
  ['bearer scope="a b"', { scopes: ["a", "b"] }],
  ['Basic realm="x, Bearer y", Bearer error="invalid_token",scope = "a"', { error: "invalid_token", scopes: ["a"] }],
  ['Bearer resource_metadata="https://a.example/x?y=\\"z\\""', { resourceMetadata: 'https://a.example/x?y="z"' }],
  ["Bearer error=insufficient_scope, scope=write", { error: "insufficient_scope", scopes: ["write"] }],
  ['DPoP algs="ES256", Bearer scope="a", Bearer scope="b"', { scopes: ["a"] }],
  ["Negotiate abc==, Bearer", { scopes: [] }],
])("%s", (header, expected) => {
  expect(readChallenge(header)).toMatchObject(expected);
});

test.each(["", "Basic realm=x", "Bearerish", 'Basic realm="Bearer scope=a"', "x".repeat(9000)])(
  "nothing in %j",
  (header) => {
    expect(readChallenge(header)).toBeUndefined();
  },
);

test("what is said is read as it was meant, whatever stands around it", () => {
  fc.assert(
    fc.property(
      value,
      fc.array(token, { maxLength: 4 }),
      fc.array(fc.tuple(token, value), { maxLength: 3 }),
      (url, scopes, others) => {
        const names = new Set(["scope", "error", "resource_metadata"]);
        const more = others
          .filter(([name]) => !names.has(name.toLowerCase()))
          .map(([name, text]) => `${name}=${quoted(text)}`);
        const said = [...more, `scope=${quoted(scopes.join(" "))}`, `resource_metadata=${quoted(url)}`].join(", ");
        expect(readChallenge(`Basic realm="a", Bearer ${said}`)).toEqual({
          error: undefined,
          scopes: [...new Set(scopes)],
          resourceMetadata: url,
        });
      },
    ),
  );
});

test("nonsense is read in a time that grows with its length, and throws nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      readChallenge(text);
      readChallenge(`Bearer ${text}`);
      expect(scopesIn(text).every((scope) => !/[\s"\\]/.test(scope))).toBe(true);
    }),
  );
  for (const hostile of [
    'Bearer a="'.repeat(800),
    `Bearer a="${"\\".repeat(8000)}`,
    "Bearer ".repeat(1100),
    "a= ".repeat(2600),
  ]) {
    const before = process.cpuUsage();
    readChallenge(hostile);
    const { user } = process.cpuUsage(before);
    expect(user / 1000).toBeLessThan(200);
  }
});
