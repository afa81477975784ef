/** What a command's exit code says; docs/errors.md has the same list. */
export const exitCode = {
  ok: 0,
  /** The command line or the configuration is wrong, or something unexpected happened. */
  unusable: 1,
  /** A server could not be reached. */
  unreachable: 4,
  /** The tool answered with an error, or there is no such tool. */
  toolFailed: 5,
  /** Nobody is signed in. */
  notSignedIn: 6,
  /** A defect of tutti's ended it. */
  defect: 70,
} as const;
