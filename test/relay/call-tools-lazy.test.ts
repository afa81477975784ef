import { describe, expect, test } from "vitest";
import { clientEra, eventually } from "../support/cells.ts";
import { cells, entriesOf, openPlans, said, structured } from "./call-tools-stage.ts";
import { able, accepted, form } from "./contract/questions.ts";

const one = { tools: ["a", "b"] };
const odd = '{"n":12345678901234567890,"f":1.0,"e":1e400,"s":"\\u00e9","d":1,"d":2}';

/** The result as it stands, but for where it says its type, which it says once. */
function resultIn(text: string, isModern: boolean): string {
  const result = text.slice(text.indexOf('"result":') + '"result":'.length, -1);
  expect(result.match(/"resultType"/g) ?? []).toHaveLength(isModern ? 1 : 0);
  return result.replace(/"resultType":"complete",|,"resultType":"complete"|"resultType":"complete"/, "");
}

for (const cell of cells) {
  const isModern = clientEra(cell) === "modern";
  describe(`for clients that look for tools, ${cell}`, () => {
    test("call_tool gives what a direct call gives, byte for byte: results, failed ones too", async () => {
      const on = await openPlans(cell, { one });
      const results = [
        structured(odd),
        `{"content":[{"type":"text","text":"no"}],"isError":true,"structuredContent":${odd}}`,
        '{"content":[{"type":"image","data":"AA==","mimeType":"image/png"}],"_meta":{"k":1.0}}',
        '{"content" : [ ]}',
      ];
      for (const json of results) {
        const direct = on.begin("one__a", { v: 1 });
        (await on.servers.one.call("a")).result(json);
        const lazy = on.begin("call_tool", { name: "one__a", arguments: { v: 1 } });
        const inner = await on.servers.one.call("a");
        expect(inner.params.arguments).toEqual({ v: 1 });
        inner.result(json);
        expect(resultIn((await lazy.reply()).text, isModern)).toBe(resultIn((await direct.reply()).text, isModern));
      }
    });

    test("call_tool leaves an error with which the protocol itself works what it is, as a direct call does", async () => {
      const on = await openPlans(cell, { one });
      for (const code of [-32042, -32021]) {
        const error = `{"code":${code},"message":"ä","data":{"n":12345678901234567890}}`;
        const direct = on.begin("one__a", {});
        (await on.servers.one.call("a")).error(error);
        const lazy = on.begin("call_tool", { name: "one__a", arguments: {} });
        (await on.servers.one.call("a")).error(error);
        const { text, json } = await lazy.reply();
        expect(json.error.code).toBeLessThan(-32000);
        const from = (line: string): string => line.slice(line.indexOf('"error"'));
        expect(from(text)).toBe(from((await direct.reply()).text));
      }
    });

    test("call_tool gives a server's error as a direct call does, with its code and data", async () => {
      const on = await openPlans(cell, { one });
      const error = '{"code":-32000,"message":"ä no","data":{"n":12345678901234567890}}';
      const direct = on.begin("one__a");
      (await on.servers.one.call("a")).error(error);
      const lazy = on.begin("call_tool", { name: "a" });
      (await on.servers.one.call("a")).error(error);
      expect(resultIn((await lazy.reply()).text, isModern)).toBe(resultIn((await direct.reply()).text, isModern));
    });

    test("call_tool brings questions and answers", async () => {
      const on = await openPlans(cell, { one }, { client: able });
      const lazy = on.begin("call_tool", { name: "one__a", arguments: {} });
      const asked = (await on.servers.one.call("a")).ask({ who: form("Who?") }, "state");
      const [question] = await lazy.questions(1);
      expect(question?.params["message"]).toBe("one: Who?");
      lazy.answer(accepted);
      const { answers, call } = await asked;
      expect(answers.who.result).toEqual(accepted);
      call.result(said("thanks"));
      expect((await lazy.result()).content[0].text).toBe("thanks");
      await eventually(on, () => on.relay.held === 0, "that nothing is held");
    });

    test("call_tool tells of progress as a direct call does", async () => {
      const on = await openPlans(cell, { one });
      for (const [tool, args] of [
        ["one__a", {}],
        ["call_tool", { name: "one__a" }],
      ] as const) {
        const call = on.begin(tool, args, '"progressToken":"t"');
        const running = await on.servers.one.call("a");
        expect(running.params._meta?.progressToken, tool).toBeDefined();
        running.progress(',"progress":1,"total":2,"message":"half"');
        const { params } = (await on.client.notification("notifications/progress")).json;
        expect(params).toEqual({ progressToken: "t", progress: 1, total: 2, message: "half" });
        running.result();
        await call.reply();
      }
    });

    test("call_tool is cancelled at its server", async () => {
      const on = await openPlans(cell, { one });
      const lazy = on.begin("call_tool", { name: "one__a" });
      const running = await on.servers.one.call("a");
      on.client.cancel(lazy.id);
      const notice = await on.servers.one.line('"method":"notifications/cancelled"');
      expect(String(notice.json.params.requestId)).toBe(running.id);
      expect(on.relay.held).toBe(0);
    });

    test("search_tools finds what is there now, with what results have been made of", async () => {
      const on = await openPlans(cell, { one });
      const found = async (query: string) => {
        const { content } = await on.begin("search_tools", { query }).result();
        return JSON.parse(content[0].text).tools;
      };
      expect(await found("weather")).toEqual([]);
      const weather = { name: "get_weather", description: "The weather of a city.", inputSchema: { type: "object" } };
      on.servers.one.changeTools([weather]);
      await on.settle();
      const [tool, ...others] = await found("weather");
      expect([tool, others]).toEqual([{ ...weather, name: "one__get_weather" }, []]);
      const plan = on.plan([{ id: "x", name: "one__get_weather" }]);
      (await on.servers.one.call("get_weather")).result(structured('{"city":"Ulm","days":[{"max":3}]}'));
      await entriesOf(plan);
      expect((await found("weather"))[0].returns).toEqual({ city: "string", days: [{ max: "number" }] });
      on.servers.one.changeTools(["b"]);
      await on.settle();
      expect(await found("weather")).toEqual([]);
    });
  });
}

test("only the four tools are listed to them, and they say what they can do", async () => {
  const marked = {
    name: "x",
    inputSchema: { type: "object" },
    annotations: { readOnlyHint: true, openWorldHint: false },
  };
  const on = await openPlans("LL", { one: { tools: [marked] } });
  const { tools } = JSON.parse(on.relay.catalog.list("tools", false, true).toString());
  const hints = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };
  expect(tools.map(({ name, annotations }: { name: string; annotations: object }) => [name, annotations])).toEqual([
    ["search_tools", { ...hints, idempotentHint: true }],
    ["call_tools", { ...hints, idempotentHint: false }],
    ["call_tool", { ...hints, idempotentHint: false }],
    ["read_result", { ...hints, idempotentHint: true }],
  ]);
});
