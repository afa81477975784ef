// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { expect, test } from "vitest";
import { secretsIn, withRedacted } from "../../src/setup/secrets.ts";

test("what is written out in environments, headers, arguments and addresses is secret, in the words of any program", () => {
  expect(
    secretsIn({
      mcpServers: {
        a: { env: { A: "in-env" }, args: ["x", "--token", "in-args-1", "--key=in-args-2", "-e", "B_TOKEN=in-args-3"] },
      },
      mcp_servers: {
        a: { http_headers: { "X-Key": "in-headers" }, url: "https://me:in-password@x/?api_key=in-query" },
      },
      mcp: { a: { command: ["npx", "postgresql://me:in-dsn-password@db/x"], environment: { C: "in-environment" } } },
      extensions: { a: { envs: { D: "in-envs" } } },
      primaryApiKey: "in-settings",
    }),
  ).toEqual([
    "in-env",
    ...["in-args-1", "in-args-2", "in-args-3"],
    ...["in-headers", "in-password", "in-query", "in-dsn-password", "in-environment", "in-envs", "in-settings"],
  ]);
});

test("references, names of variables, and what says how a program runs are none", () => {
  expect(
    secretsIn({
      env: {
        A: "${TOKEN}",
        B: "$TOKEN",
        C: "%TOKEN%",
        D: "{env:TOKEN}",
        E: "${{ secrets.TOKEN }}",
        F: "${input:the-key}",
      },
      headers: { Authorization: "Bearer ${TOKEN}" },
      bearer_token_env_var: "MY_TOKEN",
      env_http_headers: { "X-Key": "MY_TOKEN" },
      args: ["--auth", "/home/me/notes", "--key=${TOKEN}", "@scope/server"],
      environment: { NODE_ENV: "production", LOG_PATH: "/var/log" },
    }),
  ).toEqual([]);
});

test("a password with a dollar sign in it is no reference", () => {
  expect(secretsIn({ env: { PASSWORD: "pa$word1" } })).toEqual(["pa$word1"]);
});

test("a value is redacted in its texts, and keys of the same name stay", () => {
  const entry = { command: "node", env: { A: "command" }, list: [1, "command"] };
  expect(withRedacted(entry, (text) => text.replace("command", "[redacted]"))).toEqual({
    command: "node",
    env: { A: "[redacted]" },
    list: [1, "[redacted]"],
  });
});
