/** Public sets, whose results are not known: the tokens of each arm over several sizes of prefix and result. */
import { sumOf, totalOf } from "./account.mjs";
import { arms, supposedTurns } from "./arms.mjs";
import { prefixes, resultSizes, SYSTEM_TOKENS } from "./assumptions.mjs";
import { catalogOf, searcher } from "./search-quality.mjs";
import { tokensOf } from "./tokens.mjs";

/**
 * @typedef {{ callTools: object, lazy: readonly object[] }} Definitions
 * @typedef {{ prefix: number, result: number, totals: Record<string, import("./account.mjs").Total> }} Setting
 */

/**
 * @param {import("./task-sets.mjs").TaskSet} set
 * @param {Definitions} definitions of tutti's own tools, as it lists them
 * @returns {Setting[]}
 */
export function supposed(set, definitions) {
  const searchTokens = searchTokensIn(set);
  const turns = Object.fromEntries(
    Object.keys(arms).map((arm) => [arm, set.tasks.map((task) => supposedTurns(arm, task, searchTokens(task)))]),
  );
  const prompts = set.tasks.map(({ prompt }) => tokensOf(prompt));
  return prefixes.flatMap((prefix) =>
    resultSizes.map((result) => {
      const totals = Object.entries(turns).map(([arm, tasks]) => {
        const before = prefixOf(arm, prefix, definitions);
        const each = tasks.map((own, index) =>
          totalOf(
            own.map((turn) => known(turn, result)),
            before,
            prompts[index],
          ),
        );
        return [arm, sumOf(each)];
      });
      return { prefix, result, totals: Object.fromEntries(totals) };
    }),
  );
}

/** What stands before a task in an arm. @param {string} arm @param {number} prefix @param {Definitions} definitions */
export function prefixOf(arm, prefix, { callTools, lazy }) {
  if (arm === "lazy + plan") return SYSTEM_TOKENS + tokensOf(lazy);
  return arm === "batch" || arm === "plan" ? prefix + tokensOf(callTools) : prefix;
}

function known({ output, bare, results }, size) {
  return { output, results: bare + results * size };
}

/** The tokens of what is really found for a query, among all tools of the task's part of the set. */
function searchTokensIn({ tasks }) {
  const byTools = new Map();
  const shared = new Map(tasks.map(({ server, tools }) => [server, tools]));
  const whole = tasks.some(({ tools, server }) => tools !== shared.get(server));
  const all = new Map(tasks.flatMap(({ tools }) => tools.map((tool) => [tool.name, tool])));
  return ({ server }) => {
    const tools = whole ? [...all.values()] : shared.get(server);
    const search = byTools.get(server) ?? searcher(catalogOf({ [server]: tools }));
    byTools.set(server, search);
    return (query) => tokensOf(search(query));
  };
}
