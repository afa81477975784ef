import { describe, expect, test } from "vitest";
import { proxyFor } from "../../src/ports/proxy.ts";

const proxies = { HTTPS_PROXY: "http://secure.proxy:3128", HTTP_PROXY: "http://plain.proxy:8080" };

function chosen(url: string, env: Readonly<Record<string, string>>): string {
  const choice = proxyFor(new URL(url), env);
  if (choice.kind === "unusable") return choice.problem;
  return choice.kind === "direct" ? "direct" : `${choice.variable} ${choice.url.host}`;
}

describe("the proxy of a URL", () => {
  for (const [url, env, expected] of [
    ["https://a.test/", {}, "direct"],
    ["https://a.test/", proxies, "HTTPS_PROXY secure.proxy:3128"],
    ["http://a.test/", proxies, "HTTP_PROXY plain.proxy:8080"],
    ["https://a.test/", { HTTP_PROXY: "http://plain.proxy" }, "direct"],
    ["https://a.test/", { ...proxies, https_proxy: "http://lower.proxy:1" }, "https_proxy lower.proxy:1"],
    ["https://a.test/", { ...proxies, https_proxy: "" }, "HTTPS_PROXY secure.proxy:3128"],
    ["https://a.test/", { HTTPS_PROXY: "" }, "direct"],
    ["https://a.test/", { HTTPS_PROXY: "bare.proxy:99" }, "HTTPS_PROXY bare.proxy:99"],
    ["https://a.test/", { HTTPS_PROXY: "http://user:secret@:x" }, "HTTPS_PROXY is no URL"],
    [
      "https://a.test/",
      { HTTPS_PROXY: "socks5://user:secret@s.proxy" },
      "HTTPS_PROXY names a socks5:// proxy; http:// and https:// ones can be used",
    ],
  ] as const) {
    test(`${url} with ${JSON.stringify(env)}: ${expected}`, () => expect(chosen(url, env)).toBe(expected));
  }

  for (const url of [
    "http://localhost:1/",
    "http://api.localhost/",
    "http://127.8.0.1/",
    "http://[::1]:9/",
    "http://0x7f.1/",
  ]) {
    test(`is none for ${url}, which is this machine`, () => expect(chosen(url, proxies)).toBe("direct"));
  }
});

describe("NO_PROXY", () => {
  const table: readonly (readonly [list: string, url: string, isExempt: boolean])[] = [
    ["*", "https://a.test/", true],
    ["a.test", "https://a.test/", true],
    ["A.Test", "https://a.test/", true],
    ["a.test", "https://a.test./", true],
    ["a.test", "https://b.a.test/", true],
    [".a.test", "https://b.a.test/", true],
    ["*.a.test", "https://b.a.test/", true],
    [".a.test", "https://a.test/", true],
    ["a.test", "https://ba.test/", false],
    ["a.test", "https://a.test.evil/", false],
    ["x, a.test", "https://a.test/", true],
    ["x a.test", "https://a.test/", true],
    ["a.test:443", "https://a.test/", true],
    ["a.test:443", "https://a.test:8443/", false],
    ["a.test:8443", "https://b.a.test:8443/", true],
    ["*:8443", "https://b.test:8443/", true],
    ["10.0.0.1", "https://10.0.0.1/", true],
    ["10.0.0.1:443", "https://10.0.0.1/", true],
    ["0.0.1", "https://10.0.0.1/", false],
    ["10.0.0.2", "https://10.0.0.1/", false],
    ["2001:db8::1", "https://[2001:db8::1]/", true],
    ["2001:DB8:0:0::1", "https://[2001:db8::1]/", true],
    ["[2001:db8::1]:443", "https://[2001:db8::1]/", true],
    ["[2001:db8::1]:80", "https://[2001:db8::1]/", false],
    ["", "https://a.test/", false],
    [", ,", "https://a.test/", false],
    ["a.test:x", "https://a.test/", false],
  ];
  for (const [list, url, isExempt] of table) {
    test(`${JSON.stringify(list)} ${isExempt ? "exempts" : "does not exempt"} ${url}`, () => {
      const expected = isExempt ? "direct" : "HTTPS_PROXY secure.proxy:3128";
      expect(chosen(url, { ...proxies, NO_PROXY: list })).toBe(expected);
      expect(chosen(url, { ...proxies, NO_PROXY: "other.test", no_proxy: list || "other.test" })).toBe(expected);
    });
  }
});
