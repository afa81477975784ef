import {
  type Calling,
  enumerate,
  introduce,
  longestInstructions,
  oneLine,
  shorten,
  shownName,
} from "../client/introduction.ts";

/** One server, as the model is told of it. */
export type Described = {
  readonly name: string;
  /** What is wrong with it, as in "still starting"; undefined for a server that is ready. */
  readonly state: string | undefined;
  /** What it says of itself. */
  readonly instructions: string | undefined;
};

/** What the states of all servers may take, and that of one. */
const longestStates = 600;
const longestState = 160;

/** Less than this of a server's instructions says nothing. */
const leastOwn = 120;

/**
 * What the model is told of the servers, at most 2,048 characters: which there are, what is wrong with any, and
 * (`withOwn`) what they say of themselves, in equal shares of what is left. A server's text is quoted line by line under
 * its name, so that none can speak for another or for tutti.
 */
export function digest(servers: readonly Described[], withOwn: boolean, calling: Calling): string {
  const introduction =
    introduce(
      servers.map(({ name }) => name),
      calling,
    ) || "tutti has no servers to offer.";
  const states = servers.flatMap(({ name, state }) =>
    state === undefined ? [] : [`- ${shorten(`${shownName(name)}: ${oneLine(state)}`, longestState)}`],
  );
  const troubles =
    states.length === 0 ? "" : `\nNot all of them can be used:\n${enumerate(states, "\n", longestStates)}`;
  const told = introduction + troubles;
  return withOwn ? told + ownInstructions(servers, longestInstructions - told.length) : told;
}

function ownInstructions(servers: readonly Described[], room: number): string {
  const own = servers.flatMap(({ name, instructions }) => {
    const lines = (instructions ?? "").split(/[\r\n\u2028\u2029]+/).map(oneLine);
    const quoted = lines.filter((line) => line !== "").map((line) => `\n> ${line}`);
    return quoted.length === 0 ? [] : [`\n\n${shownName(name)} says of itself:${quoted.join("")}`];
  });
  // The short ones first take what they need, and leave the rest of their share to the long ones.
  const byLength = [...own.entries()].sort(([, a], [, b]) => a.length - b.length);
  const shown = own.map(() => "");
  let left = room;
  for (const [rank, [index, section]] of byLength.entries()) {
    const share = Math.floor(left / (byLength.length - rank));
    if (section.length > share && share < leastOwn) continue;
    const kept = shorten(section, share);
    shown[index] = kept;
    left -= kept.length;
  }
  return shown.join("");
}
