import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../src/observe/redact.ts";

describe("what is redacted", () => {
  test("is every secret wherever it stands", () => {
    const redact = createRedactor(["abc123", "xyz789"]);
    expect(redact("abc123 in xyz789, twice abc123abc123")).toBe("[redacted] in [redacted], twice [redacted][redacted]");
  });

  test("is the whole of a secret that begins like another", () => {
    expect(createRedactor(["token", "token-long"])("token-long token")).toBe("[redacted] [redacted]");
  });

  test("is a secret as JSON writes it, too", () => {
    const secret = 'a"b\\c\nd';
    expect(createRedactor([secret])(`raw ${secret} json ${JSON.stringify(secret)}`)).toBe(
      'raw [redacted] json "[redacted]"',
    );
  });

  test("is a secret made harmless to show, and that as JSON writes it", () => {
    const secret = "key\u001b\u202e1";
    expect(createRedactor([secret])("key\\x1b\\u202e1, key\\\\x1b\\\\u202e1")).toBe("[redacted], [redacted]");
  });

  test("is each line of a secret of several lines, but for short ones", () => {
    const redact = createRedactor(["-----BEGIN KEY-----\nMIIEvQIBADANBg\r\nx=\n-----END KEY-----"]);
    expect(redact("-----BEGIN KEY-----")).toBe("[redacted]");
    expect(redact("line 2: MIIEvQIBADANBg, x=1")).toBe("line 2: [redacted], x=1");
  });

  test("is taken as it stands, not as a pattern", () => {
    expect(createRedactor(["a.c", "$&", "(x"])("abc a.c $& (x")).toBe("abc [redacted] [redacted] [redacted]");
  });

  test("is nothing where there is no secret or an empty one", () => {
    expect(createRedactor([])("text")).toBe("text");
    expect(createRedactor([""])("text")).toBe("text");
  });

  test("never leaves a secret, whatever the secrets and the text", () => {
    const secret = fc.string({ minLength: 8, maxLength: 20, unit: fc.constantFrom("p", "q", "w") });
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(3)), (secrets, picks) => {
        const text = picks.map((pick) => secrets[pick % secrets.length]).join("-");
        const shown = createRedactor(secrets)(text);
        for (const one of secrets) expect(shown).not.toContain(one);
      }),
    );
  });
});
