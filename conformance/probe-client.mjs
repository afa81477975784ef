// What the suite's client mode runs: a client of tutti, whose one server is the suite's, so that what is tested is tutti as
// a client over HTTP. Usage: node probe-client.mjs legacy|modern URL; the suite says in the environment which scenario runs.

import { connect } from "./probe/connect.mjs";
import { configure } from "./tutti.mjs";

const [era, url] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context = "{}" } = process.env;

/** What a scenario wants, where that is not to use all that is offered. */
const wanted = {
  "request-metadata": list,
  "json-schema-ref-no-deref": list,
  async "http-custom-headers"(client) {
    await list(client);
    await Promise.all(JSON.parse(context).toolCalls.map((call) => client.request("tools/call", call)));
  },
  async "json-schema-2020-12-preservation"(client) {
    const { tools } = await list(client);
    const { inputSchema } = tools.find(({ name }) => name === "json_schema_2020_12_tool");
    await client.request("tools/call", { name: "json_schema_echo", arguments: { schema: inputSchema } });
  },
};

async function list(client) {
  return await client.request("tools/list", {});
}

/** All that is offered, at once. */
async function useAll(client) {
  const { tools } = await list(client);
  const { resources } = await client.request("resources/list", {});
  const { prompts } = await client.request("prompts/list", {});
  const samples = { string: "sample", number: 2, integer: 2, boolean: true };
  const sample = ({ properties = {} }) =>
    Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, samples[type]]));
  await Promise.all([
    ...tools.map(({ name, inputSchema }) => client.request("tools/call", { name, arguments: sample(inputSchema) })),
    ...resources.map(({ uri }) => client.request("resources/read", { uri })),
    ...prompts.map(({ name }) => client.request("prompts/get", { name })),
  ]);
}

const { args, env, remove } = configure({ suite: { url, prefix: false } });
const client = connect(era, args, env);
try {
  await client.greet();
  await (wanted[scenario] ?? useAll)(client);
} catch (cause) {
  console.error(cause);
  process.exitCode = 1;
}
await client.end();
remove();
