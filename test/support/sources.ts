import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";

const root = join(import.meta.dirname, "../..");

/** One import or re-export of a source file. */
type Import = {
  /** As it is written: a package, `node:…`, or a relative path. */
  readonly from: string;
  /** The file it means, from the repository's root; undefined for packages. */
  readonly file: string | undefined;
  /** Whether it is gone in the compiled program. */
  readonly isType: boolean;
  /** Whether it is loaded only when the program comes to it. */
  readonly isDynamic: boolean;
};

export type Source = {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked out. */
  readonly code: string;
  readonly imports: readonly Import[];
};

/** All source files below a folder of the repository, sorted by path. */
export function sourcesIn(folder: string): readonly Source[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs|js)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort()
    .map(read);
}

/** Names of the folders right below a folder of the repository. */
export function foldersIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const code = withoutComments(text);
  return { path, text, code, imports: importsOf(path, code) };
}

// Strings are matched first, so that `//` in them is none. A quote in a regular expression stays on its line.
function withoutComments(text: string): string {
  const parts = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(parts, (part, string) => string ?? part.replace(/[^\n]/g, " "));
}

function importsOf(path: string, code: string): readonly Import[] {
  const found: Import[] = [];
  const add = (from: string, isType: boolean, isDynamic: boolean) => {
    const file = from.startsWith(".") ? posix.join(dirname(path), from) : undefined;
    found.push({ from, file, isType, isDynamic });
  };
  for (const [, type, from] of code.matchAll(/^(?:import|export)\s(type\s)?(?:[^;"']*?\sfrom\s)?\s*"([^"]+)"/gm)) {
    add(from as string, type !== undefined, false);
  }
  for (const [, from] of code.matchAll(/\bimport\("([^"]+)"\)/g)) add(from as string, false, true);
  return found;
}
