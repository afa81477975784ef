import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";
import { jsonText } from "../wire/generators.ts";

/** Letters that a relay which parses and writes again would change. */
const letters: Readonly<Record<string, string>> = {
  "64-bit integers": '{"n":[9007199254740993,18446744073709551616,-9223372036854775808]}',
  "1.0, -0 and 1e400": '{"n":[1.0,-0,-0.0,1e400,1E+2,0.10]}',
  "keys given twice": '{"a":1,"a":2,"id":3,"id":4,"b":{"name":1,"name":2}}',
  "lone surrogates, escaped": '{"s":"\\ud800 \\udfff \\ud83d\\ude00"}',
  "4-byte UTF-8": '{"s":"😀 𝄞 \u{10ffff}","😀":1}',
  "U+2028, NUL and escapes as they were chosen": '{"s":"\u2028\u2029\\u0000\\/\\u0041\\n\\u000a"}',
  "white space and the order of keys": '{ "z" : [ 1 , 2 ] ,\t"a":{ } , "10":1, "9":2 }',
  "keys that JavaScript knows": '{"__proto__":{"x":1},"constructor":2,"toString":3,"hasOwnProperty":4}',
  "names of the envelope inside": '{"jsonrpc":"1.0","id":"x","method":"y","params":{"name":"z"},"result":1,"error":2}',
  "what is nearly as deep as it may be": `${"[".repeat(500)}${"]".repeat(500)}`,
};

const sizes = {
  short: (letter: string) => letter,
  "of 40 KiB": (letter: string) => `[${letter},"${"é".repeat(20_000)}"]`,
  "of more than 1 MiB": (letter: string) => `["${"😀".repeat(150_000)}",${letter},"${"x".repeat(600_000)}"]`,
};

for (const [size, build] of Object.entries(sizes)) {
  describe(`a message ${size} keeps every byte of`, () => {
    for (const [what, letter] of Object.entries(letters)) {
      test(`${what}, in arguments, result, error and progress`, async () => {
        const { client, servers } = await stage({ servers: { alpha: { tools: ["echo"] } }, errors: "protocol" });
        const long = build(letter);

        const call = (id: string, tool: string, token: string) =>
          `{"x":${letter},"params":{"arguments":${long},"_meta":{"progressToken":${token},"m":${letter}},"name":${tool},"y":-0},"id":${id},"method":"tools/call","jsonrpc":"2.0"}`;
        client.send(call('"c"', '"alpha__echo"', '"t"'));
        const { id, line } = await servers.alpha.call();
        expect(line.text === call(id, '"echo"', id)).toBe(true);

        const progress = (token: string) =>
          `{"jsonrpc":"2.0","method":"notifications/progress","params":{"z":${long},"progressToken":${token},"progress":1.0},"x":${letter}}`;
        servers.alpha.send(progress(id));
        expect((await client.notification("notifications/progress")).text === progress('"t"')).toBe(true);

        const result = (own: string) => `{"result":${long},"x":${letter},"id":${own},"jsonrpc":"2.0"}`;
        servers.alpha.send(result(id));
        const took = await client.peer.take(({ text }) => text.startsWith('{"result"'), "the result");
        expect(took.text === result('"c"')).toBe(true);

        client.send(call("7", '"alpha__echo"', '"t"'));
        const second = await servers.alpha.call();
        const error = (own: string) =>
          `{"id":${own},"error":{"code":1,"data":${long},"message":"m","x":${letter}},"jsonrpc":"2.0"}`;
        servers.alpha.send(error(second.id));
        const failed = await client.peer.take(({ text }) => text.includes('"error"'), "the error");
        expect(failed.text === error("7")).toBe(true);
      });
    }
  });
}

test("any letter comes through as it is, both ways", async () => {
  const { client, servers } = await stage({ servers: { alpha: { tools: ["echo"] } } });
  let next = 0;
  await fc.assert(
    fc.asyncProperty(jsonText, jsonText, jsonText, async (args, result, meta) => {
      const id = next++;
      // A carriage return between values may become a space, for readers that end a line there.
      const plain = (text: string) => text.replaceAll("\r", " ");
      const call = (own: string | number, tool: string) =>
        `{"jsonrpc":"2.0","id":${own},"method":"tools/call","params":{"name":"${tool}","arguments":${args},"_meta":${meta}}}`;
      fc.pre(!/progressToken/.test(meta));
      client.send(call(id, "alpha__echo"));
      const got = await servers.alpha.call();
      expect(got.line.text).toBe(plain(call(got.id, "echo")));
      got.result(`{"content":${result}}`);
      expect((await client.reply(id)).text).toBe(plain(`{"jsonrpc":"2.0","id":${id},"result":{"content":${result}}}`));
    }),
    { numRuns: 300 },
  );
});

test("a message comes through whatever pieces it is written in", async () => {
  const { client, servers } = await stage({ servers: { alpha: { tools: ["echo"] } } });
  const call = Buffer.from(
    '{"jsonrpc":"2.0","id":"é\\u0041","method":"tools/call","params":{"name":"alpha__\\u0065cho","arguments":{"s":"😀"}}}\n',
  );
  for (const byte of call) client.peer.write(Buffer.of(byte));
  const got = await servers.alpha.call();
  expect(got.line.text).toBe(
    `{"jsonrpc":"2.0","id":${got.id},"method":"tools/call","params":{"name":"echo","arguments":{"s":"😀"}}}`,
  );
  const reply = Buffer.from(`{"jsonrpc":"2.0","id":${got.id},"result":{"s":"€😀","_meta":{"tutti/error":1}}}\n`);
  for (const byte of reply) servers.alpha.peer?.write(Buffer.of(byte));
  expect((await client.reply('"é\\u0041"')).text).toBe(
    '{"jsonrpc":"2.0","id":"é\\u0041","result":{"s":"€😀","_meta":{"foreign/tutti-error":1}}}',
  );
});

test("a definition keeps every byte but its name", async () => {
  const define = (name: string) =>
    `{ "description":"d\\u00e9 😀", "inputSchema" : {"type":"object","properties":{"name":{"default":1.0}},"x-n":9007199254740993},"name":${name},"outputSchema":{"type":"object","a":1,"a":2},"icons":[ {"src":"data:,"} ],"_meta":{"ui":{"name":"kept"},"n":-0},"unknown":[1e400],"annotations":{"readOnlyHint":true ,"x":1.0}}`;
  const { client } = await stage({ servers: { alpha: { tools: [define('"do.it"')] } } });
  client.request(1, "tools/list");
  expect((await client.reply(1)).text).toBe(
    `{"jsonrpc":"2.0","id":1,"result":{"tools":[${define('"alpha__do_it"')}]}}`,
  );
});
