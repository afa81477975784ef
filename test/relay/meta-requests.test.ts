import { describe, expect, test } from "vitest";
import { noMetaTools } from "../../src/metatools/index.ts";
import type { MetaCall, MetaRequest, MetaTool, Outcome } from "../../src/metatools/meta-tool.ts";
import { open, serverEra } from "../support/cells.ts";
import { able, accepted, form } from "./contract/questions.ts";

/** A tool of tutti's own that does what the test says. */
function scripted(): { tool: MetaTool; begun: MetaRequest[]; cancelled: string[] } {
  const [begun, cancelled]: [MetaRequest[], string[]] = [[], []];
  const begin = (request: MetaRequest): MetaCall => {
    begun.push(request);
    return { cancel: (reason) => void cancelled.push(reason) };
  };
  const definition = () => ({ name: "own_tool", inputSchema: { type: "object" } });
  return { tool: { name: "own_tool", definition, begin }, begun, cancelled };
}

const done = '{"content":[{"type":"text","text":"done"}]}';
const alpha = { tools: ["do"] };
const big = '{"n":12345678901234567890, "x" : 1.0}';
const cellsOf = ["LL", "LM", "ML", "MM"] as const;

function text(outcome: Outcome | undefined): string {
  return outcome?.kind === "result" ? outcome.result.toString() : JSON.stringify(outcome);
}

for (const cell of cellsOf) {
  describe(`a tool of tutti's own, ${cell}`, () => {
    test("is listed after those of the servers, gets its arguments byte for byte, and replies", async () => {
      const { tool, begun } = scripted();
      const { client, begin } = await open(cell, { alpha }, { metaTools: { ...noMetaTools, direct: [tool] } });
      const list = (await client.ask("tools/list")).json.result.tools;
      expect(list.map(({ name }: { name: string }) => name)).toEqual(["alpha__do", "own_tool"]);
      const call = begin("own_tool", { a: 1 });
      begun[0]?.reply(done);
      expect((await call.result()).content[0].text).toBe("done");
      expect(begun[0]?.arguments.toString()).toBe('{"a":1}');
    });

    test("calls others as its client would, and gets what comes as it stands", async () => {
      const { tool, begun } = scripted();
      const on = await open(cell, { alpha }, { metaTools: { ...noMetaTools, direct: [tool] } });
      const outer = on.begin("own_tool", {}, '"com.example/kept":"yes"');
      const outcomes: Outcome[] = [];
      await on.clock.advance(1);
      const [request] = begun as [MetaRequest];
      request.call("alpha__do", Buffer.from(big), (outcome) => outcomes.push(outcome));
      request.call("nobody__has", Buffer.from("{}"), (outcome) => outcomes.push(outcome));
      const running = await on.servers.alpha.call("do");
      expect(running.line.text).toContain(`"arguments":${big}`);
      expect(running.params._meta["com.example/kept"]).toBe("yes");
      running.result(`{"content":[],"structuredContent":${big}}`);
      await on.clock.advance(10);
      expect(outcomes.map(text)[0]).toContain("There is no tool");
      expect(text(outcomes[1])).toContain(`"structuredContent":${big}`);
      request.reply(done);
      await outer.result();
      expect(on.downstreams.alpha.openRequests).toBe(serverEra(cell) === "modern" ? 1 : 0);
    });

    test("has its calls taken back with it: cancelled by the client, or gone with it", async () => {
      const { tool, begun, cancelled } = scripted();
      const on = await open(cell, { alpha }, { metaTools: { ...noMetaTools, direct: [tool] } });
      const outer = on.begin("own_tool");
      await on.clock.advance(1);
      const outcomes: Outcome[] = [];
      const inner = begun[0]?.call("alpha__do", Buffer.from("{}"), (outcome) => outcomes.push(outcome));
      const running = await on.servers.alpha.call("do");
      on.client.cancel(outer.id);
      await on.clock.advance(1);
      expect(cancelled).toEqual(["the client has cancelled it"]);
      inner?.cancel("over");
      await on.servers.alpha.line('"method":"notifications/cancelled"');
      running.result(done);
      await on.clock.advance(10);
      expect(outcomes).toEqual([]);
    });

    test("has what servers ask in its calls brought to the client, and goes on", async () => {
      const { tool, begun } = scripted();
      const on = await open(cell, { alpha }, { client: able, metaTools: { ...noMetaTools, direct: [tool] } });
      const outer = on.begin("own_tool", { b: 2 });
      await on.clock.advance(1);
      const [request] = begun as [MetaRequest];
      const outcomes: Outcome[] = [];
      const settled = (outcome: Outcome): void => {
        outcomes.push(outcome);
        if (outcome.kind !== "asks") return;
        request.ask(
          outcome.inputRequests as Buffer,
          (inputResponses) => {
            request.call("alpha__do", Buffer.from("{}"), settled, {
              inputResponses,
              requestState: outcome.requestState,
            });
          },
          () => {},
        );
      };
      request.call("alpha__do", Buffer.from("{}"), settled);
      const running = await on.servers.alpha.call("do");
      const asked = running.ask({ it: form("Who?") });
      const [question] = await outer.questions();
      expect(question?.params["message"]).toBe("alpha: Who?");
      outer.answer(accepted);
      const { answers, call: again } = await asked;
      expect(answers.it.result).toEqual(accepted);
      again.result(done);
      await on.clock.advance(10);
      expect(text(outcomes.at(-1))).toContain("done");
      request.reply(done);
      expect((await outer.result()).content[0].text).toBe("done");
    });

    test("tells how far it is", async () => {
      const { tool, begun } = scripted();
      const on = await open(cell, { alpha }, { metaTools: { ...noMetaTools, direct: [tool] } });
      const outer = on.begin("own_tool", {}, '"progressToken":"t"');
      await on.clock.advance(1);
      begun[0]?.progress?.(1, 3, "1/3 ☂");
      const told = await on.client.peer.take(({ text: line }) => line.includes("notifications/progress"), "progress");
      expect(told.json.params).toEqual({ progressToken: "t", progress: 1, total: 3, message: "1/3 ☂" });
      begun[0]?.reply(done);
      await outer.result();
    });
  });
}

test("a client that looks for tools is shown none but those for it", async () => {
  const { tool } = scripted();
  const lazy = { ...tool, name: "look", definition: () => ({ name: "look", inputSchema: { type: "object" } }) };
  const on = await open("LL", { alpha }, { metaTools: { ...noMetaTools, direct: [tool], lazy: [lazy] } });
  for (const isHinted of [false, true]) {
    const names = JSON.parse(on.relay.catalog.list("tools", isHinted, true).toString()).tools;
    expect(names.map(({ name }: { name: string }) => name)).toEqual(["look"]);
  }
});
