/** Tasks done through the built program, in front of servers that take their time, by a client that never errs. */
import { planOf, searchesOf, turnsOf, writtenTokens } from "./arms.mjs";
import { tokensOf } from "./tokens.mjs";
import { filled, valueAt } from "./values.mjs";

/**
 * What became of a task: its turns as they were, how long its tools took, calls that failed, and how many of its
 * searches found what they were for.
 * @typedef {{ turns: import("./account.mjs").Turn[], toolMs: number, failed: string[], found: number, searches: number }} Done
 */

/**
 * @param {Awaited<ReturnType<typeof import("./tutti.mjs").startTutti>>} tutti
 * @param {string} arm
 * @param {import("./task-sets.mjs").Task} task
 * @returns {Promise<Done>}
 */
export async function replay(tutti, arm, task) {
  const done = { turns: [], toolMs: 0, failed: [], found: 0, searches: 0 };
  const startedAt = performance.now();
  if (arm === "lazy + plan") await search(tutti, task, done);
  if (arm === "plan" || arm === "lazy + plan") await callTools(tutti, task.calls, done);
  else await byTurns(tutti, arm, task, done);
  done.toolMs = performance.now() - startedAt;
  return done;
}

async function byTurns(tutti, arm, task, done) {
  /** @type {Record<string, unknown>} */
  const values = {};
  for (const calls of turnsOf(arm, task)) {
    const spelled = calls.flatMap((call) => spelledOut(call, values));
    const results = arm === "batch" ? await callTools(tutti, spelled, done) : await callEach(tutti, arm, spelled, done);
    for (const { id, each } of calls) {
      const own = results.filter(({ of }) => of === id).map(({ value }) => value);
      values[id] = each === undefined ? own[0] : own;
    }
  }
}

/** The call with values where it has references; one for each element where it is made for each. */
function spelledOut(call, values) {
  const { id, name, each } = call;
  if (each === undefined) return [{ of: id, id, name, arguments: filled(call.arguments, values), needs: [] }];
  return valueAt(each, values).map((item, index) => ({
    of: id,
    id: `${id}${index + 1}`,
    name,
    arguments: filled(call.arguments, { ...values, item }),
    needs: [],
  }));
}

/** Side by side in one turn, or in a turn each. */
async function callEach(tutti, arm, calls, done) {
  const groups = arm === "sequential" ? calls.map((call) => [call]) : [calls];
  const values = [];
  for (const group of groups) {
    const results = await Promise.all(group.map(({ name, arguments: args }) => tutti.call(name, args)));
    done.turns.push({
      output: writtenTokens(group),
      results: sumOf(results.map((result) => tokensOf(textIn(result)))),
    });
    for (const [index, result] of results.entries()) {
      const { of, id } = group[index];
      if (result.isError) done.failed.push(`${id}: ${textIn(result)}`);
      values.push({ of, value: result.structuredContent });
    }
  }
  return values;
}

async function callTools(tutti, calls, done) {
  const input = planOf(calls.map(({ of: _, ...call }) => call));
  const text = textIn(await tutti.call("call_tools", input));
  done.turns.push({ output: writtenTokens([{ name: "call_tools", arguments: input }]), results: tokensOf(text) });
  const { results } = read(text);
  for (const { id, ok, failed = 0, error } of results) {
    if (!ok || failed > 0) done.failed.push(`${id}: ${error?.message ?? `${failed} elements failed`}`);
  }
  return calls.map(({ of, id }) => ({ of, value: results.find((result) => result.id === id)?.result }));
}

async function search(tutti, task, done) {
  const wanted = [...new Set(task.calls.map(({ name }) => name))];
  const searches = searchesOf(task);
  const texts = await Promise.all(searches.map(async (one) => textIn(await tutti.call("search_tools", one))));
  const output = writtenTokens(searches.map((one) => ({ name: "search_tools", arguments: one })));
  done.turns.push({ output, results: sumOf(texts.map(tokensOf)) });
  done.searches = searches.length;
  done.found = texts.filter((text, index) => read(text).tools.some(({ name }) => name === wanted[index])).length;
}

function textIn({ content }) {
  return content.map(({ text = "" }) => text).join("\n");
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(text);
  }
}

function sumOf(numbers) {
  return numbers.reduce((sum, one) => sum + one, 0);
}
