import { posix, win32 } from "node:path";
import type { Files } from "../ports/files.ts";
import type { Dialect } from "./dialect.ts";
import { type Format, type Place, valueAt } from "./document.ts";

/** Where the files of programs are looked for. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  /** As `process.platform` says it. */
  readonly platform: string;
  readonly files: Pick<Files, "isFile" | "list">;
  /** The absolute path of our own main file, by which our own entry is known. */
  readonly main: string;
};

/** One file in which a program has its servers; it may not be there. */
export type ProgramFile = {
  readonly path: string;
  readonly format: Format;
  /** Where the servers stand in it, by what the file says. */
  readonly place: (document: unknown) => Place;
  /** The folder of the project that it is for; undefined: it is for no one project. */
  readonly project?: string;
  /** Whether there are others of which nobody can say which one the program reads. */
  readonly isOneOfSeveral?: boolean;
};

/** A program that is a client of MCP servers. */
export type Program = {
  readonly id: string;
  readonly title: string;
  readonly dialect: Dialect;
  /** The user's own first; of several that a program may have, the one that tutti is put into comes first. */
  readonly files: (at: Surroundings) => readonly ProgramFile[];
};

const claude: Dialect = { variables: "braces", timeout: "ms", urlType: "http" };
const editor: Dialect = { variables: "env-braces", timeout: "ms", urlType: "http" };
const literal: Dialect = { variables: "none", timeout: "ms", urlType: "http" };

