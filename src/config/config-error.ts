/** A configuration that cannot be used. The message is one line: file, line, server, field, what is wrong and the cure. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
