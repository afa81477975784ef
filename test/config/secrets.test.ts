// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { expect, test } from "vitest";
import { complaint, loadText } from "./load-text.ts";

test("values from variables, env and headers are secrets, each once", async () => {
  const { secrets } = await loadText(
    {
      servers: {
        one: {
          command: "a",
          args: ["--key=${KEY}"],
          env: { PASSWORD: "hunter2!", AGAIN: "${KEY}", MIXED: "x-${KEY}" },
        },
        two: { url: "https://x/${IN_URL}", headers: { "X-Key": "plain-key" } },
      },
    },
    { KEY: "from-a-variable", IN_URL: "in-the-url" },
  );
  expect(secrets).toEqual(["hunter2!", "from-a-variable", "x-from-a-variable", "in-the-url", "plain-key"]);
});

test("what follows the scheme of a header is a secret of its own", async () => {
  const headers = { Authorization: "Bearer abcdef123", "X-Other": "token  zyxwvu987", Accept: "a/b, c/d" };
  const { secrets } = await loadText({ servers: { a: { url: "https://x", headers } } });
  expect(secrets).toEqual(["Bearer abcdef123", "abcdef123", "token  zyxwvu987", "zyxwvu987"]);
});

test("the password in a Basic header is a secret of its own, and what Accept and the like say is none", async () => {
  const headers = {
    Authorization: `Basic ${Buffer.from("ada:pass-word").toString("base64")}`,
    "User-Agent": "some program",
    "Content-Type": "application/json",
  };
  const { secrets } = await loadText({ servers: { a: { url: "https://x", headers } } });
  expect(secrets).toEqual([headers.Authorization, "YWRhOnBhc3Mtd29yZA==", "pass-word"]);
});

test("what says where and how a program runs is none, unless its name says otherwise", async () => {
  const env = {
    NODE_ENV: "production",
    LOG_LEVEL: "everything",
    DB_HOST: "db.internal",
    API_URL: "https://api.example.com",
    LISTEN: "localhost:8080",
    TIMEOUT_MS: 300_000,
    ADDRESSES: "10.0.0.1,10.0.0.2",
    MODEL: "verbose",
  };
  expect((await loadText({ servers: { a: { command: "a", env } } })).secrets).toEqual([]);
  const named = { SECRET_MODE: "production", KEY_ID: 123_456_789, TOKEN: "https://example.com", WORD: "swordfish" };
  const { secrets } = await loadText({ servers: { a: { command: "a", env: named } } });
  expect(secrets).toEqual(["production", "123456789", "https://example.com", "swordfish"]);
});

test("the password of an address in a variable is one, and that of a proxy of ours", async () => {
  const env = { DATABASE: "postgres://ada:pass-word@db/x" };
  const { secrets } = await loadText(
    { servers: { a: { command: "a", env } } },
    { HTTPS_PROXY: "http://someone:by-proxy@proxy:3128", NO_PROXY: "localhost" },
  );
  expect(secrets).toEqual(["someone", "by-proxy", "postgres://ada:pass-word@db/x", "pass-word"]);
});

test("short values, switches, numbers and paths are none", async () => {
  const env = { A: "short", B: true, C: 65535, D: "/usr/local/bin", E: "C:\\Windows", F: "false", G: "${HOME}", H: "" };
  expect((await loadText({ servers: { a: { command: "${HOME}/a", env } } }, { HOME: "/home/me" })).secrets).toEqual([]);
});

test("what looks like a path is a secret under a name that says so, and the current folder is not", async () => {
  const env = { API_KEY: "/9j/4AAQSkZJRg", DB_PWD: "/abcdef", X: "${SECRET_X}", PWD: "/home/me" };
  const { secrets } = await loadText({ servers: { a: { command: "a", env } } }, { SECRET_X: "/qwertz" });
  expect(secrets).toEqual(["/9j/4AAQSkZJRg", "/abcdef", "/qwertz"]);
});

test("a default in the file is no secret outside of env and headers", async () => {
  expect((await loadText({ servers: { a: { command: "a", args: ["${X:-default-value}"] } } })).secrets).toEqual([]);
});

test("no error shows a value of env, a header or an address", async () => {
  const message = await complaint(
    {
      servers: {
        a: { command: "a", env: { A: ["s3cr3t"], B: null } },
        e: { command: "a", env: { C: 1.23456789, D: "s3cr3t\0", E: "${s3cr3t:x}" } },
        b: { url: "ftp://s3cr3t@x", headers: { "X-A": "${LINES}", "X-B": { s3cr3t: 1 } } },
        c: { url: "s3cr3t" },
        d: { url: "https://x", headers: { "X-A": "${LINES}" } },
      },
    },
    { LINES: "s3cr3t\n" },
  );
  expect(message.split("\n")).toHaveLength(8);
  expect(message).not.toMatch(/s3cr3t|1\.2345/);
});

test("a user and a password in an address are secrets, and what its query calls one", async () => {
  const url = "https://some-user:p%40ssword@x/mcp?apiKey=abc%2F1234&page=12345678&token=short";
  const { secrets } = await loadText({ servers: { a: { url } } });
  expect(secrets).toEqual(["some-user", "p%40ssword", "p@ssword", "abc/1234", "abc%2F1234"]);
});

test("what stands behind a switch that says it, and in addresses among the arguments, is a secret; paths are none", async () => {
  const args = [
    ...["--api-key", "abcdef-1", "--token=abcdef-2", "--header", "Authorization: Bearer abcdef-3"],
    ...["postgresql://ada:abcdef-4@db/x", "--auth", "/home/ada", "--verbose", "abcdef-5"],
  ];
  const { secrets } = await loadText({ servers: { a: { command: "a", args } } });
  expect(secrets).toEqual(["abcdef-1", "abcdef-2", "Bearer abcdef-3", "abcdef-3", "abcdef-4"]);
});
