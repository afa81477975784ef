// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import { describe, expect, test } from "vitest";
import { serverEra } from "../support/cells.ts";
import { cells, entriesOf, openPlans, said, structured } from "./call-tools-stage.ts";

const one = { tools: ["a", "b", "c"] };

/** JSON that is another as soon as anybody parses it and writes it again. */
const odd =
  '{"n":12345678901234567890,"f":1.0,"e":1e400,"z":-0,"u":"\\u00e9\\ud83d\\ude00\\ud800","__proto__":{"x":1},"constructor":[],"d":1,"d":2, "s" : "\\/"}';

function argumentsOf(text: string): string {
  return text.slice(text.indexOf('"arguments":') + '"arguments":'.length);
}

for (const cell of cells) {
  describe(`values in call_tools, ${cell}`, () => {
    test("come through references byte for byte, and what they look like stays data", async () => {
      const on = await openPlans(cell, { one });
      const traps = '{"$from":"x"},{"$template":"${x}"},"${x}","{{x}}",{"$ref":"#/x"}';
      const value = `{"odd":${odd},"list":[${traps}]}`;
      const plan = on.planOf(
        `[{"id":"x","name":"one__a","arguments":{"own":${odd.replace('"__proto__":{"x":1},', "")}}},` +
          '{"id":"y","name":"one__b","arguments":{"all":{"$from":"x"},"list":{"$from":"x.list[*]"},"p":{"$from":"x.odd.__proto__.x"},"k":{"$from":"x[\\"odd\\"].constructor"},"d":{"$from":"x.odd.d"},"n":{"$from":"x.odd.n"}}},' +
          '{"id":"z","name":"one__c","each":"x.list","arguments":{"it":{"$from":"item"},"t":{"$template":"<${x.odd.n}>"}}},' +
          '{"id":"w","name":"one__c","arguments":{"of":{"$from":"x.toString"}}},' +
          '{"id":"v","name":"one__c","arguments":{"of":{"$from":"x.odd.hasOwnProperty"}}}]',
      );
      const x = await on.servers.one.call("a");
      expect(argumentsOf(x.line.text)).toMatch(/^\{"own":\{"n":12345678901234567890,"f":1\.0,"e":1e400,"z":-0,/);
      x.result(structured(value));
      const y = await on.servers.one.call("b");
      const filled = `{"all":${value},"list":[${traps}],"p":1,"k":[],"d":2,"n":12345678901234567890}`;
      expect(argumentsOf(y.line.text).startsWith(filled), y.line.text).toBe(true);
      y.result(structured(odd));
      const given = ['{"$from":"x"}', '{"$template":"${x}"}', '"${x}"', '"{{x}}"', '{"$ref":"#/x"}'];
      for (const [index, text] of given.entries()) {
        const each = await on.servers.one.call("c");
        const whole = `{"it":${text},"t":"<12345678901234567890>"}`;
        expect(argumentsOf(each.line.text).startsWith(whole), each.line.text).toBe(true);
        each.result(said(`${index}`));
      }
      const { text } = await plan.reply();
      const inner: string = JSON.parse(text).result.content[0].text;
      expect(inner).toContain(`{"id":"y","ok":true,"result":${odd.replace(', "s" : ', ',"s":')}}`);
      const [, , , w, v] = JSON.parse(inner).results;
      for (const { error } of [w, v]) expect(error).toMatchObject({ code: "no_such_value" });
      expect(w.error.message).toContain("it has: odd, list");
    });

    test("are the structured content, else the JSON in the one text, else the texts", async () => {
      const on = await openPlans(cell, { one });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
        { id: "z", name: "one__c", arguments: { x: { $from: "x.n" }, y: { $from: "y" } } },
      ]);
      (await on.servers.one.call("a")).result(said('{"n": 12345678901234567890}'));
      (await on.servers.one.call("b")).result('{"content":[{"type":"text","text":"1"},{"type":"text","text":"{}"}]}');
      const z = await on.servers.one.call("c");
      expect(argumentsOf(z.line.text)).toMatch(/^\{"x":12345678901234567890,"y":"1\\n\{\}"\}/);
      z.result(said("12"));
      expect((await entriesOf(plan)).map(({ result }) => result)).toEqual([{ n: 12345678901234567000 }, "1\n{}", "12"]);
    });

    test("images, audio and resources are appended as they stand and referred to", async () => {
      const on = await openPlans(cell, { one });
      const image = '{"type":"image","data":"AAAA","mimeType":"image/png","_meta":{"k":1.0}}';
      const link = '{"type":"resource_link","uri":"file:///x","name":"x"}';
      const audio = '{"type":"audio","data":"BBBB","mimeType":"audio/wav"}';
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
        { id: "z", name: "one__c", pick: [] },
      ]);
      (await on.servers.one.call("b")).result(`{"content":[${audio}]}`);
      (await on.servers.one.call("a")).result(`{"content":[{"type":"text","text":"see"},${image},${link}]}`);
      (await on.servers.one.call("c")).result(`{"content":[${image}]}`);
      const { text } = await plan.reply();
      expect(text).toContain(`},${image},${link},${audio}]`);
      const entries = JSON.parse(JSON.parse(text).result.content[0].text).results;
      expect(entries).toEqual([
        { id: "x", ok: true, result: "see", content: [{ $content: 1 }, { $content: 2 }] },
        { id: "y", ok: true, result: { $content: 3 } },
        { id: "z", ok: true },
      ]);
    });

    test("that are errors with structured content are that call's error alone", async () => {
      const on = await openPlans(cell, { one });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
        { id: "z", name: "one__c" },
      ]);
      const mark = '"_meta":{"tutti/error":{"origin":"tutti","code":"timed_out","mayHaveRun":false}}';
      (await on.servers.one.call("a")).result(`{"content":[],"structuredContent":{"why":1.0},"isError":true}`);
      (await on.servers.one.call("b")).result(`{"content":[{"type":"text","text":"forged"}],"isError":true,${mark}}`);
      (await on.servers.one.call("c")).result('{"content":[{"type":"text","text":"fine"}],"isError":false}');
      const [x, y, z] = await entriesOf(plan);
      expect([x?.error, y?.error, z]).toEqual([
        { code: "tool_error", message: '{"why":1.0}' },
        { code: "tool_error", message: "forged" },
        { id: "z", ok: true, result: "fine" },
      ]);
    });

    test("of a type that cannot be waited for are that call's error alone", async () => {
      const on = await openPlans(cell, { one });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
        { id: "z", name: "one__c", after: ["x"] },
      ]);
      const task = '{"resultType":"task","task":{"taskId":"t1","status":"working"}}';
      if (serverEra(cell) === "modern") (await on.servers.one.call("a")).result(task);
      else (await on.servers.one.call("a")).error('{"code":-32603,"message":"no task"}');
      (await on.servers.one.call("b")).result(said("fine"));
      const [x, y, z] = await entriesOf(plan);
      expect(x?.error?.code).toBe("protocol_error");
      expect(y).toEqual({ id: "y", ok: true, result: "fine" });
      expect(z?.error?.code).toBe("skipped");
    });

    test("with errors as the protocol has them a server's code is kept, and the outer result is none", async () => {
      const on = await openPlans(cell, { one }, { errors: "protocol" });
      const plan = on.plan([
        { id: "x", name: "one__a" },
        { id: "y", name: "one__b" },
      ]);
      (await on.servers.one.call("a")).error('{"code":-32099,"message":"ä no","data":{"k":1}}');
      (await on.servers.one.call("b")).result(said("fine"));
      expect(await entriesOf(plan)).toEqual([
        { id: "x", ok: false, error: { code: "protocol_error", message: "ä no", rpc_code: -32099 } },
        { id: "y", ok: true, result: "fine" },
      ]);
    });

    test("a JSON-RPC array is no request", async () => {
      const on = await openPlans(cell, { one });
      on.client.send('[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"one__a","arguments":{}}}]');
      expect((await on.client.reply("null")).json.error.code).toBe(-32600);
      await on.clock.advance(10);
      expect(on.servers.one.calls).toHaveLength(0);
    });
  });
}

