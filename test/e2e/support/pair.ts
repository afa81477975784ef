import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { membersOf } from "./members-of.ts";
import { killAll, markerEnvironment } from "./processes.ts";
import { configFile, fixturePath, main, root, temporaryFolder } from "./program.ts";
import { type Heard, Talk } from "./talk.ts";

/** One way to the server: straight to it (then names have no prefix), or through tutti. */
export type Side = {
  readonly talk: Talk;
  /** The name under which the server's tool or prompt is offered here. */
  readonly name: (own: string) => string;
};

/** The name of the server in tutti's configuration. */
export const serverName = "everything";

const prefix = `${serverName}__`;

/** What a script says, on either side. */
export type Script = (side: Side) => Promise<void>;

/**
 * Plays the script to the server itself and to a tutti in front of it, both at once, and gives what differs: for every
 * line that only one of them heard one text. Both servers live in the same environment, time and chance.
 */
export async function play(file: string, args: readonly string[], script: Script): Promise<string[]> {
  const server = {
    command: process.execPath,
    args: ["--import", fixturePath("same-time-same-dice.mjs"), file, ...args],
  };
  const marker = randomUUID();
  onTestFinished(() => killAll(marker));
  // tutti leaves out of the path what stands in it twice.
  const path = [...new Set((process.env["PATH"] ?? "").split(":"))].join(":");
  const env = { HOME: temporaryFolder(), PATH: path, ...markerEnvironment(marker) };
  const config = configFile({ [serverName]: server }, { errors: "protocol" });
  const tutti = { command: process.execPath, args: [main, "serve", "--config", config] };
  const direct = { talk: new Talk({ ...server, env, cwd: root }), name: (own: string) => own };
  const through = {
    talk: new Talk({ ...tutti, env, cwd: root }),
    name: (own: string) => prefix + own,
  };
  await Promise.all([script(direct), script(through)]);
  return differences(direct.talk.heard.flatMap(plain), through.talk.heard.flatMap(plain));
}

type Plain = { readonly step: string; readonly text: string };

/**
 * What was said, without what may differ: the order of an envelope's members, the ids of questions, the prefix of names,
 * the server's name where people see it, the variable by which tutti finds what a server has started, and how often it
 * is told that a list has changed (tutti tells it once for several times, and of all servers). In what tutti puts together from all servers, lists and acknowledged subscriptions,
 * the order of the members may differ, and who answered.
 */
function plain({ step, members }: Heard): Plain[] {
  const method = members.get("method");
  if (method !== undefined && /\/list_changed"$/.test(method)) return [];
  const said = [...members].filter(([name]) => name !== "jsonrpc" && !(name === "id" && method !== undefined));
  const isOurs = method === '"notifications/subscriptions/acknowledged"';
  const text = said.sort().map(([name, value]) => {
    if (name === "params" && isOurs) return `params ${inOrder(membersOf(value))}`;
    return `${name} ${name === "result" ? plainResult(value) : value}`;
  });
  return [{ step, text: withoutServer(text.join(" ")) }];
}

function plainResult(result: string): string {
  const members = new Map(membersOf(result));
  if (!["tools", "prompts", "resources", "resourceTemplates"].some((kind) => members.has(kind))) return result;
  members.delete("_meta");
  return inOrder(members);
}

function inOrder(members: ReadonlyMap<string, string>): string {
  return JSON.stringify([...members].sort());
}

function withoutServer(text: string): string {
  return text
    .replaceAll(prefix, "")
    .replaceAll(`"message":"${serverName}: `, '"message":"')
    .replaceAll(`"logger":"${serverName}/`, '"logger":"')
    .replaceAll(`"logger":"${serverName}",`, "")
    .replaceAll(/\\n {2}\\"TUTTI_CHILD\\": \\"[^"\\]*\\",/g, "");
}

/** The lines of both that are not in the longest sequence of lines that both have. */
export function differences(direct: readonly Plain[], through: readonly Plain[]): string[] {
  const common = longestCommon(direct, through);
  const found: string[] = [];
  let [here, there] = [0, 0];
  for (const [i, j] of [...common, [direct.length, through.length] as const]) {
    const [lost, added] = [direct.slice(here, i), through.slice(there, j)];
    for (let at = 0; at < Math.max(lost.length, added.length); at++) found.push(...shown(lost[at], added[at]));
    [here, there] = [i + 1, j + 1];
  }
  return found;
}

/** Both lines from where they begin to differ. */
function shown(direct: Plain | undefined, through: Plain | undefined): string[] {
  const [here, there] = [direct?.text ?? "", through?.text ?? ""];
  let at = 0;
  while (at < here.length && here[at] === there[at]) at++;
  const from = direct === undefined || through === undefined ? 0 : Math.max(0, at - 60);
  const cut = (text: string) => `${from > 0 ? "…" : ""}${text.slice(from, from + 400)}`;
  return [
    ...(direct === undefined ? [] : [`${direct.step}\n  direct:  ${cut(here)}`]),
    ...(through === undefined ? [] : [`${through.step}\n  through: ${cut(there)}`]),
  ];
}

/** Pairs of indexes. */
function longestCommon(a: readonly Plain[], b: readonly Plain[]): (readonly [number, number])[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const lengthAt = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  const isSame = (i: number, j: number): boolean => a[i]?.text === b[j]?.text;
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i] as number[];
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = isSame(i, j) ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    if (isSame(i, j)) pairs.push([i++, j++]);
    else if (lengthAt(i + 1, j) >= lengthAt(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
