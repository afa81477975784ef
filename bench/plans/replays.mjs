/** Sets that are replayed through the built program: time, tokens as they were, and whether every plan can be said. */

import { exposedNames } from "../../dist/catalog/names.js";
import { totalOf } from "./account.mjs";
import { arms } from "./arms.mjs";
import { MEDIAN_MS, SYSTEM_TOKENS } from "./assumptions.mjs";
import { replay } from "./replay.mjs";
import { prefixOf } from "./supposed.mjs";
import { tokensOf } from "./tokens.mjs";
import { startTutti } from "./tutti.mjs";
import { filled, grow, pathsIn } from "./values.mjs";

const SEED = 1;

/** @typedef {import("./task-sets.mjs").Task} Task */
/** @typedef {{ turns: number, toolMs: number, failed: string[], total: import("./account.mjs").Total, found: number, searches: number }} Replayed */

/**
 * Each arm in its turn, task after task.
 * @param {Record<string, object[]>} servers
 * @param {readonly Task[]} tasks
 * @returns {Promise<Record<string, Replayed>>}
 */
export async function replayAll(servers, tasks) {
  const direct = await startTutti(servers, { medianMs: MEDIAN_MS, seed: SEED });
  const lazy = await startTutti(servers, { medianMs: MEDIAN_MS, seed: SEED, isLazy: true });
  try {
    const own = direct.tools.filter(({ name }) => name === "call_tools" || name === "read_result");
    const others = direct.tools.filter((tool) => !own.includes(tool));
    const before = SYSTEM_TOKENS + tokensOf(others);
    const definitions = { callTools: own, lazy: lazy.tools };
    const done = {};
    for (const arm of Object.keys(arms)) {
      const tutti = arm === "lazy + plan" ? lazy : direct;
      done[arm] = await replayArm(tutti, arm, tasks, prefixOf(arm, before, definitions));
    }
    return done;
  } finally {
    await Promise.all([direct.close(), lazy.close()]);
  }
}

async function replayArm(tutti, arm, tasks, prefix) {
  const sum = {
    turns: 0,
    toolMs: 0,
    failed: [],
    total: { turns: 0, input: 0, output: 0, cost: 0 },
    found: 0,
    searches: 0,
  };
  for (const task of tasks) {
    const { turns, toolMs, failed, found, searches } = await replay(tutti, arm, task);
    const total = totalOf(turns, prefix, tokensOf(task.prompt));
    for (const key of Object.keys(total)) sum.total[key] += total[key];
    sum.turns += total.turns;
    sum.toolMs += toolMs;
    sum.failed.push(...failed.map((text) => `${task.id}: ${text}`));
    sum.found += found;
    sum.searches += searches;
  }
  return sum;
}

/**
 * Servers for tasks that say nothing of results: each tool gives what the references to it want, and takes anything.
 * The tasks have their tools' exposed names.
 * @param {readonly Task[]} tasks
 */
export function suppose(tasks) {
  const tools = new Map();
  for (const task of tasks) {
    for (const { name } of task.calls) {
      const key = `${task.server} ${name}`;
      const said = task.tools.find((tool) => tool.name === name);
      const bare = {
        name,
        description: said?.description,
        inputSchema: { type: "object" },
        result: { id: leafOf(key) },
      };
      if (!tools.has(key)) tools.set(key, { server: task.server, tool: bare });
    }
    for (const path of task.calls.flatMap(pathsIn)) {
      const root = /^\w+/.exec(path)[0];
      const from = `${task.server} ${task.calls.find(({ id }) => id === root).name}`;
      grow(tools.get(from).tool.result, path.slice(root.length), leafOf(`${from} ${path.slice(root.length)}`));
    }
  }
  const servers = {};
  for (const { server, tool } of tools.values()) servers[server] = [...(servers[server] ?? []), tool];
  return { servers, tasks: tasks.map((task) => exposed(task, servers[task.server])) };
}

/** Six digits that follow from a text. */
function leafOf(text) {
  let sum = 7;
  for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) % 900_000;
  return String(100_000 + sum);
}

function exposed(task, tools) {
  const originals = tools.map(({ name }) => name);
  const names = exposedNames(task.server, originals);
  return {
    ...task,
    calls: task.calls.map((call) => ({ ...call, name: names[originals.indexOf(call.name)] })),
    originals: task.calls.map(({ name }) => name),
  };
}

/**
 * Whether each task can be said as one plan, in which every reference means what it should: what the servers were called
 * with is held against what the values are.
 * @param {readonly Task[]} given
 */
export async function sayAll(given) {
  const { servers, tasks } = suppose(given);
  const tutti = await startTutti(servers, { isLogged: true });
  try {
    const wrong = [];
    let [seen, calls, references] = [0, 0, 0];
    for (const task of tasks) {
      const { failed } = await replay(tutti, "plan", task);
      const all = tutti.called();
      const got = all
        .slice(seen)
        .map((call) => JSON.stringify(call))
        .sort();
      seen = all.length;
      const wanted = wantedCalls(task, servers[task.server]).sort();
      calls += task.calls.length;
      references += task.calls.flatMap(pathsIn).length;
      if (failed.length > 0 || JSON.stringify(got) !== JSON.stringify(wanted)) {
        wrong.push({
          task: task.id,
          failed,
          missing: wanted.filter((call) => !got.includes(call)),
          other: got.filter((call) => !wanted.includes(call)),
        });
      }
    }
    return { plans: tasks.length, calls, references, wrong };
  } finally {
    await tutti.close();
  }
}

function wantedCalls(task, tools) {
  const values = Object.fromEntries(
    task.calls.map(({ id }, index) => [id, tools.find(({ name }) => name === task.originals[index]).result]),
  );
  return task.calls.map((call, index) =>
    JSON.stringify({ name: task.originals[index], arguments: filled(call.arguments, values) }),
  );
}
