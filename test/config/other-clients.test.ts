// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what clients write
import { describe, expect, test } from "vitest";
import type { ServerConfig } from "../../src/config/config.ts";
import { complaint, lines, loadText } from "./load-text.ts";

/** The launches by server, and the notices. */
async function load(text: unknown, env: Readonly<Record<string, string>> = {}) {
  const { servers, notices } = await loadText(text, env);
  const launches = Object.fromEntries(servers.map(({ name, launch }) => [name, launch]));
  return {
    servers: new Map(servers.map((server): [string, ServerConfig] => [server.name, server])),
    launches,
    notices,
  };
}

describe("configurations as the clients' own pages show them", () => {
  test("Claude Desktop", async () => {
    const text = lines`
    {
      "mcpServers": {
        "filesystem": {
          "command": "npx",
          "args": [
            "-y",
            "@modelcontextprotocol/server-filesystem",
            "/Users/username/Desktop",
            "/Users/username/Downloads"
          ]
        },
        "memory": { "command": "cmd", "args": ["/c", "npx", "-y", "@modelcontextprotocol/server-memory"], "env": {} }
      },
      "globalShortcut": "Ctrl+Space"
    }`;
    const { launches, notices } = await load(text);
    expect(launches["filesystem"]).toEqual({
      kind: "stdio",
      command: "npx",
      args: ["-y", "@modelcontextprotocol/server-filesystem", "/Users/username/Desktop", "/Users/username/Downloads"],
      env: {},
      cwd: "/home/me",
    });
    expect(notices).toEqual(["`globalShortcut` is ignored: it sets up another client."]);
  });

  test("Claude Code (.mcp.json)", async () => {
    const text = lines`
    {
      "mcpServers": {
        "db": {
          "type": "stdio",
          "command": "/path/to/server",
          "args": ["--url", "\${DATABASE_URL:-postgres://localhost}"],
          "env": { "CACHE_DIR": "/tmp" },
          "timeout": 600000,
          "alwaysLoad": true
        },
        "api-server": {
          "type": "http",
          "url": "\${API_BASE_URL:-https://api.example.com}/mcp",
          "headers": { "Authorization": "Bearer \${API_KEY}" }
        },
        "asana": { "type": "sse", "url": "https://mcp.asana.com/sse" }
      }
    }`.replaceAll("\\$", "$");
    const { servers, launches, notices } = await load(text, { API_KEY: "key" });
    expect(launches["db"]).toMatchObject({ args: ["--url", "postgres://localhost"], env: { CACHE_DIR: "/tmp" } });
    expect(servers.get("db")?.callTimeoutMs).toBe(600_000);
    expect(launches["api-server"]).toEqual({
      kind: "http",
      url: "https://api.example.com/mcp",
      headers: { Authorization: "Bearer key" },
    });
    expect(launches["asana"]).toEqual({ kind: "sse", url: "https://mcp.asana.com/sse", headers: {} });
    expect(notices).toEqual([
      '`alwaysLoad` is ignored: choosing which tools the model sees at first is your client\'s part (server "db").',
    ]);
  });

  test("VS Code (.vscode/mcp.json)", async () => {
    const text = lines`
    {
      // 💡 Inputs are prompted on first server start
      "inputs": [{ "type": "promptString", "id": "perplexity-key", "description": "API Key", "password": true }],
      "servers": {
        "github": { "type": "http", "url": "https://api.githubcopilot.com/mcp", "gallery": true, "version": "1.0.0" },
        "playwright": { "command": "npx", "args": ["-y", "@microsoft/mcp-server-playwright"], "type": "stdio" },
        "local": {
          "type": "stdio",
          "command": "\${workspaceFolder}/run.sh",
          "env": { "API_KEY": "\${env:API_KEY}" },
          "envFile": "\${workspaceFolder}/.env",
          "dev": { "watch": "src/**/*.ts", "debug": { "type": "node" } },
        },
      },
    }`.replaceAll("\\$", "$");
    const { launches, notices } = await load(text, { API_KEY: "key" });
    expect(launches["local"]).toMatchObject({ command: "/home/me/run.sh", env: { API_KEY: "key" } });
    expect(launches["github"]).toMatchObject({ kind: "http", url: "https://api.githubcopilot.com/mcp" });
    expect(notices).toEqual([
      '`gallery` is ignored: it only describes the server (server "github").',
      '`version` is ignored: it only describes the server (server "github").',
      '`envFile` is ignored: the file is not read, so the server may lack variables that it needs: copy them into `env` (server "local").',
      '`dev` is ignored: tutti does not restart a server when files change (server "local").',
      "`inputs` is ignored: tutti asks nobody: write ${NAME} and set that environment variable.",
    ]);
  });

  test("Cursor", async () => {
    const text = {
      mcpServers: {
        "server-name": { command: "npx", args: ["-y", "mcp-server"], env: { API_KEY: "${env:KEY}" } },
        remote: { url: "http://localhost:3000/mcp", headers: { API_KEY: "value" } },
        oauth: { url: "https://api.example.com/mcp", auth: { CLIENT_ID: "x", scopes: ["read"] } },
      },
    };
    const { launches, notices } = await load(text, { KEY: "k" });
    expect(launches["server-name"]).toMatchObject({ env: { API_KEY: "k" } });
    expect(launches["remote"]).toEqual({
      kind: "http",
      url: "http://localhost:3000/mcp",
      headers: { API_KEY: "value" },
    });
    expect(notices).toEqual([
      expect.stringMatching(/^`auth` is ignored: tutti signs in by `tutti login` .* \(server "oauth"\)\.$/),
    ]);
  });

  test("Gemini CLI", async () => {
    const text = {
      mcpServers: {
        pythonTools: {
          command: "python",
          args: ["-m", "my_mcp_server", "--port", "8080"],
          cwd: "./mcp-servers/python",
          env: { DATABASE_URL: "${DB}" },
          timeout: 15000,
          trust: false,
          includeTools: ["safe_tool", "file_reader"],
          excludeTools: ["dangerous_tool"],
        },
        httpServer: { httpUrl: "http://localhost:3000/mcp", headers: { "X-A": "b" }, timeout: 5000 },
      },
    };
    const { servers, launches, notices } = await load(text, { DB: "postgres://x" });
    expect(launches["pythonTools"]).toMatchObject({ cwd: "/home/me/mcp-servers/python" });
    expect(servers.get("pythonTools")).toMatchObject({
      callTimeoutMs: 15_000,
      tools: { include: ["safe_tool", "file_reader"], exclude: ["dangerous_tool"] },
    });
    expect(launches["httpServer"]).toMatchObject({ kind: "http", url: "http://localhost:3000/mcp" });
    expect(notices).toEqual(['`trust` is ignored: approving calls is your client\'s part (server "pythonTools").']);
  });

  test("Codex, its table written as JSON", async () => {
    const text = {
      mcpServers: {
        docs: {
          command: "docs-server",
          startup_timeout_sec: 20,
          tool_timeout_sec: 45,
          enabled_tools: ["search", "summarize"],
          disabled_tools: ["slow-tool"],
          enabled: true,
          required: true,
          supports_parallel_tool_calls: true,
        },
        figma: { url: "https://mcp.figma.com/mcp", bearer_token_env_var: "FIGMA_TOKEN", enabled: false },
      },
    };
    const { servers, notices } = await load(text);
    expect(servers.get("docs")).toMatchObject({
      disabled: false,
      connectTimeoutMs: 20_000,
      callTimeoutMs: 45_000,
      tools: { include: ["search", "summarize"], exclude: ["slow-tool"] },
    });
    expect(servers.get("figma")?.disabled).toBe(true);
    expect(notices).toHaveLength(3);
  });

  test("Copilot CLI", async () => {
    const text = {
      mcpServers: {
        playwright: { type: "local", command: "npx", args: ["@playwright/mcp@latest"], env: {}, tools: ["*"] },
        context7: { type: "http", url: "https://mcp.context7.com/mcp", headers: {}, tools: ["resolve", "query-docs"] },
        off: { type: "stdio", command: "x", tools: [] },
      },
    };
    const { servers } = await load(text);
    expect(servers.get("playwright")?.tools).toMatchObject({ include: ["*"], exclude: [] });
    expect(servers.get("context7")?.tools).toMatchObject({ include: ["resolve", "query-docs"], exclude: [] });
    expect(servers.get("off")?.tools).toMatchObject({ include: [], exclude: ["*"] });
  });

  test("Cline, Roo and Windsurf", async () => {
    const text = {
      mcpServers: {
        cline: { command: "node", args: ["/x.js"], alwaysAllow: ["a"], autoApprove: [], disabled: false, timeout: 60 },
        remote: { url: "https://x.example/mcp", type: "streamableHttp", headers: {}, alwaysAllow: [] },
        roo: {
          type: "streamable-http",
          url: "https://y.example/mcp",
          disabledTools: ["t"],
          watchPaths: ["/x"],
          timeout: 300,
        },
        windsurf: { serverUrl: "https://z.example/mcp", headers: { API_KEY: "Bearer token" } },
      },
    };
    const { servers, launches, notices } = await load(text);
    expect([...servers.values()].map(({ callTimeoutMs }) => callTimeoutMs)).toEqual([
      60_000, 300_000, 300_000, 300_000,
    ]);
    expect(servers.get("roo")?.tools.exclude).toEqual(["t"]);
    expect(launches["windsurf"]).toMatchObject({ kind: "http", url: "https://z.example/mcp" });
    expect(notices).toEqual([
      '`alwaysAllow` is ignored: approving calls is your client\'s part (servers "cline", "remote").',
      '`autoApprove` is ignored: approving calls is your client\'s part (server "cline").',
      '`timeout` below 1000 is read as seconds, as Cline and Roo write it; `callTimeoutMs` leaves no doubt (servers "cline", "roo").',
      '`watchPaths` is ignored: tutti does not restart a server when files change (server "roo").',
    ]);
  });
});

