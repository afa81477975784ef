import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectHttp, type HttpClient, listening, post } from "../e2e/support/http-program.ts";
import { signal } from "../e2e/support/processes.ts";
import { configFile, fake, start, temporaryFolder } from "../e2e/support/program.ts";
import { until } from "../e2e/support/until.ts";

const mcp = (servers: object): string => JSON.stringify({ mcpServers: servers, callTools: { scope: "off" } });

const pidOf = async (client: HttpClient): Promise<unknown> => await client.call("keep__pid");

test("F41: over HTTP the common set and the sets of single clients are swapped, with their calls under way", async () => {
  const path = configFile({ keep: fake(), gone: fake() });
  const served = await listening(start(["serve", "--http", "0", "--config", path]));
  const clients = await Promise.all([
    connectHttp(served, "SDK v1", { can: {} }),
    connectHttp(served, "SDK v1", { can: { elicitation: {} } }),
    connectHttp(served, "SDK v2", { can: {}, name: "third" }),
  ]);
  const before = await Promise.all(clients.map(pidOf));
  // Whoever may be asked something has servers of its own.
  expect(new Set(before).size).toBe(2);
  const open = clients.map((client) => client.call("gone__sleep", { ms: 2000 }));
  await Promise.all(clients.map((client) => client.call("gone__echo")));
  writeFileSync(path, mcp({ keep: fake(), added: fake() }));
  await until("the reload", () => served.stderr.includes("new: added; removed: gone; 1 as before"));
  clients.push(await connectHttp(served, "SDK v1", { can: { elicitation: {} } }));
  for (const client of clients) {
    expect(await client.call("added__echo", { text: "hello" })).toBe("hello");
    expect(JSON.stringify(await client.call("gone__echo").catch(String))).toContain("gone__echo");
  }
  expect(await Promise.all(clients.slice(0, 3).map(pidOf))).toEqual(before);
  expect(await Promise.all(open)).toEqual(["slept 2000", "slept 2000", "slept 2000"]);
  // Two servers in the common set, and in each of two sets of their own.
  await served.untilServers(6);
  signal(served.pid, "SIGHUP");
  await until("the second reload", () => served.stderr.includes("its servers are as they were"));
  expect(served.stderr).not.toContain("defect");
});

test("tokens are read again: a new one is taken, and who has one that was taken away is refused, also on streams that are open", async () => {
  const [old, fresh] = ["the-first-token-0123456789", "the-second-token-0123456789"];
  const file = join(temporaryFolder(), "tokens");
  const write = (...tokens: string[]): void => writeFileSync(file, `${tokens.join("\n")}\n`, { mode: 0o600 });
  write(old);
  const path = configFile({ keep: fake() });
  const served = await listening(start(["serve", "--http", "0", "--token-file", file, "--config", path]));
  const by = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const statusOf = async (token: string): Promise<number> =>
    (await post(served.url, { jsonrpc: "2.0", id: 1, method: "ping" }, by(token).headers)).status;
  const client = await connectHttp(served, "SDK v1", { can: {}, ...by(old) });
  expect(await statusOf(fresh)).toBe(401);
  // By its file alone.
  write(old, fresh);
  await until("the reload", () => served.stderr.includes("1 token more"));
  expect([await statusOf(fresh), await statusOf(old)].includes(401)).toBe(false);
  expect(await client.call("keep__echo", { text: "still" })).toBe("still");
  const open = client.call("keep__sleep", { ms: 60_000 }).catch((cause: unknown) => String(cause));
  write("short");
  await until("the refusal", () => served.stderr.includes("a token has at least 16 characters"));
  expect(await statusOf(old)).not.toBe(401);
  write(fresh);
  signal(served.pid, "SIGHUP");
  await until("the second reload", () => served.stderr.includes("1 token fewer"));
  expect(await statusOf(old)).toBe(401);
  expect(await statusOf(fresh)).not.toBe(401);
  expect(await open).toContain("token");
  expect(served.stderr).not.toMatch(/the-first-token|the-second-token|defect/);
});