/** The programs that are known, in the order in which they are shown. Sources: their documentation and source code, 2026. */
export const programs: readonly Program[] = [
  { id: "claude-desktop", title: "Claude Desktop", dialect: literal, files: (at) => claudeDesktop(at) },
  {
    id: "claude-code",
    title: "Claude Code",
    dialect: claude,
    files: (at) => {
      const { env, home, cwd } = at;
      const own = pathOf(at).join(env["CLAUDE_CONFIG_DIR"] || home, ".claude.json");
      return [
        jsonc(own, "mcpServers"),
        { ...jsonc(own, "projects", cwd, "mcpServers"), project: cwd },
        inProject(at, ".mcp.json", "mcpServers"),
      ];
    },
  },
  { id: "vscode", title: "VS Code", dialect: editor, files: (at) => vsCode(at) },
  {
    id: "cursor",
    title: "Cursor",
    dialect: editor,
    files: (at) => [inHome(at, ".cursor/mcp.json", "mcpServers"), inProject(at, ".cursor/mcp.json", "mcpServers")],
  },
  {
    id: "windsurf",
    title: "Windsurf",
    dialect: editor,
    files: (at) =>
      thereFirst(at, [
        inHome(at, ".codeium/windsurf/mcp_config.json", "mcpServers"),
        inHome(at, ".codeium/mcp_config.json", "mcpServers"),
      ]),
  },
  {
    id: "zed",
    title: "Zed",
    dialect: literal,
    files: (at) => {
      const folder = at.platform === "win32" ? "Zed" : "zed";
      return [
        jsonc(inConfig(at, folder, "settings.json"), "context_servers"),
        inProject(at, ".zed/settings.json", "context_servers"),
      ];
    },
  },
  {
    id: "codex",
    title: "Codex",
    dialect: { ...literal, timeout: "s" },
    files: (at) => {
      const { join } = pathOf(at);
      const toml = (path: string): ProgramFile => ({ path, format: "toml", place: () => ["mcp_servers"] });
      const own = toml(join(at.env["CODEX_HOME"] || join(at.home, ".codex"), "config.toml"));
      return [own, { ...toml(join(at.cwd, ".codex", "config.toml")), project: at.cwd }];
    },
  },
  {
    id: "gemini",
    title: "Gemini CLI",
    dialect: { variables: "dollar", timeout: "ms", urlType: "sse" },
    files: (at) => [
      inHome(at, ".gemini/settings.json", "mcpServers"),
      inProject(at, ".gemini/settings.json", "mcpServers"),
    ],
  },
  {
    id: "opencode",
    title: "opencode",
    dialect: { variables: "env-curly", timeout: "ms", urlType: "http" },
    files: (at) => {
      const names = ["opencode.json", "opencode.jsonc"];
      const place = (document: unknown): Place =>
        valueAt(document, ["mcp", "servers"]) === undefined ? ["mcp"] : ["mcp", "servers"];
      const { join } = pathOf(at);
      const own = existing(
        at,
        names.map((name) => join(at.env["XDG_CONFIG_HOME"] || join(at.home, ".config"), "opencode", name)),
      );
      const project = names.map((name) => join(at.cwd, name));
      return [
        { path: own, format: "jsonc", place },
        { path: existing(at, project), format: "jsonc", place, project: at.cwd },
      ];
    },
  },
  {
    id: "cline",
    title: "Cline",
    dialect: { variables: "env-braces", timeout: "s", urlType: "sse" },
    files: (at) => {
      const { env, home } = at;
      const { join } = pathOf(at);
      const settings =
        env["CLINE_MCP_SETTINGS_PATH"] ||
        join(env["CLINE_DIR"] || join(home, ".cline"), "data", "settings", "cline_mcp_settings.json");
      const inEditor = join("globalStorage", "saoudrizwan.claude-dev", "settings", "cline_mcp_settings.json");
      return thereFirst(at, [jsonc(inCode(at, inEditor), "mcpServers"), jsonc(settings, "mcpServers")]);
    },
  },
  {
    id: "roo",
    title: "Roo Code",
    dialect: { variables: "env-braces", timeout: "s", urlType: "http" },
    files: (at) => {
      const inEditor = pathOf(at).join("globalStorage", "rooveterinaryinc.roo-cline", "settings", "mcp_settings.json");
      return [jsonc(inCode(at, inEditor), "mcpServers"), inProject(at, ".roo/mcp.json", "mcpServers")];
    },
  },
  {
    id: "continue",
    title: "Continue",
    dialect: { variables: "templates", timeout: "ms", urlType: "http" },
    files: (at) => continueFiles(at),
  },
  {
    id: "goose",
    title: "Goose",
    dialect: { variables: "none", timeout: "s", urlType: "http" },
    files: (at) => {
      const path =
        at.platform === "win32"
          ? inConfig(at, "Block", "goose", "config", "config.yaml")
          : inConfig(at, "goose", "config.yaml");
      return [{ path, format: "yaml", place: () => ["extensions"] }];
    },
  },
  {
    id: "jetbrains",
    title: "JetBrains (Junie, Air)",
    dialect: literal,
    files: (at) => [
      inHome(at, ".junie/mcp/mcp.json", "mcpServers"),
      inProject(at, ".junie/mcp/mcp.json", "mcpServers"),
      inProject(at, ".air/mcp.json", "mcpServers"),
    ],
  },
  {
    id: "lm-studio",
    title: "LM Studio",
    dialect: literal,
    files: (at) =>
      thereFirst(at, [
        inHome(at, ".lmstudio/mcp.json", "mcpServers"),
        inHome(at, ".cache/lm-studio/mcp.json", "mcpServers"),
      ]),
  },
  { id: "copilot-cli", title: "Copilot CLI", dialect: editor, files: (at) => copilot(at) },
];

function pathOf({ platform }: Surroundings): typeof posix {
  return platform === "win32" ? win32 : posix;
}

function jsonc(path: string, ...place: Place): ProgramFile {
  return { path, format: "jsonc", place: () => place };
}

function inHome(at: Surroundings, path: string, key: string): ProgramFile {
  return jsonc(pathOf(at).join(at.home, ...path.split("/")), key);
}

function inProject(at: Surroundings, path: string, key: string): ProgramFile {
  return { ...jsonc(pathOf(at).join(at.cwd, ...path.split("/")), key), project: at.cwd };
}

