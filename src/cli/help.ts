export const serveHelp = `Ends when the client closes stdin, or on SIGTERM or SIGINT; all servers end with it. A changed configuration is read while it
runs, on SIGHUP too (which ends it where stdin is a terminal).
stdout carries the protocol only; the log goes to stderr.

  --lazy          show the client four tools instead of all: search_tools, call_tools, call_tool, read_result
  --http [HOST:]PORT
                  serve any number of clients at http://HOST:PORT/mcp (HOST: 127.0.0.1 and ::1; /mcp/lazy for --lazy)
  --token-file FILE
                  tokens of which a client has to send one (Authorization: Bearer …), a line each; instead of the file
                  TUTTI_HTTP_TOKEN. Needed where HOST can be reached from other machines
  --stdio         with --http: serve a client over stdin and stdout too, and end with it`;

export const importHelp = `Reads the files of Claude Desktop, Claude Code, VS Code, Cursor, Windsurf, Zed, Codex, Gemini CLI, opencode, Cline, Roo
Code, Continue, Goose, JetBrains, LM Studio and Copilot CLI (or those of the named ones), shows what is in them, and writes
it to servers.json, the old one kept as servers.json.bak. Equal servers come once; comments in servers.json stay.

  --dry-run       show what would change, and write nothing
  --yes, -y       do not ask`;

export const installHelp = `CLIENT: claude-desktop, claude-code, vscode, cursor, windsurf, zed, codex, gemini, opencode, cline, roo, continue, goose,
jetbrains, lm-studio or copilot-cli. Everything else in its file stays as it is, and what the file was is kept beside it
as FILE.before-tutti.

  --project       its file for the project in the current folder, not the user's own
  --replace       move the servers that are in that file into servers.json; asks first
  --uninstall     take tutti out again; where nothing else has changed since, the file is the old one to the byte
  --name NAME     the name of the entry (tutti), of which there may be several; with --uninstall only this one goes
  --lazy          as of serve
  --dry-run       show what would change, and write nothing
  --yes, -y       do not ask`;

export const addHelp = `A server that is a program: its command stands behind --, so that options of its own stay its own. A server at a URL: its
address. Write a secret as a reference, as in --env 'TOKEN=\${TOKEN}'. What servers.json was is kept as servers.json.bak.

  --env, -e NAME=VALUE       a variable for the program; several times
  --cwd FOLDER               the folder it starts in
  --header, -H "NAME: VALUE" a header of each request; several times
  --transport, -t KIND       http or sse, for an address that speaks the older HTTP+SSE`;

export const completionHelp = `bash        eval "$(tutti completion bash)" in ~/.bashrc
zsh         eval "$(tutti completion zsh)" in ~/.zshrc, behind compinit
fish        tutti completion fish > ~/.config/fish/completions/tutti.fish
powershell  tutti completion powershell | Out-String | Invoke-Expression, in $PROFILE`;

export const logsHelp = `The last 200 lines of those that run; where none does, of the last one. "log": {"file": false} in servers.json keeps none.

  --follow, -f    go on with what comes
  --json          the lines as they are kept`;

export const loginHelp = `Shows an address, opens it in your browser, and waits for up to ten minutes until you are through there. Once for all
tuttis on this machine: tokens are kept in the state folder and renewed without you. docs/signing-in.md says more.

  --no-browser    open nothing. With or without it: where the browser is on another machine, paste the address at which it
                  ends, http://127.0.0.1:…, here
  --json          a line with the address to open, then a line with what became of it

The browser: the program that BROWSER names (one word, no arguments), else open, xdg-open or what Windows uses. Exit code 0:
signed in; 6: not; 4: the server or who lets in to it cannot be reached; 1: there is no such server.`;

export const checkHelp = `A line for each server, then what is wrong or worth knowing: each finding with a code and what to do, and
docs/troubleshooting.md says more by the code. The tokens of definitions are an estimate, a quarter of their bytes.
Exit code 0: all are ready; 4: at least one is not; 1: the configuration cannot be used.

  --json          all of it as one object: tutti, node, files, servers, findings, tools, tokens`;

/** The options that every command takes, as help prints them. */
export const commonHelp = `  --config FILE   the configuration; may be given several times. Without it: TUTTI_CONFIG,
                  then ./servers.json, then tutti/servers.json in your configuration folder
  --log LEVEL     silent, error, warn, info or debug; the log goes to stderr
  --help, --version`;
