/** What the figures rest on beside what is measured. */

/** The final answer, the same in each arm. */
export const ANSWER_TOKENS = 100;
/** Against a token of uncached input: the prices of Anthropic's models, November 2026. */
export const price = { read: 0.1, write: 1.25, output: 5 };
/** Tokens before a task: the system prompt and the tools of the servers. */
export const prefixes = [2000, 15_000];
/** Of those, what is not tools: it stays in lazy mode. */
export const SYSTEM_TOKENS = 1000;
/** Tokens of one call's result, where results are not known. */
export const resultSizes = [100, 500, 2000];
/** How long a call of a task server takes, in the middle; each takes a third to three times as long. */
export const MEDIAN_MS = 80;
/** Numbers of tools found that are looked at. */
export const depths = [1, 3, 5, 10];