describe("where clients disagree", () => {
  test.each([
    [0, 300_000],
    [0.5, 500],
    [999, 999_000],
    [1_000, 300_000],
    [3_600, 300_000],
    [3_601, 3_601],
    [86_400_000, 86_400_000],
  ])("timeout %d means %i ms", async (timeout, callTimeoutMs) => {
    const { servers, notices } = await load({ servers: { a: { command: "a", timeout } } });
    expect(servers.get("a")?.callTimeoutMs).toBe(callTimeoutMs);
    expect(notices).toHaveLength(timeout > 3_600 ? 0 : 1);
  });

  test("our own words win over other clients', and every exclusion counts", async () => {
    const entry = {
      command: "a",
      callTimeoutMs: 7,
      timeout: 60,
      tool_timeout_sec: 9,
      connectTimeoutMs: 8,
      startup_timeout_ms: 9,
      tools: { include: ["own"], exclude: ["x"] },
      includeTools: [],
      disabledTools: ["y"],
      excludeTools: ["z"],
    };
    const { servers, notices } = await load({ servers: { a: entry } });
    expect(servers.get("a")).toMatchObject({
      callTimeoutMs: 7,
      connectTimeoutMs: 8,
      tools: { include: ["own"], exclude: ["x", "z", "y"] },
    });
    expect(notices).toEqual([]);
  });

  test("what does nothing beside the kind of server is noticed", async () => {
    const { notices } = await load({
      servers: { a: { command: "a", headers: {} }, b: { url: "https://x", env: { A: "b" }, args: [], cwd: "." } },
    });
    expect(notices).toEqual([
      '`headers` does nothing beside `command` (server "a").',
      '`args` does nothing beside `url` (server "b").',
      '`env` does nothing beside `url` (server "b").',
      '`cwd` does nothing beside `url` (server "b").',
    ]);
  });

  test("a word of another program for ours is an error that says ours", async () => {
    const of = async (entry: object) => (await complaint({ servers: { a: entry } })).replace(/^.*?server "a", /, "");
    expect(await of({ transport: { type: "stdio", command: "a" } })).toBe(
      'transport: nobody knows this key. Write "type", and "command" or "url" beside it.',
    );
    expect(await of({ command: "a", environment: {} })).toBe('environment: nobody knows this key. Write "env".');
    expect(await complaint({ mcp: { servers: {} } })).toBe(
      '/home/me/servers.json:2: mcp: nobody knows this key. Write "mcpServers" at the top.',
    );
  });
});
