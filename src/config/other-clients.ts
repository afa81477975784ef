// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people are told to write

/**
 * What other clients write into their configurations and how tutti takes it. Sources: the pages and sources of Claude
 * Code, Claude Desktop, VS Code, Cursor, Gemini CLI, Copilot CLI, Codex, Cline, Roo, Windsurf, Zed and the Inspector.
 */

/** Keys of a server's entry that do nothing here → why. Each is named once, as a notice; the server starts all the same. */
export const ignoredServerKeys: ReadonlyMap<string, string> = keysWithReason([
  ["approving calls is your client's part", "alwaysAllow autoApprove default_tools_approval_mode trust"],
  ["it only describes the server", "description gallery icon iconPath name source title version"],
  ["choosing which tools the model sees at first is your client's part", "alwaysLoad"],
  ["tutti runs the calls of every server at once; `maxConcurrentCalls` bounds them", "supports_parallel_tool_calls"],
  ["tutti offers what has started and names what has not", "required"],
  ["tutti finds out which protocol a server speaks", "protocolEra"],
  ["tutti does not restart a server when files change", "dev watchPaths"],
  ["tutti starts servers without a sandbox of its own", "sandbox sandboxEnabled"],
  ["the file is not read, so the server may lack variables that it needs: copy them into `env`", "envFile"],
  ['no variable is passed on by name, so the server may lack some: write `env`, as in "TOKEN": "${TOKEN}"', "env_vars"],
  [
    'no header comes of it, so the server may refuse us: write `headers`, as in "Authorization": "Bearer ${TOKEN}"',
    "bearer_token_env_var env_http_headers headersHelper http_headers",
  ],
  [
    "tutti signs in by `tutti login` and what stands in `oauth`, not by this",
    "auth authProviderType scopes targetAudience targetServiceAccount",
  ],
]);

/** The same for keys beside `mcpServers`. */
export const ignoredTopKeys: ReadonlyMap<string, string> = keysWithReason([
  ["tutti asks nobody: write ${NAME} and set that environment variable", "inputs"],
  ["it only describes the file", "description name version"],
  ["tutti starts servers without a sandbox of its own", "sandbox"],
  ["it sets up another client", "globalShortcut preferences"],
]);

/** Words that other programs use for ours, and what to write: hints for errors, because silence would break the server. */
export const foreignWords: ReadonlyMap<string, string> = keysWithReason([
  ['Write "command" (the program) and "args" (a list).', "cmd exec"],
  ['Write "env".', "environment envs"],
  ['Write "url".', "endpoint uri baseUrl"],
  ['Write "headers".', "httpHeaders requestInit"],
  ['Write "type", and "command" or "url" beside it.', "transport transportType"],
  ['Write "disabled": true or false.', "active isActive"],
  ['Write "maxConcurrentCalls".', "concurrency maxConcurrency parallel"],
  ['Write "callTimeoutMs", in milliseconds.', "callTimeout timeoutMs toolTimeout"],
  ['Write "tools": { "include": ["…"] }.', "allowedTools include"],
  ['Write "tools": { "exclude": ["…"] }.', "blockedTools exclude"],
  ['Write "mcpServers" at the top.', "context_servers extensions mcp mcp_servers"],
]);

/**
 * Clients disagree on the unit of `timeout`: milliseconds for Claude Code and Gemini CLI, seconds (1 to 3600) for Cline
 * and Roo. So below 1000 it is seconds, above 3600 milliseconds, and between them unknown; 0 says nothing.
 */
export function readTimeout(timeout: number): { ms?: number; notice?: string } {
  if (timeout > 3600) return { ms: Math.round(timeout) };
  if (timeout > 0 && timeout < 1000) {
    return {
      ms: Math.round(timeout * 1000),
      notice: "`timeout` below 1000 is read as seconds, as Cline and Roo write it; `callTimeoutMs` leaves no doubt",
    };
  }
  return {
    notice: "`timeout` is ignored where it is 0 or 1000 to 3600, seconds or milliseconds: write `callTimeoutMs`",
  };
}

/** Rows of a reason and its keys, as a map from each key. */
function keysWithReason(rows: readonly (readonly [reason: string, keys: string])[]): ReadonlyMap<string, string> {
  return new Map(rows.flatMap(([reason, keys]) => keys.split(" ").map((key) => [key, reason] as const)));
}
