import { execFileSync } from "node:child_process";

/**
 * Runs a program whose state folder is a file system of its own, with all that was in the folder, on which nothing is free.
 * What it writes there is gone with it.
 */
export const onFullDisk = [
  "/usr/bin/unshare",
  ...["--mount", "--map-root-user", "/bin/sh", "-c"],
  'state="$XDG_STATE_HOME" && cp -a "$state" "$state.copy" && mount -t tmpfs -o size=64k tmpfs "$state" &&' +
    ' cp -a "$state.copy/." "$state" && rm -r "$state.copy" && { cat /dev/zero >"$state/full" || exec "$0" "$@"; }',
] as const;

/** Whether this machine lets us mount. */
export function canMount(): boolean {
  try {
    const env = { PATH: "/usr/bin:/bin" };
    const mount = 'mount -t tmpfs -o size=8k tmpfs /mnt && { cat /dev/zero >/mnt/full || exec "$0"; }';
    execFileSync("/usr/bin/unshare", ["--mount", "--map-root-user", "/bin/sh", "-c", mount, "/bin/true"], {
      env,
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}
