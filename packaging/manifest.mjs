/**
 * The manifest of the bundle for Claude Desktop, for one version of tutti.
 * https://github.com/modelcontextprotocol/mcpb, MANIFEST.md, version 0.3
 */
export function manifest({ version, description, license }) {
  return {
    manifest_version: "0.3",
    name: "tutti-mcp",
    display_name: "tutti",
    version,
    description,
    long_description:
      "One entry for all your MCP servers. It starts those of a servers.json, shows their tools as one server, runs calls that come " +
      "together at once, and gives each error back as the result of its own call. The servers that other programs have are taken over " +
      "with `tutti import`.",
    author: { name: "The tutti authors" },
    license,
    keywords: ["mcp", "aggregator", "gateway", "parallel"],
    server: {
      type: "node",
      entry_point: "dist/main.js",
      mcp_config: {
        command: "node",
        // biome-ignore-start lint/suspicious/noTemplateCurlyInString: filled in by Claude Desktop
        args: ["${__dirname}/dist/main.js", "serve"],
        // Not as an argument: a path may have blanks, and some versions break arguments there.
        env: { TUTTI_CONFIG: "${user_config.config_file}" },
        // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
      },
    },
    user_config: {
      config_file: {
        type: "file",
        title: "servers.json",
        description: 'The file with your servers: {"mcpServers": {"name": {"command": "…", "args": ["…"]}}}',
        required: true,
      },
    },
    tools_generated: true,
    prompts_generated: true,
    compatibility: { platforms: ["darwin", "win32", "linux"], runtimes: { node: ">=20.19.0" } },
  };
}
