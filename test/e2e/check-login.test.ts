import { expect, test } from "vitest";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { protectedServer } from "../support/auth/protected-server.ts";
import { configFile, run } from "./support/program.ts";

test("check names a server that needs a sign-in, and the command for it, once and asks nobody", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const config = configFile({ docs: { url: remote.url } });
  const { code, stdout } = await run(["check", "--json", "--config", config]);
  const report = JSON.parse(stdout) as { readonly servers: readonly unknown[]; readonly findings: readonly unknown[] };
  const text = 'needs you to sign in: run "tutti login docs"';
  expect(report.servers).toEqual([{ name: "docs", state: "failed", reason: text, needsLogin: true }]);
  expect(report.findings).toEqual([
    {
      code: "needs_login",
      server: "docs",
      severity: "error",
      text,
      cure: "tutti login docs, where its entry has no token of its own; else put a good one there",
    },
  ]);
  expect(code).toBe(4);
  expect(authorization.requests).toEqual([]);
});
