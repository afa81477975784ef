import { addHelp, checkHelp, completionHelp, importHelp, installHelp, loginHelp, logsHelp, serveHelp } from "./help.ts";
import type { OptionValues, OwnOption } from "./options.ts";

/** What a command is started with. */
export type Invocation = {
  readonly version: string;
  readonly options: OptionValues;
  /** Words behind the command's name, without those behind `--`. */
  readonly positionals: readonly string[];
  /** Words behind `--`; undefined where there is no `--`. */
  readonly rest: readonly string[] | undefined;
};

/** One command of the command line. */
export type Command = {
  readonly summary: string;
  readonly usage: string;
  /** What `--help` says below the usage. */
  readonly help: string;
  /** How many words it takes after its name, at least and at most. */
  readonly words: readonly [least: number, most: number];
  /** Whether a command of its own may stand behind `--`. */
  readonly takesRest?: boolean;
  /** Options of its own. */
  readonly options: readonly OwnOption[];
  /** Resolves to the exit code; undefined: the process ends by itself. */
  readonly load: () => Promise<{ readonly run: (invocation: Invocation) => Promise<number | undefined> }>;
};

/** All commands, in the order in which help shows them. */
export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    "serve",
    {
      summary: "serve one client over stdin and stdout; what a client's configuration starts (default)",
      usage: "tutti [serve] [--lazy] [--http [HOST:]PORT [--token-file FILE] [--stdio]] [--config FILE]",
      help: serveHelp,
      words: [0, 0],
      options: ["http", "token-file", "stdio", "lazy"],
      load: () => import("./serve.ts"),
    },
  ],
  [
    "demo",
    {
      summary: "call several servers at once and draw what happened",
      usage: "tutti demo [--svg FILE]",
      help: "Uses the servers.json that comes with tutti, whose servers are installed in a clone of the repository.",
      words: [0, 0],
      options: ["svg"],
      load: () => import("./demo.ts"),
    },
  ],
  [
    "check",
    {
      summary: "start every server, say what became of each, what is wrong and what to do",
      usage: "tutti check [--json] [--config FILE]",
      help: checkHelp,
      words: [0, 0],
      options: ["json"],
      load: () => import("./check.ts"),
    },
  ],
  [
    "login",
    {
      summary: "sign in to a server at an address, in your browser",
      usage: "tutti login SERVER [--no-browser] [--json] [--config FILE]",
      help: loginHelp,
      words: [1, 1],
      options: ["no-browser", "json"],
      load: () => import("./login.ts"),
    },
  ],
  [
    "logout",
    {
      summary: "forget the tokens of a server, and have them taken back",
      usage: "tutti logout SERVER [--json] [--config FILE]",
      help: "Running tuttis use them no longer either. --json prints whether there were any and whether they were taken back.",
      words: [1, 1],
      options: ["json"],
      load: () => import("./logout.ts"),
    },
  ],
  [
    "approve",
    {
      summary: "accept what a server offers now, where that is not what was pinned",
      usage: "tutti approve SERVER | --all [--json] [--config FILE]",
      help: `What a server offers is pinned when it is first seen. What is accepted is what tutti has seen of it since, as this shows
and as check shows before; no server is started. --all: of every server. --json prints what was accepted.
Exit code 0: accepted, or nothing to accept; 1: no such server, or the pins cannot be read or written.`,
      words: [0, 1],
      options: ["all", "json"],
      load: () => import("./approve.ts"),
    },
  ],
  [
    "list",
    {
      summary: "print the tools, prompts and resources that clients see",
      usage: "tutti list [--json] [--config FILE]",
      help: "--json prints the definitions as clients get them.",
      words: [0, 0],
      options: ["json"],
      load: () => import("./list.ts"),
    },
  ],
  [
    "call",
    {
      summary: "call one tool and print its result, or make the calls of a plan together",
      usage: "tutti call TOOL ['{\"argument\": 1}'] | --plan FILE [--json] [--config FILE]",
      help: '--plan FILE makes the calls of a JSON file as call_tools does, {"calls": […]}, and draws when each ran and what it\nwaited for. --json prints the whole result. Exit code 4: its server cannot be reached; 5: the tool failed, or there is none of that name.',
      words: [1, 2],
      options: ["json", "plan"],
      load: () => import("./call.ts"),
    },
  ],
  [
    "import",
    {
      summary: "take over the servers that other programs have",
      usage: "tutti import [CLIENT …] [--dry-run] [--yes] [--json] [--config FILE]",
      help: importHelp,
      words: [0, 20],
      options: ["json", "dry-run", "yes"],
      load: () => import("./import.ts"),
    },
  ],
  [
    "install",
    {
      summary: "put tutti into a program's configuration, or take it out",
      usage:
        "tutti install CLIENT [--project] [--replace] [--uninstall] [--name NAME] [--lazy] [--dry-run] [--yes] [--json] [--config FILE]",
      help: installHelp,
      words: [1, 1],
      options: ["json", "project", "replace", "uninstall", "name", "lazy", "dry-run", "yes"],
      load: () => import("./install.ts"),
    },
  ],
  [
    "add",
    {
      summary: "put a server into servers.json",
      usage:
        'tutti add NAME [--env NAME=VALUE …] [--cwd FOLDER] -- COMMAND [ARGUMENT …] | tutti add NAME URL [--header "NAME: VALUE" …] [--transport http|sse] [--json]',
      help: addHelp,
      words: [1, 50],
      takesRest: true,
      options: ["json", "env", "header", "transport", "cwd"],
      load: () => import("./add.ts"),
    },
  ],
  [
    "add-json",
    {
      summary: "put a server into servers.json, its entry as JSON",
      usage: 'tutti add-json NAME \'{"command": "npx", "args": ["-y", "some-server"]}\' [--json]',
      help: "What servers.json was is kept beside it as servers.json.bak. Comments stay.",
      words: [2, 2],
      options: ["json"],
      load: () => import("./add-json.ts"),
    },
  ],
  [
    "remove",
    {
      summary: "take a server out of servers.json",
      usage: "tutti remove NAME [--json] [--config FILE]",
      help: "What servers.json was is kept beside it as servers.json.bak. Comments stay.",
      words: [1, 1],
      options: ["json"],
      load: () => import("./remove.ts"),
    },
  ],
  [
    "enable",
    {
      summary: "switch a server on",
      usage: "tutti enable NAME [--json] [--config FILE]",
      help: "What servers.json was is kept beside it as servers.json.bak. Comments stay.",
      words: [1, 1],
      options: ["json"],
      load: async () => ({ run: (await import("./switch.ts")).enable }),
    },
  ],
  [
    "disable",
    {
      summary: "switch a server off: it is neither started nor offered",
      usage: "tutti disable NAME [--json] [--config FILE]",
      help: "What servers.json was is kept beside it as servers.json.bak. Comments stay.",
      words: [1, 1],
      options: ["json"],
      load: async () => ({ run: (await import("./switch.ts")).disable }),
    },
  ],
  [
    "get",
    {
      summary: "print the entry of a server",
      usage: "tutti get NAME [--json]",
      help: "Secrets that are written out are not shown. Nothing is started.",
      words: [1, 1],
      options: ["json"],
      load: () => import("./get.ts"),
    },
  ],
  [
    "status",
    {
      summary: "say which tuttis run, how their servers are, and what went wrong last",
      usage: "tutti status [--json]",
      help: "Each one that serves keeps a small file in the state folder, and its log beside it.",
      words: [0, 0],
      options: ["json"],
      load: () => import("./status.ts"),
    },
  ],
  [
    "logs",
    {
      summary: "print what running tuttis log, of one server or of all",
      usage: "tutti logs [SERVER] [--follow] [--json]",
      help: logsHelp,
      words: [0, 1],
      options: ["follow", "json"],
      load: () => import("./logs.ts"),
    },
  ],
  [
    "completion",
    {
      summary: "print what makes a shell complete commands, options and names",
      usage: "tutti completion bash|zsh|fish|powershell",
      help: completionHelp,
      words: [1, 1],
      takesRest: true,
      options: [],
      load: async () => {
        const { complete } = await import("./completion.ts");
        return { run: (invocation) => complete(invocation, commands) };
      },
    },
  ],
]);
