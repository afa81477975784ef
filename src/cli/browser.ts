import { win32 } from "node:path";
import type { StartForUser } from "../ports/for-user.ts";
import { CommandError, type CommandFinder } from "../process/path.ts";

/** What opening a browser needs to know of the machine. */
export type Desk = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly finder: Pick<CommandFinder, "find">;
  readonly start: StartForUser;
};

/** A program and what it is started with. */
type Opener = { readonly command: string; readonly args: readonly string[] };

/**
 * Shows `url` in the user's browser: in the program that BROWSER names, else as the system does it. `url` is all that the
 * program is told, as one word and not through a shell. Resolves to undefined when that was done as far as one can know, or
 * to why it was not.
 */
export async function openBrowser(url: URL, { env, platform, home, finder, start }: Desk): Promise<string | undefined> {
  if (!isForBrowsers(url)) return `${url.protocol} addresses are not opened`;
  const opener = openerOf(env, platform);
  if (typeof opener === "string") return opener;
  try {
    const { command } = await finder.find({ command: opener.command, cwd: home, env: {} });
    const all = Object.entries(env).filter((one): one is [string, string] => one[1] !== undefined);
    const problem = await start({ command, args: [...opener.args, url.href], env: Object.fromEntries(all), cwd: home });
    return problem === undefined ? undefined : `${opener.command}: ${problem}`;
  } catch (cause) {
    if (cause instanceof CommandError) return cause.message;
    throw cause;
  }
}

/** Whether an address may be given to a program at all: a file, a script or a scheme of some program's own may not. */
function isForBrowsers({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname));
}

/** What opens an address, or why there is nothing. */
function openerOf(env: Desk["env"], platform: NodeJS.Platform): Opener | string {
  const { BROWSER: browser, DISPLAY: display, WAYLAND_DISPLAY: wayland, SystemRoot: root = "C:\\Windows" } = env;
  if (browser) return { command: browser, args: [] };
  if (platform === "win32") {
    return { command: win32.join(root, "System32", "rundll32.exe"), args: ["url.dll,FileProtocolHandler"] };
  }
  const hasScreen = platform === "darwin" ? !env["SSH_CONNECTION"] : Boolean(display || wayland);
  if (!hasScreen) return "there is no screen here";
  return { command: platform === "darwin" ? "open" : "xdg-open", args: [] };
}
