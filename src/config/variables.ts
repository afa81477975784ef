// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people are told to write

/** What variables may be filled from. */
export type Scope = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folder of the configuration file. */
  readonly folder: string;
};

/** A text with its variables filled in. With a problem, `text` is not to be used. */
export type Filled = {
  readonly text: string;
  /** The variables whose values went into the text. */
  readonly taken: readonly { readonly name: string; readonly value: string }[];
  readonly problems: readonly string[];
};

/**
 * Fills in `${NAME}`, `${NAME:-default}`, `${env:NAME}`, `${workspaceFolder}` (the file's folder) and `${userHome}`. As in
 * a shell, the default also stands for an empty variable, and may hold variables itself. `$${` is a plain `${`, and
 * `$NAME` stays as it is. Values are not looked through again.
 */
export function fillVariables(text: string, scope: Scope): Filled {
  const taken: { name: string; value: string }[] = [];
  const problems: string[] = [];
  const fill = (part: string): string =>
    part.replace(/\$\$\{|\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|\$\{/g, (found, inside: string | undefined) => {
      if (found === "$${") return "${";
      const [, name, fallback] = inside?.match(/^(?:env:)?([A-Za-z_][\w()]*)(?::-(.*))?$/s) ?? [];
      if (name === undefined) {
        problems.push(notAVariable(inside));
        return found;
      }
      const value = builtIn(inside ?? "", scope) ?? variableOf(name, scope);
      if (value === undefined || (value === "" && fallback !== undefined)) {
        if (fallback !== undefined) return fill(fallback);
        problems.push(`the variable ${name} is not set. Set it, or write \${${name}:-default}.`);
        return found;
      }
      taken.push({ name, value });
      return value;
    });
  return { text: fill(text), taken, problems };
}

/** `~`, and `~/` at the start, as the user's home folder; undefined where nobody knows it. */
export function expandHome(text: string, env: Scope["env"]): string | undefined {
  if (!/^~(?:$|[/\\])/.test(text)) return text;
  const home = homeFolder(env);
  return home === undefined ? undefined : home + text.slice(1);
}

function builtIn(inside: string, { env, folder }: Scope): string | undefined {
  if (inside === "workspaceFolder") return folder;
  return inside === "userHome" ? homeFolder(env) : undefined;
}

function homeFolder(env: Scope["env"]): string | undefined {
  return env["HOME"] || env["USERPROFILE"] || undefined;
}

/** An environment handed in as a plain object also inherits names such as `constructor`, which are no variables. */
function variableOf(name: string, { env }: Scope): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

function notAVariable(inside: string | undefined): string {
  if (inside === undefined) return "${ is not closed, or holds too many others. Close it; $${ stands for a plain ${.";
  if (inside.startsWith("input:")) {
    return "${input:…} asks a person, which tutti cannot do. Write ${NAME} and set that environment variable.";
  }
  return "${…} holds no name that tutti can fill in. Write ${NAME} or ${NAME:-default}; $${ stands for a plain ${.";
}
