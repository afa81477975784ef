import { ConfigError } from "../config/config-error.ts";
import { programs } from "../setup/programs.ts";
import type { Command, Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { type OptionName, options, sharedOptions } from "./options.ts";
import { namesOfServers } from "./own-servers.ts";

type Commands = ReadonlyMap<string, Pick<Command, "options">>;

/** Prints what makes a shell complete tutti's commands and options, or the words that may stand in one place. */
export async function complete(
  { positionals: [shell = ""], rest = [] }: Invocation,
  commands: Commands,
): Promise<number> {
  const text = shell === "words" ? await wordsFor(rest, commands) : scripts.get(shell);
  if (text === undefined)
    throw new ConfigError(`there is no completion for "${shell}". It knows ${[...scripts.keys()].join(", ")}.`);
  process.stdout.write(text);
  return exitCode.ok;
}

/** What a word may be, a line each: what stands before it, and its beginning. */
async function wordsFor(words: readonly string[], commands: Commands): Promise<string> {
  const isValue = (index: number): boolean => takesValue(words[index - 1] ?? "");
  const [name = "", ...more] = words.slice(0, -1).filter((word, index) => !word.startsWith("-") && !isValue(index));
  const command = commands.get(name);
  const start = words.at(-1) ?? "";
  const all = start.startsWith("-")
    ? [...(command?.options ?? []), ...sharedOptions].map((option) => `--${option}`)
    : command === undefined
      ? [...commands.keys()]
      : await argumentsOf(name, more, words.at(-2) ?? "");
  const fitting = all.filter((word) => word.startsWith(start));
  return fitting.map((word) => `${word}\n`).join("");
}

async function argumentsOf(name: string, before: readonly string[], last: string): Promise<readonly string[]> {
  // The value of an option is a file or a text, which the shell knows better.
  if (takesValue(last)) return [];
  if (name === "import") return programs.map(({ id }) => id).filter((id) => !before.includes(id));
  if (name === "completion") return [...scripts.keys()];
  if (before.length > 0) return [];
  if (name === "install") return programs.map(({ id }) => id);
  if (["login", "logout"].includes(name)) return await namesOfServers(isRemote);
  return ["remove", "enable", "disable", "get"].includes(name) ? await namesOfServers() : [];
}

/** Whether an entry is one at an address, to which one may have to sign in. */
function isRemote(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && !("command" in entry);
}

function takesValue(word: string): boolean {
  return word.startsWith("--") && options[word.slice(2) as OptionName]?.type === "string";
}

const bash = `_tutti() {
  local IFS=$'\\n'
  COMPREPLY=( $(tutti completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
}
complete -o default -F _tutti tutti
`;

const zsh = `#compdef tutti
_tutti() {
  local -a words_here
  words_here=("\${(@f)$(tutti completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$words_here" ]]; then compadd -- $words_here; else _files; fi
}
compdef _tutti tutti
`;

const fish = `function __tutti_words
  set -l before (commandline -opc)
  set -l found (tutti completion words -- $before[2..] (commandline -ct) 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c tutti -f -a '(__tutti_words)'
`;

const powershell = `Register-ArgumentCompleter -Native -CommandName tutti -ScriptBlock {
  param($word, $ast, $cursor)
  $before = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { "$_" })
  tutti completion words -- @before "$word" 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`;

const scripts: ReadonlyMap<string, string> = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
  ["powershell", powershell],
]);
