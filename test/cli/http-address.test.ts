import { describe, expect, test } from "vitest";
import { readHttpAddress, readTokens } from "../../src/cli/http-address.ts";
import { ConfigError } from "../../src/config/config-error.ts";

describe("what --http is given", () => {
  test.each([
    ["8080", "localhost", 8080],
    ["0", "localhost", 0],
    ["localhost:8080", "localhost", 8080],
    ["LOCALHOST:8080", "localhost", 8080],
    ["127.0.0.1:1", "127.0.0.1", 1],
    ["127.1:80", "127.0.0.1", 80],
    ["0.0.0.0:65535", "0.0.0.0", 65535],
    ["[::1]:8080", "::1", 8080],
    ["[0:0:0:0:0:0:0:1]:8080", "::1", 8080],
    ["[::]:8080", "::", 8080],
    ["mcp.example.com:443", "mcp.example.com", 443],
    ["my-box:8080", "my-box", 8080],
  ])("%s is host %s and port %i", (text, host, port) => {
    expect(readHttpAddress(text)).toEqual({ host, port });
  });

  test.each([
    ["", "port"],
    ["65536", "port"],
    ["99999999", "port"],
    ["-1", "port"],
    ["80a", "port"],
    ["0x50", "port"],
    ["8080 ", "port"],
    ["localhost", "port"],
    ["localhost:", "port"],
    ["127.0.0.1", "port"],
    [":8080", "0.0.0.0"],
    ["::1:8080", "brackets"],
    ["::1", "brackets"],
    ["[::1]", "port"],
    ["[::1:8080", "brackets"],
    ["[::g]:8080", "neither"],
    ["[fe80::1%eth0]:8080", "neither"],
    ["[]:8080", "neither"],
    ["[127.0.0.1]:8080", "neither"],
    ["256.1.1.1:80", "neither"],
    ["1.2.3.4.5:80", "neither"],
    ["a b:80", "neither"],
    ["user@localhost:80", "neither"],
    ["localhost/mcp:80", "neither"],
    ["*:8080", "neither"],
    ["local\nhost:8080", "neither"],
    ["http://localhost:8080", "scheme"],
    ["http://localhost:8080/mcp", "scheme"],
  ])("%j is refused in one line that helps", (text, cure) => {
    const problem = problemOf(() => readHttpAddress(text));
    expect(problem).toContain(cure);
    expect(problem).not.toContain("\n");
  });
});

describe("tokens", () => {
  test("stand one in a line, whatever ends the lines", () => {
    const text = "\n  first-token-of-16+  \r\nsecond-token-of/16=\rthird~token.of_16\n\nfirst-token-of-16+\n";
    expect(readTokens(text, "tokens")).toEqual(["first-token-of-16+", "second-token-of/16=", "third~token.of_16"]);
  });

  test.each([
    ["", "no token"],
    [" \n\t\r\n ", "no token"],
    ["a".repeat(15), "line 1"],
    [`${"a".repeat(16)}\nsecret`, "line 2"],
    [`${"a".repeat(16)} secret`, "one word"],
    [`${"a".repeat(16)}ü`, "one word"],
    [`${"a".repeat(16)}\0`, "one word"],
  ])("%j is refused, and not told", (text, cure) => {
    const problem = problemOf(() => readTokens(text, "TUTTI_HTTP_TOKEN"));
    expect(problem).toContain(cure);
    expect(problem).toContain("TUTTI_HTTP_TOKEN");
    expect(problem).not.toMatch(/aaa|secret|\n/);
  });
});

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.message;
    throw cause;
  }
  throw new Error("It was not refused.");
}
