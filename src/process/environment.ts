const everywhere = [
  ...["LANG", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
];

const posixNames: ReadonlySet<string> = new Set([...everywhere, "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"]);

// The list of the official SDK for Windows.
const windowsNames: ReadonlySet<string> = new Set([
  ...everywhere,
  ...["APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE"],
  ...["PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP"],
  ...["USERNAME", "USERPROFILE", "WINDIR"],
]);

/**
 * The environment of a child: of our own variables only those that no server can do without (an allow-list, so that
 * secrets meant for one program, and what changes how a runtime loads code, such as `NODE_OPTIONS`, stay with us),
 * then `added`, which wins. Proxy variables pass and may hold credentials. Exported shell functions do not pass.
 * On Windows names that differ in case alone are one variable; the last one stays.
 */
export function childEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  added: Readonly<Record<string, string>>,
  platform: NodeJS.Platform,
): Record<string, string> {
  const isWindows = platform === "win32";
  const key = (name: string): string => (isWindows ? name.toUpperCase() : name);
  const allowed = isWindows ? windowsNames : posixNames;
  const child = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined || value.startsWith("()")) continue;
    if (allowed.has(key(name)) || /^(LC|XDG)_/.test(key(name))) child.set(key(name), [name, value]);
  }
  for (const [name, value] of Object.entries(added)) child.set(key(name), [name, value]);
  return Object.fromEntries(child.values());
}
