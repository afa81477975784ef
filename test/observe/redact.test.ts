import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../src/observe/redact.ts";
import { cpuTimer } from "../support/cpu.ts";

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

  const secret = 's3cr"et/wörd + 1?';
  const base64 = Buffer.from(secret).toString("base64");
  test.each([
    ["as a URL has it", encodeURIComponent(secret)],
    ["as a URL has it, in small letters", encodeURIComponent(secret).toLowerCase()],
    ["as a form has it", new URLSearchParams({ a: secret }).toString().slice(2)],
    ["as a URL has it that leaves what it can", encodeURI(secret)],
    ["as JSON in ASCII has it", JSON.stringify(secret).slice(1, -1).replace("ö", "\\u00F6").replace("/", "\\/")],
    ["as JSON in JSON in JSON has it", JSON.stringify(JSON.stringify(JSON.stringify({ secret })))],
    ["as JSON in a URL has it", encodeURIComponent(JSON.stringify(secret))],
    ["as a URL in JSON has it", JSON.stringify(`https://x/?a=${encodeURIComponent(secret)}`)],
    ["in base64", base64],
    ["in base64url", Buffer.from(secret).toString("base64url")],
    ["in base64 in a URL", encodeURIComponent(base64)],
    ["in base64 behind a user", Buffer.from(`me:${secret}`).toString("base64")],
    ["in base64 in the middle", Buffer.from(`{"a":"${secret}","b":1}`).toString("base64url")],
  ])("is a secret %s", (_, written) => {
    const shown = createRedactor([secret])(`before ${written} after`);
    expect(shown).toMatch(/^before .*\[redacted\].* after$/);
    expect(shown).not.toMatch(/s3cr|rd|s3|w%/);
    for (const part of [base64.slice(2, 10), base64.slice(-8)]) expect(shown).not.toContain(part);
  });

  test("is both of two that overlap", () => {
    expect(createRedactor(["abcdefgh", "efghijkl", "cdef"])("-abcdefghijkl-")).toBe("-[redacted]-");
  });

  test("is what is left of a secret where a text was cut", () => {
    const redact = createRedactor(["abcdefgh", "0123456789/x", "k".repeat(9000)]);
    expect(redact("saw abcde… and abc…")).toBe("saw [redacted]… and abc…");
    expect(redact("saw abcde")).toBe("saw abcde");
    expect(redact("in a URL 0123456789%2…")).toBe("in a URL [redacted]…");
    expect(redact(`${"k".repeat(4096)}…`)).toBe("[redacted]…");
    expect(redact(`${Buffer.from("abcdefgh").toString("base64").slice(0, 7)}…`)).toBe("[redacted]…");
  });

  test("leaves JSON JSON", () => {
    const secret = 'a"b\\c\nd e';
    const line = JSON.stringify({ one: `x${secret}y`, two: encodeURIComponent(secret), three: JSON.stringify(secret) });
    expect(JSON.parse(createRedactor([secret])(line))).toEqual({
      one: "x[redacted]y",
      two: "[redacted]",
      three: '"[redacted]"',
    });
  });

  test("costs one pass over the text, however many secrets there are and however alike", () => {
    const secrets = Array.from({ length: 200 }, (_, index) => `secret-${"x".repeat(index)}-${index}`);
    const hostile = `${"secret-".repeat(6000)}${"%41\\u0041".repeat(1000)}${base64.repeat(1000)}`;
    const [few, many] = [createRedactor([...secrets.slice(0, 2), secret]), createRedactor([...secrets, secret])];
    const cpuOf = (run: () => void): number => {
      const spentMs = cpuTimer();
      run();
      return spentMs();
    };
    cpuOf(() => many(hostile));
    const [some, all] = [cpuOf(() => few(hostile)), cpuOf(() => many(hostile))];
    // A hundred times the secrets, and every place of the text begins like all of them.
    expect(all).toBeLessThan(20 * some + 500);
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
