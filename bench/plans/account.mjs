import { ANSWER_TOKENS, price } from "./assumptions.mjs";

/**
 * What a task costs a client: every turn of the model reads all that was said before it. Nothing is asked of a model;
 * the turns are those of one that makes no mistake.
 *
 * @typedef {{ output: number, results: number }} Turn tokens that the model writes, and those that come back
 * @typedef {{ turns: number, input: number, output: number, cost: number }} Total
 */

/**
 * @param {readonly Turn[]} turns without the final answer
 * @param {number} prefix tokens before the task: system prompt and tools
 * @param {number} prompt tokens of the task
 * @returns {Total}
 */
export function totalOf(turns, prefix, prompt) {
  const total = { turns: 0, input: 0, output: 0, cost: 0 };
  let [seen, unseen] = [0, prefix + prompt];
  for (const { output, results } of [...turns, { output: ANSWER_TOKENS, results: 0 }]) {
    total.turns += 1;
    total.input += seen + unseen;
    total.output += output;
    total.cost += seen * price.read + unseen * price.write + output * price.output;
    [seen, unseen] = [seen + unseen, output + results];
  }
  return total;
}

/** @param {readonly Total[]} totals @returns {Total} */
export function sumOf(totals) {
  const sum = { turns: 0, input: 0, output: 0, cost: 0 };
  for (const total of totals) for (const key of Object.keys(sum)) sum[key] += total[key];
  return sum;
}
