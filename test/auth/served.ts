import { onTestFinished } from "vitest";
import { compose } from "../../src/cli/compose.ts";
import { createMachine } from "../../src/cli/machine.ts";
import { connectLocally } from "../../src/cli/rpc.ts";
import { serverInfo } from "../../src/client/handshake.ts";
import { Events } from "../../src/events.ts";
import { thisSystem } from "../../src/ports/system.ts";
import { loadText } from "../config/load-text.ts";

type Failure = { readonly code: string; readonly mayHaveRun: boolean };
type Result = {
  readonly content: readonly { readonly text: string }[];
  readonly _meta?: { readonly "tutti/error"?: Failure };
};

/** tutti with one server, `docs`, and what is kept below `home`. It is stopped with the test. */
export async function served(home: string, entry: object) {
  const config = await loadText({ mcpServers: { docs: { restartMinMs: 100, ...entry } } });
  const events = new Events();
  const said: string[] = [];
  events.subscribe({
    serverChanged: ({ state, text }) => said.push(`${state}: ${text}`),
    notice: ({ text }) => said.push(`notice: ${text}`),
  });
  const system = { ...thisSystem, home, env: { PATH: process.env["PATH"], XDG_STATE_HOME: home } };
  const machine = createMachine(config, "0", events, system);
  const tutti = compose(machine, { who: async () => ({ capabilities: "{}", info: serverInfo("0") }) });
  onTestFinished(async () => {
    await tutti.stop();
    machine.kill();
  });
  const rpc = connectLocally(tutti.relay, "0");
  const [downstream] = tutti.downstreams;
  if (downstream === undefined) throw new Error("there is no server");
  await tutti.start();
  return {
    downstream,
    machine,
    said,
    /** The text of a call's result, and the code of its failure. */
    call: async (tool: string, text = "") => {
      const answer = await rpc.request("tools/call", { name: `docs__${tool}`, arguments: { text } });
      if ("error" in answer) throw new Error(answer.error.message);
      const { content, _meta } = answer.result as Result;
      return { text: content[0]?.text, code: _meta?.["tutti/error"]?.code };
    },
  };
}
