/** Sets of tasks in one form, whatever form they come in. */
import { readFileSync } from "node:fs";
import { filesOf, sources } from "./sources.mjs";

/**
 * One call of a task as `call_tools` takes it. `needs`: ids of calls whose results it uses.
 * @typedef {{ id: string, name: string, arguments: Record<string, unknown>, needs: string[], each?: string, pick?: string[] }} Call
 * @typedef {{ id: string, prompt: string, calls: Call[], tools: Definition[], server?: string, repeatsLabel?: boolean }} Task
 * @typedef {{ name: string, description: string, inputSchema: object }} Definition
 * @typedef {{ key: string, name: string, tasks: Task[], tools: Definition[] }} TaskSet
 */

const own = new URL("own-set.json", import.meta.url);

/** The set that is in this repository, with its servers. */
export function ownSet() {
  const { servers, tasks } = readJson(own);
  const tools = Object.entries(servers).flatMap(([server, list]) =>
    list.map(({ result: _, ...tool }) => ({ ...tool, name: `${server}__${tool.name}` })),
  );
  const read = tasks.map((task) => ({
    ...task,
    tools,
    calls: task.calls.map((call) => ({ ...call, needs: rootsIn(call, task.calls) })),
  }));
  return { servers, set: { key: "own", name: "Our own set", tasks: read, tools } };
}

/**
 * @param {string | undefined} data
 * @returns {{ set: TaskSet } | { missing: string }}
 */
export function nestfulSet(data) {
  const found = filesOf(sources.nestful, data);
  if ("missing" in found) return found;
  const groups = ["executable", "glaive", "sgd"].map((group) => {
    const tools = readJson(found.files[`${group}Tools`]).map(nestfulTool);
    const tasks = readJson(found.files[group]).map((task, index) => ({
      id: `${group} ${index}`,
      prompt: task.input,
      tools,
      server: group,
      ...nestfulCalls(task.output),
    }));
    return { tools, tasks };
  });
  const [tasks, tools] = [groups.flatMap((group) => group.tasks), groups.flatMap((group) => group.tools)];
  return { set: { key: "nestful", name: "NESTFUL", tasks, tools } };
}

/**
 * @param {string | undefined} data
 * @returns {{ set: TaskSet } | { missing: string }}
 */
export function bfclSet(data) {
  const found = filesOf(sources.bfcl, data);
  if ("missing" in found) return found;
  const parts = Object.keys(found.files).filter((key) => !key.endsWith("answers"));
  const tasks = parts.flatMap((part) => {
    const answers = new Map(readLines(found.files[`${part} answers`]).map((line) => [line.id, line.ground_truth]));
    return readLines(found.files[part]).map(({ id, question, function: tools }) => ({
      id,
      server: "bfcl",
      prompt: question
        .flat()
        .map(({ content }) => content)
        .join("\n"),
      tools: tools.map(bfclTool),
      calls: answers.get(id).map((call, index) => ({ id: `c${index + 1}`, ...firstAnswer(call), needs: [] })),
    }));
  });
  const tools = new Map(tasks.flatMap((task) => task.tools.map((tool) => [tool.name, tool])));
  return { set: { key: "bfcl", name: "BFCL v4 parallel", tasks, tools: [...tools.values()] } };
}

/**
 * The last entry, `var_result`, is no call: it says what the answer needs. A label that is given twice means, from its
 * second use on, the later call.
 */
function nestfulCalls(output) {
  const answer = JSON.stringify(output.filter(({ name }) => name === "var_result"));
  const own = output.filter(({ name }) => name !== "var_result");
  const labels = own.map(({ label }) => label);
  const ids = new Map();
  const calls = own.map(({ name, arguments: args, label }, index) => {
    const id = labels.indexOf(label) === index ? label : `c${index + 1}`;
    const needs = new Set();
    const filled = withReferences(args, ids, needs);
    ids.set(label, id);
    const isWanted = answer === "[]" || new RegExp(`\\$${label}\\b`).test(answer);
    return { id, name, arguments: filled, needs: [...needs], ...(isWanted ? {} : { pick: [] }) };
  });
  return { calls, repeatsLabel: new Set(labels).size < labels.length };
}

const reference = /\$(\w+)((?:\.[\w ]+|\[\w+\])+|)\$/g;

/** `$var1.skyId$` as `{"$from": "var1.skyId"}`, inside a longer text as `{"$template": …}`. */
function withReferences(value, ids, needs) {
  if (Array.isArray(value)) return value.map((element) => withReferences(element, ids, needs));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withReferences(one, ids, needs)]));
  }
  if (typeof value !== "string") return value;
  const found = [...value.matchAll(reference)].filter(([, label]) => ids.has(label));
  if (found.length === 0) return value;
  for (const [, label] of found) needs.add(ids.get(label));
  const [only] = found;
  if (only?.[0] === value) return { $from: pathOf(ids.get(only[1]), only[2]) };
  const text = value.replace(reference, (whole, label, steps) =>
    ids.has(label) ? `\${${pathOf(ids.get(label), steps)}}` : whole,
  );
  return { $template: text };
}

/** Names that have a space stand in brackets. */
function pathOf(root, steps) {
  return root + steps.replace(/\.(\w* [\w ]*)/g, (_, name) => `[${JSON.stringify(name)}]`);
}

function nestfulTool({ name, description, query_parameters, arguments: args }) {
  const parameters = Object.entries(query_parameters ?? args ?? {});
  const required = parameters.filter(([, { required: isRequired }]) => isRequired).map(([key]) => key);
  const properties = Object.fromEntries(
    parameters.map(([key, { type = "string", description: says, enum: values }]) => [
      key,
      { type, description: says, enum: values },
    ]),
  );
  return { name, description, inputSchema: { type: "object", properties, required } };
}

function bfclTool({ name, description, parameters }) {
  return { name, description, inputSchema: { ...parameters, type: "object" } };
}

/** Of the answers that count as right the first; an empty text stands for an argument that may be left out. */
function firstAnswer(call) {
  const [[name, parameters]] = Object.entries(call);
  return { name, arguments: chosen(parameters) };
}

function chosen(parameters) {
  const wanted = Object.entries(parameters).filter(([, [first]]) => first !== "");
  return Object.fromEntries(
    wanted.map(([key, [first]]) => [
      key,
      isObject(first) && Object.values(first).every(Array.isArray) ? chosen(first) : first,
    ]),
  );
}

/** Ids of the task's calls that the call refers to. */
function rootsIn(call, calls) {
  const text = JSON.stringify([call.arguments, call.each ?? ""]);
  const roots = [...text.matchAll(/"\$from":"(\w+)|\$\{(\w+)|,"(\w+)[^"]*"\]$/g)].map(
    (found) => found[1] ?? found[2] ?? found[3],
  );
  return calls.map(({ id }) => id).filter((id) => roots.includes(id) || (call.after ?? []).includes(id));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

function readLines(file) {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