/** Below the folder in which programs keep what a person has set: on macOS too `~/.config`, where these do. */
function inConfig(at: Surroundings, ...path: readonly string[]): string {
  const { env, home, platform } = at;
  const { join } = pathOf(at);
  if (platform === "win32") return join(env["APPDATA"] || join(home, "AppData", "Roaming"), ...path);
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), ...path);
}

/** Below the folder of programs with a window. */
function inApplications(at: Surroundings, ...path: readonly string[]): string {
  const { join } = pathOf(at);
  return at.platform === "darwin" ? join(at.home, "Library", "Application Support", ...path) : inConfig(at, ...path);
}

function inCode(at: Surroundings, path: string, product = "Code"): string {
  return pathOf(at).join(inApplications(at, product, "User"), path);
}

/** Those that are there before those that are not. */
function thereFirst({ files }: Surroundings, all: readonly ProgramFile[]): readonly ProgramFile[] {
  const isThere = ({ path }: ProgramFile): boolean => files.isFile(path);
  return [...all.filter(isThere), ...all.filter((file) => !isThere(file))];
}

/** The first that is there, else the first. */
function existing({ files }: Surroundings, paths: readonly string[]): string {
  return paths.find((path) => files.isFile(path)) ?? (paths[0] as string);
}

/** On Windows the Store's package keeps its files below a folder of its own, and the classic one may be left over. */
function claudeDesktop(at: Surroundings): readonly ProgramFile[] {
  const name = "claude_desktop_config.json";
  const classic = inApplications(at, "Claude", name);
  if (at.platform !== "win32") return [jsonc(classic, "mcpServers")];
  const { join } = pathOf(at);
  const packages = join(at.env["LOCALAPPDATA"] || join(at.home, "AppData", "Local"), "Packages");
  const store = at.files
    .list(packages)
    .filter((folder) => folder.startsWith("Claude_"))
    .map((folder) => join(packages, folder, "LocalCache", "Roaming", "Claude", name));
  const there = store.filter((path) => at.files.isFile(path));
  const isOneOfSeveral = there.length > 1;
  const ordered = [...there, classic, ...store.filter((path) => !there.includes(path))];
  return ordered.map((path) => ({ ...jsonc(path, "mcpServers"), isOneOfSeveral }));
}

function vsCode(at: Surroundings): readonly ProgramFile[] {
  const products = ["Code", "Code - Insiders"].map((product) => inCode(at, "mcp.json", product));
  const first = existing(at, products);
  const own = [first, ...products.filter((path) => path !== first)].map((path) => jsonc(path, "servers"));
  return [...own, inProject(at, ".vscode/mcp.json", "servers")];
}

/** A folder of files, each with servers; and a list of them in its own settings. */
function continueFiles(at: Surroundings): readonly ProgramFile[] {
  const { join } = pathOf(at);
  const blocks = (folder: string): ProgramFile[] => {
    const own = join(folder, "tutti.json");
    const names = at.files.list(folder).filter((name) => /\.(?:json|ya?ml)$/.test(name) && name !== "tutti.json");
    return [own, ...names.map((name) => join(folder, name))].map((path) => ({
      ...jsonc(path, "mcpServers"),
      format: /ml$/.test(path) ? "yaml" : "jsonc",
    }));
  };
  const settings: ProgramFile = {
    path: join(at.home, ".continue", "config.yaml"),
    format: "yaml",
    place: () => ["mcpServers"],
  };
  const project = blocks(join(at.cwd, ".continue", "mcpServers")).map((file) => ({ ...file, project: at.cwd }));
  return [...blocks(join(at.home, ".continue", "mcpServers")), settings, ...project];
}

function copilot(at: Surroundings): readonly ProgramFile[] {
  const { join } = pathOf(at);
  return [jsonc(join(at.env["COPILOT_HOME"] || join(at.home, ".copilot"), "mcp-config.json"), "mcpServers")];
}
