/** The five ways of doing a task, as turns of a model: which calls it makes in each. */
import { tokensOf } from "./tokens.mjs";

/** @typedef {import("./task-sets.mjs").Task} Task @typedef {import("./task-sets.mjs").Call} Call */

export const arms = {
  sequential: "one call a turn",
  native: "in each turn all calls that can be made, side by side",
  batch: "the same turns, each one `call_tools`",
  plan: "one `call_tools` for the whole task",
  "lazy + plan": "lazy mode: one turn of `search_tools` calls, then the plan",
};

/**
 * The calls of a task in the order in which their results can be had.
 * @param {Task} task
 * @returns {Call[][]}
 */
export function wavesOf({ calls }) {
  const waveOf = new Map();
  const waves = [];
  for (const call of calls) {
    const wave = Math.max(-1, ...call.needs.map((id) => waveOf.get(id))) + 1;
    waveOf.set(call.id, wave);
    waves[wave] = [...(waves[wave] ?? []), call];
  }
  return waves;
}

/** Which calls each turn makes, without the search of the lazy arm. @param {string} arm @param {Task} task */
export function turnsOf(arm, task) {
  if (arm === "sequential")
    return wavesOf(task)
      .flat()
      .map((call) => [call]);
  if (arm === "native" || arm === "batch") return wavesOf(task);
  return [task.calls];
}

/** The input of `call_tools`. @param {readonly Call[]} calls */
export function planOf(calls) {
  return { calls: calls.map(({ needs: _, ...call }) => call) };
}

/** What a model looks for when it needs a tool. @param {string} tool */
export function queryFor(tool) {
  const words = tool.replace(/^\w+?__/, "").replace(/([a-z\d])([A-Z])/g, "$1 $2");
  return words
    .replace(/[\W_]+/g, " ")
    .trim()
    .toLowerCase();
}

/** One search for each tool that the task needs. @param {Task} task */
export function searchesOf({ calls }) {
  return [...new Set(calls.map(({ name }) => name))].map((name) => ({ query: queryFor(name) }));
}

/** What is written for calls made side by side. @param {{ name: string, arguments: object }[]} calls */
export function writtenTokens(calls) {
  return calls.reduce((sum, { name, arguments: args }) => sum + tokensOf({ name, arguments: args }), 0);
}

/** A value as long as the identifiers that tools mostly hand on: where there are no references it is written out. */
const literal = "482913";

/**
 * The turns of a task whose results are not known: `bare` is what a turn's results have beside those of its calls.
 * @param {string} arm
 * @param {Task} task
 * @param {(query: string) => number} searchTokens what one search gives back
 */
export function supposedTurns(arm, task, searchTokens) {
  const isPlanned = arm === "plan" || arm === "lazy + plan";
  const turns = turnsOf(arm, task).map((calls) => {
    if (arm === "sequential" || arm === "native") {
      return { output: writtenTokens(calls.map(spelled)), bare: 0, results: calls.length };
    }
    const input = planOf(isPlanned ? calls : calls.map(spelled));
    const given = isPlanned ? calls.filter(({ pick }) => pick?.length !== 0) : calls;
    return {
      output: writtenTokens([{ name: "call_tools", arguments: input }]),
      bare: bareTokens(calls, given),
      results: given.length,
    };
  });
  if (arm !== "lazy + plan") return turns;
  const searches = searchesOf(task);
  const output = writtenTokens(searches.map((search) => ({ name: "search_tools", arguments: search })));
  return [{ output, bare: searches.reduce((sum, { query }) => sum + searchTokens(query), 0), results: 0 }, ...turns];
}

/** A result of `call_tools` around the results of its calls, each of which is one token here. */
function bareTokens(calls, given) {
  const results = calls.map((call) => ({ id: call.id, ok: true, ...(given.includes(call) ? { result: 0 } : {}) }));
  return tokensOf({ results }) - given.length;
}

/** @param {Call} call */
function spelled(call) {
  const { pick: _, ...whole } = call;
  return { ...whole, arguments: spell(call.arguments) };
}

function spell(value) {
  if (Array.isArray(value)) return value.map(spell);
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$from === "string") return literal;
  if (typeof value.$template === "string") return value.$template.replace(/\$\{[^}]*\}/g, literal);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spell(one)]));
}
