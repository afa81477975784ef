import type { Ownership } from "../ports/files.ts";

const root = 0;

/**
 * Who else may change a configuration, whose commands are run as the user: `refusal` where that is everybody or another
 * user, `notice` where it is a group. Each is one line with what to do. Nothing where it is the user and root alone.
 */
export function otherWriters(
  path: string,
  { owner, group, mode, user }: Ownership,
): { readonly refusal?: string; readonly notice?: string } {
  const shown = (mode & 0o777).toString(8).padStart(4, "0");
  if ((mode & 0o002) !== 0) {
    return {
      refusal: `${path}: everybody may write it (mode ${shown}), and what stands in it is run as you: chmod o-w ${path}`,
    };
  }
  if (owner !== user && owner !== root) {
    const whose = `${path}: it belongs to another user (${owner}), and what stands in it is run as you: make it yours or root's (chown)`;
    // Root in a container is given files of the user outside.
    return user === root ? { notice: whose } : { refusal: whose };
  }
  // A group of the user's own, as many systems make one for each user, is nobody else.
  if ((mode & 0o020) === 0 || group === owner) return {};
  return {
    notice: `${path}: its group may write it (mode ${shown}), and what stands in it is run as you: chmod g-w ${path}`,
  };
}
