// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what stands in servers.json
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { parse } from "jsonc-parser";
import { expect, onTestFinished, test } from "vitest";
import { killAll, markerEnvironment } from "./support/processes.ts";
import { configFile, connect, connectTutti, fixture, heldServer, root, serveReady } from "./support/program.ts";
import { RawClient } from "./support/raw-client.ts";

const path = join(root, "servers.json");

type Launch = { readonly command: string; readonly args: string[]; readonly env?: Readonly<Record<string, string>> };

const { mcpServers } = parse(readFileSync(path, "utf8")) as { mcpServers: Record<string, Launch> };
const servers = Object.entries(mcpServers).map(([name, { command, args, env = {} }]) => {
  const filled = Object.entries(env).map(([key, value]) => [key, value.replace("${workspaceFolder}", root)]);
  return { name, command, args, env: Object.fromEntries(filled) as Record<string, string> };
});

const calls = [
  { server: "everything", tool: "echo", args: { message: "é 😀 \u0001" } },
  { server: "everything", tool: "get-sum", args: { a: 19, b: 23 } },
  { server: "everything", tool: "get-sum", args: { a: "no number" } },
  { server: "everything", tool: "get-tiny-image", args: {} },
  { server: "everything", tool: "get-annotated-message", args: { messageType: "error", includeImage: true } },
  { server: "everything", tool: "get-structured-content", args: { location: "New York" } },
  { server: "everything", tool: "get-resource-links", args: { count: 3 } },
  { server: "filesystem", tool: "read_text_file", args: { path: "README.md" } },
  { server: "filesystem", tool: "list_directory", args: { path: "." } },
  { server: "filesystem", tool: "read_text_file", args: { path: "../package.json" } },
  { server: "memory", tool: "read_graph", args: {} },
];

test("with the official client the public servers offer and answer the same through tutti as without it", async () => {
  const tutti = await connectTutti(path);
  const direct = new Map<string, Client>();
  await Promise.all(servers.map(async (server) => direct.set(server.name, await connect({ ...server, cwd: root }))));

  const expected: unknown[] = [];
  for (const { name } of servers) {
    const { tools = [] } = (await direct.get(name)?.listTools()) ?? {};
    expect(tools).not.toEqual([]);
    expected.push(...tools.map((tool) => ({ ...tool, name: `${name}__${tool.name}` })));
  }
  const own = expect.objectContaining({ name: "call_tools", title: "Call several tools in one request" });
  expect((await tutti.listTools()).tools).toEqual([...expected, own]);

  for (const { server, tool, args } of calls) {
    const through = await tutti.callTool({ name: `${server}__${tool}`, arguments: args });
    expect(through).toEqual(await direct.get(server)?.callTool({ name: tool, arguments: args }));
  }
  await Promise.all([tutti, ...direct.values()].map((client) => client.close()));
});

test("definitions and results of the public servers pass byte for byte, but for the names and ids", async () => {
  const tutti = await serveReady(path);
  const list = resultBytes(tutti, tutti.ask("tools/list"));
  let expected: string[] = [];
  for (const server of servers) {
    const direct = startDirectly(server);
    await direct.handshake();
    const line = await resultBytes(direct, direct.ask("tools/list"));
    const { tools } = JSON.parse(line) as { tools: { name: string }[] };
    const written = tools.map((tool) => JSON.stringify(tool));
    // What JSON.stringify makes of it is what came, so it can be cut out of it.
    expect(line).toBe(`{"tools":[${written.join(",")}]}`);
    expected = [
      ...expected,
      ...written.map((text, index) => {
        const name = tools[index]?.name as string;
        return text.replace(`"name":${JSON.stringify(name)}`, `"name":${JSON.stringify(`${server.name}__${name}`)}`);
      }),
    ];
    for (const { tool, args } of calls.filter((call) => call.server === server.name)) {
      const there = direct.ask("tools/call", { name: tool, arguments: args });
      const here = tutti.ask("tools/call", { name: `${server.name}__${tool}`, arguments: args });
      expect(await resultBytes(tutti, here)).toBe(await resultBytes(direct, there));
    }
    direct.child.stdin.end();
  }
  const listed = await list;
  const own = (JSON.parse(listed) as { tools: { name: string }[] }).tools.at(-1);
  expect(own?.name).toBe("call_tools");
  expect(listed).toBe(`{"tools":[${[...expected, JSON.stringify(own)].join(",")}]}`);
});

test("the official client validates structured results, sees progress and is told of late tools through tutti", async () => {
  const slow = heldServer();
  const config = configFile({ sdk: fixture("sdk-server.mjs"), slow: slow.entry }, { startup: { waitMs: 700 } });
  const client = await connectTutti(config);
  const told = new Promise<void>((resolve) => {
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve());
  });
  const sum = await client.callTool({ name: "sdk__sum", arguments: { a: 1, b: 2 } });
  expect(sum.structuredContent).toEqual({ sum: 3 });
  const before = await client.listTools();
  expect(before.tools.map(({ name }) => name)).toEqual(["sdk__sum", "sdk__throws", "sdk__steps"]);
  const steps: number[] = [];
  await client.callTool({ name: "sdk__steps", arguments: { count: 4 } }, undefined, {
    onprogress: ({ progress }) => steps.push(progress),
  });
  expect(steps).toEqual([1, 2, 3, 4]);
  slow.release();
  await told;
  expect((await client.listTools()).tools.length).toBeGreaterThan(before.tools.length);
  await client.close();
});

function startDirectly({ command, args, env }: (typeof servers)[number]): RawClient {
  const marker = randomUUID();
  onTestFinished(() => killAll(marker));
  const options = { cwd: root, env: { ...process.env, ...env, ...markerEnvironment(marker) }, stdio: "pipe" } as const;
  return new RawClient(spawn(command, args, options) as ChildProcessWithoutNullStreams);
}

/** The bytes of the result in the reply with this id. */
async function resultBytes(client: RawClient, id: number): Promise<string> {
  await client.reply(id);
  const line = client.lines.find((one) => (JSON.parse(one) as { id?: unknown }).id === id) ?? "";
  return line
    .replace(/^\{(?:"jsonrpc":"2\.0",|"id":\d+,)*"result":/, "")
    .replace(/(?:,"jsonrpc":"2\.0"|,"id":\d+)*\}$/, "");
}
