import { ConfigError } from "../config/config-error.ts";
import { readOwnText } from "../ports/own-files.ts";
import { readTokens } from "./http-address.ts";

/** What clients over HTTP have to bring: out of the file, or of TUTTI_HTTP_TOKEN; nothing where neither is there. Throws a ConfigError. */
export function httpTokens(file: string | undefined): readonly string[] {
  const { TUTTI_HTTP_TOKEN: variable } = process.env;
  if (file === undefined) return variable === undefined ? [] : readTokens(variable, "TUTTI_HTTP_TOKEN");
  try {
    const text = readOwnText(file, true);
    if (text !== undefined) return readTokens(text, file);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(
      `${file}: cannot be read (${(cause as Error).message}). Name a file that you alone may read, or set TUTTI_HTTP_TOKEN.`,
      {
        cause,
      },
    );
  }
  throw new ConfigError(`${file}: there is no such file. --token-file names a file with a token in each line.`);
}
