import type { ServerConfig } from "../../config/config.ts";
import type { System } from "../../ports/system.ts";
import type { CommandFinder } from "../../process/path.ts";
import type { Finding } from "./finding.ts";

/** What a program that was not started in a terminal has as its PATH. */
const desktopPath = "/usr/bin:/bin:/usr/sbin:/sbin";

/** Which file the command of a server is: here, and for a program with a window. Undefined: none is found. */
export type Located = { readonly here: string | undefined; readonly elsewhere: string | undefined };

/** The environment of a program with a window; undefined where it has that of a terminal. */
export function desktopEnvironment({ env, platform }: Pick<System, "env" | "platform">): System["env"] | undefined {
  return platform === "win32" ? undefined : { ...env, PATH: desktopPath };
}

/** Undefined for servers that are no programs, or named by a path. */
export async function locate(
  { launch }: ServerConfig,
  here: CommandFinder,
  elsewhere: CommandFinder,
): Promise<Located | undefined> {
  if (launch.kind !== "stdio" || /[\\/]/.test(launch.command)) return undefined;
  const found = async (finder: CommandFinder): Promise<string | undefined> => {
    try {
      return (await finder.find(launch)).command;
    } catch {
      return undefined; // Why it is not found here is the reason for which its server has failed.
    }
  };
  const first = await found(here);
  return { here: first, elsewhere: first && (await found(elsewhere)) };
}

/** A command that a program with a window would not find, or find elsewhere. */
export function foundElsewhere(
  { name: server, launch }: ServerConfig,
  located: Located | undefined,
): readonly Finding[] {
  if (launch.kind !== "stdio" || located?.here === undefined || located.here === located.elsewhere) return [];
  const { here, elsewhere } = located;
  const text =
    elsewhere === undefined
      ? `${launch.command} is ${here}, which a program with a window does not find`
      : `${launch.command} is ${here} here, and ${elsewhere} where a program with a window starts tutti`;
  const cure = `write its whole path in its entry: "command": ${JSON.stringify(here)}`;
  return [{ code: "found_elsewhere", server, severity: elsewhere === undefined ? "warning" : "note", text, cure }];
}