test("arguments may come as text and under other names, names with prefixes or without", async () => {
  const on = await openPlans("LL", { one, two: { tools: ["only"] } });
  const plan = on.plan([
    { tool: "mcp__tutti__one__a", args: '{"v":12345678901234567890}' },
    { name: "functions.one__b", parameters: { v: 2 } },
    { name: "only", input: "" },
    { id: "x", name: "mcp__one__c" },
  ]);
  const [a, b, c] = [await on.servers.one.call("a"), await on.servers.one.call("b"), await on.servers.one.call("c")];
  const only = await on.servers.two.call("only");
  expect(argumentsOf(a.line.text)).toMatch(/^\{"v":12345678901234567890\}/);
  for (const call of [a, b, c, only]) call.result();
  expect((await entriesOf(plan)).map(({ id, ok }) => [id, ok])).toEqual(
    ["c1", "c2", "c3", "x"].map((id) => [id, true]),
  );
});

test("tutti's own tools are not called from it, however they are written; a server's tool of that name is", async () => {
  const on = await openPlans("LL", { one: { tools: ["search_tools", "a"] } });
  const plan = on.plan([
    { id: "x", name: "call_tools" },
    { id: "y", name: "mcp__tutti__read_result" },
    { id: "z", name: "functions.call_tool" },
    { id: "w", name: "one__search_tools" },
    { id: "v", name: "mcp__one__search_tools" },
  ]);
  const own = [await on.servers.one.call("search_tools"), await on.servers.one.call("search_tools")];
  for (const call of own) call.result();
  const codes = (await entriesOf(plan)).map(({ error }) => error?.code);
  expect(codes).toEqual(["out_of_scope", "out_of_scope", "out_of_scope", undefined, undefined]);
});
