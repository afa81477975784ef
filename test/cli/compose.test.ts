import { expect, test } from "vitest";
import { compose } from "../../src/cli/compose.ts";
import { createMachine } from "../../src/cli/machine.ts";
import { serverInfo } from "../../src/client/handshake.ts";
import { readIdentity } from "../../src/client/identity.ts";
import { Events } from "../../src/events.ts";
import { loadText } from "../config/load-text.ts";

test("servers that were prepared and not used yet tell nobody of anything once all has stopped", async () => {
  const server = { command: "none", lazyStart: true };
  const machine = createMachine(await loadText({ mcpServers: { one: server } }), "0", new Events());
  const { servers } = await loadText({ mcpServers: { two: server } });
  const tutti = compose(machine, { who: async () => readIdentity("{}", serverInfo("0")) });
  const { members } = tutti.prepare(servers);
  expect(members.map(({ relays }) => relays.size)).toEqual([1]);
  await tutti.stop();
  expect(members.map(({ relays }) => relays.size)).toEqual([0]);
});
