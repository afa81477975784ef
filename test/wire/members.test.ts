import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Slot, slot } from "../../src/wire/members.ts";
import { cuts, cutUp, hear, messageOf, scan } from "./drive.ts";
import { envelopeText } from "./generators.ts";
import { memberOf, type Node, naiveTree } from "./naive.ts";

/** Where the value of each slot stands by name, in a naive tree. */
const paths: readonly (readonly [Slot, ...string[]])[] = [
  [slot.jsonrpc, "jsonrpc"],
  [slot.id, "id"],
  [slot.method, "method"],
  [slot.params, "params"],
  [slot.result, "result"],
  [slot.error, "error"],
  [slot.name, "params", "name"],
  [slot.meta, "params", "_meta"],
  [slot.wantedToken, "params", "_meta", "progressToken"],
  [slot.token, "params", "progressToken"],
  [slot.requestId, "params", "requestId"],
  [slot.code, "error", "code"],
  [slot.message, "error", "message"],
  [slot.data, "error", "data"],
  [slot.resultMeta, "result", "_meta"],
  [slot.requestState, "params", "requestState"],
  [slot.inputResponses, "params", "inputResponses"],
  [slot.protocolVersion, "params", "_meta", "io.modelcontextprotocol/protocolVersion"],
  [slot.clientCapabilities, "params", "_meta", "io.modelcontextprotocol/clientCapabilities"],
  [slot.clientInfo, "params", "_meta", "io.modelcontextprotocol/clientInfo"],
  [slot.logLevel, "params", "_meta", "io.modelcontextprotocol/logLevel"],
  [slot.subscriptionId, "params", "_meta", "io.modelcontextprotocol/subscriptionId"],
  [slot.resultType, "result", "resultType"],
  [slot.task, "result", "task"],
  [slot.structuredContent, "result", "structuredContent"],
  [slot.ttlMs, "result", "ttlMs"],
  [slot.cacheScope, "result", "cacheScope"],
];

function problemOf(text: string) {
  return scan([Buffer.from(text)]).problem;
}

/** The names that only tutti may write, as they stand in `text`. */
function reserved(text: string, parts: readonly Buffer[] = [Buffer.from(text)]): string[] {
  const { reservedNames } = scan(parts);
  const names: string[] = [];
  for (let index = 0; index < reservedNames.length; index += 2) {
    names.push(Buffer.from(text).toString("utf8", reservedNames[index], reservedNames[index + 1]));
  }
  return names;
}

function marksIn(node: Node | undefined): readonly number[] {
  return (node?.members ?? []).filter(({ name }) => name === "tutti/error").map(({ nameStart }) => nameStart);
}

test("every known member is found where JSON.parse would find it, and no other", () => {
  fc.assert(
    fc.property(envelopeText, cuts, (text, at) => {
      const { isTaken, spans } = scan(cutUp(Buffer.from(text), at));
      fc.pre(isTaken);
      const tree = naiveTree(Buffer.from(text));
      for (const [member, ...path] of paths) {
        const node = path.reduce<Node | undefined>(memberOf, tree);
        const bytes = Buffer.from(text).subarray(spans[2 * member], spans[2 * member + 1]);
        const found = spans[2 * member] === -1 ? undefined : bytes.toString();
        expect([path, found]).toEqual([path, node && text.slice(node.start, node.end)]);
      }
    }),
    { numRuns: 1500 },
  );
});

test("who answered is found in whichever result._meta says it", () => {
  fc.assert(
    fc.property(envelopeText, cuts, (text, at) => {
      const { isTaken, spans } = scan(cutUp(Buffer.from(text), at));
      fc.pre(isTaken);
      const result = memberOf(naiveTree(Buffer.from(text)), "result");
      const metas = (result?.members ?? []).filter(({ name }) => name === "_meta");
      const found = metas.map(({ value }) => memberOf(value, "io.modelcontextprotocol/serverInfo")).find(Boolean);
      const bytes = Buffer.from(text).subarray(spans[2 * slot.serverInfo], spans[2 * slot.serverInfo + 1]);
      expect(spans[2 * slot.serverInfo] === -1 ? undefined : bytes.toString()).toBe(
        found && text.slice(found.start, found.end),
      );
    }),
    { numRuns: 1000 },
  );
});

test("every slot but that of who answered is among those looked for above", () => {
  const slots = [...paths.map(([member]) => member), slot.serverInfo];
  expect(slots.sort((a, b) => a - b)).toEqual(Object.values(slot));
});

test("every name that only tutti may write is found in result._meta and error.data, and nowhere else", () => {
  fc.assert(
    fc.property(envelopeText, cuts, (text, at) => {
      const { isTaken, reservedNames } = scan(cutUp(Buffer.from(text), at));
      fc.pre(isTaken);
      const tree = naiveTree(Buffer.from(text));
      const metas = (memberOf(tree, "result")?.members ?? []).filter(({ name }) => name === "_meta");
      const places = [...metas.map(({ value }) => value), memberOf(memberOf(tree, "error"), "data")];
      const starts = places.flatMap(marksIn).map((start) => Buffer.byteLength(text.slice(0, start)));
      expect(reservedNames.filter((_, index) => index % 2 === 0)).toEqual(starts.sort((a, b) => a - b));
    }),
    { numRuns: 1500 },
  );
});

describe("the reserved name tutti/error", () => {
  const mark = '"tutti/error":{"a":1}';
  const escaped = '"\\u0074utti\\/error":1';

  test.each([
    ["in result._meta", `{"result":{"_meta":{${mark}}}}`, ['"tutti/error"']],
    ["in error.data", `{"error":{"data":{"a":[],${mark}}}}`, ['"tutti/error"']],
    ["written with escapes", `{"result":{"_meta":{${escaped}}}}`, ['"\\u0074utti\\/error"']],
    [
      "several times",
      `{"result":{"_meta":{${mark},${escaped},${mark}}}}`,
      ['"tutti/error"', '"\\u0074utti\\/error"', '"tutti/error"'],
    ],
    [
      "in each of several _meta",
      `{"result":{"_meta":{${mark}},"_meta":{${mark}}}}`,
      ['"tutti/error"', '"tutti/error"'],
    ],
    ["after UTF-8 of several bytes", `{"id":"€😀","result":{"é":"€","_meta":{"é":"😀",${mark}}}}`, ['"tutti/error"']],
  ])("is found %s", (_where, text, names) => {
    expect(reserved(text)).toEqual(names);
    expect(reserved(text, cutUp(Buffer.from(text), "everywhere"))).toEqual(names);
  });

  test("is told of the text in which it stands, and not of the next", () => {
    const lines = [mark, '"a":1', mark].map((member) => `{"jsonrpc":"2.0","id":1,"result":{"_meta":{${member}}}}\n`);
    const heard = hear([Buffer.from(lines.join(""))]);
    expect(heard.map((one) => "reservedNames" in one && one.reservedNames.length)).toEqual([2, 0, 2]);
  });

  test.each([
    ["in the result itself", `{"result":{${mark}}}`],
    ["deeper in result._meta", `{"result":{"_meta":{"a":{${mark}},"b":[{${mark}}]}}}`],
    ["deeper in the result", `{"result":{"content":[{"_meta":{${mark}}}]}}`],
    ["in an array called _meta", `{"result":{"_meta":[{${mark}}]}}`],
    ["in params._meta", `{"params":{"_meta":{${mark}}}}`],
    ["in the error itself", `{"error":{${mark}}}`],
    ["as a value", '{"result":{"_meta":{"a":"tutti/error"}}}'],
    ["longer", '{"result":{"_meta":{"tutti/errors":1,"tutti/error ":1,"Tutti/error":1}}}'],
    ["in a batch", `[{"result":{"_meta":{${mark}}}}]`],
  ])("is nothing of ours %s", (_where, text) => {
    expect(reserved(text)).toEqual([]);
  });
});

test("more than 64 members with the reserved name are refused, each of which would cost an edit", () => {
  const marked = (times: number) => `{"result":{"_meta":{${'"tutti/error":1,'.repeat(times)}"a":1}}}`;
  expect(reserved(marked(64))).toHaveLength(64);
  expect(problemOf(marked(64))).toBeUndefined();
  expect(problemOf(marked(65))).toBe("duplicate");
});

describe("a member that may be there once", () => {
  test.each([
    '{"id":1,"id":1}',
    '{"id":1,"\\u0069d":2}',
    '{"method":"a","method":"a"}',
    '{"result":{},"result":{}}',
    '{"error":{},"error":{}}',
    '{"params":{},"params":{}}',
    '{"x":1,"x":1}',
    '{"é":1,"\\u00e9":1}',
    '{"__proto__":1,"__proto__":1}',
    '{"params":{"name":"a","name":"b"}}',
    '{"params":{"_meta":{},"_meta":{}}}',
    '{"params":{"_meta":{"progressToken":1,"progressToken":2}}}',
    '{"params":{"requestId":1,"requestId":2}}',
    '{"error":{"code":1,"code":2}}',
    '{"params":{"requestState":"a","requestState":"b"}}',
    '{"params":{"inputResponses":{},"inputResponses":{}}}',
    '{"params":{"_meta":{"io.modelcontextprotocol/clientInfo":1,"io.modelcontextprotocol\\/clientInfo":1}}}',
    '{"params":{"_meta":{"io.modelcontextprotocol/logLevel":1,"\\u0069o.modelcontextprotocol/logLevel":1}}}',
    '{"result":{"resultType":"complete","resultType":"task"}}',
    '{"result":{"_meta":{"io.modelcontextprotocol/serverInfo":1},"_meta":{"io.modelcontextprotocol/serverInfo":1}}}',
  ])("is not taken twice: %s", (text) => {
    expect(problemOf(text)).toBe("duplicate");
  });

  test.each([
    '{"params":{"arguments":{"id":1,"id":2}}}',
    '{"params":{"arguments":{},"arguments":{}}}',
    '{"result":{"a":1,"a":2,"_meta":{},"_meta":{}}}',
    '{"result":{"task":1,"task":2,"structuredContent":[],"structuredContent":{}}}',
    '{"result":{"requestState":1,"requestState":2,"name":1,"name":2}}',
    '{"params":{"resultType":1,"resultType":2,"arguments":{"_meta":{},"_meta":{}}}}',
    '{"id":1,"ID":1,"Id":1,"id ":1}',
    '{"\\ud800":1,"\\ud801":1,"\\ufffd":1}',
    '{"error":{"data":{"io.modelcontextprotocol/serverInfo":1,"io.modelcontextprotocol/serverInfo":2}}}',
    '[{"id":1,"id":2}]',
  ])("leaves letters alone: %s", (text) => {
    expect(problemOf(text)).toBeUndefined();
  });
});

describe("a name", () => {
  test("in the wrong case is no member that tutti knows", () => {
    const message = messageOf('{"jsonrpc":"2.0","id":1,"method":"m","ID":2,"Method":"n","PARAMS":{"Name":"x"}}');
    expect([message.raw(slot.id), message.text(slot.method)]).toEqual(["1", "m"]);
    expect([message.has(slot.params), message.has(slot.name)]).toEqual([false, false]);
  });

  test("of __proto__ or constructor is one like others", () => {
    const text = '{"__proto__":{"id":5},"constructor":1,"jsonrpc":"2.0","id":1,"result":{"__proto__":[]}}';
    const message = messageOf(text);
    expect(message.raw(slot.id)).toBe("1");
    expect(message.splice([])).toBe(text);
    expect(messageOf('{"jsonrpc":"2.0","id":1,"method":"m","params":{"name":"__proto__"}}').text(slot.name)).toBe(
      "__proto__",
    );
  });

  test("of 2000 characters that ends like a known one is unknown however it is split", () => {
    for (const end of ['"id', "Xid", "Xresult", '\\"', "\\u0041"]) {
      const long = `${"x".repeat(2000)}${end.replace(/^"/, "")}`;
      const text = Buffer.from(`{"jsonrpc":"2.0","${long}":1,"id":3,"result":{}}`);
      const whole = scan([text]);
      expect(whole.isTaken).toBe(true);
      for (let at = 1; at < text.length - 1; at += 7) {
        expect(scan(cutUp(text, [at, 2017, 2019]))).toEqual(whole);
        expect(scan(cutUp(text, [at, at + 1100]))).toEqual(whole);
      }
      expect(scan(cutUp(text, "everywhere"))).toEqual(whole);
    }
  });

  test("of more than 1024 bytes may be there twice, and one of 1024 may not", () => {
    const twice = (length: number) => `{"${"x".repeat(length - 2)}":1,"${"x".repeat(length - 2)}":1}`;
    for (const at of [[], [500], "everywhere"] as const) {
      expect(scan(cutUp(Buffer.from(twice(1024)), at)).problem).toBe("duplicate");
      expect(scan(cutUp(Buffer.from(twice(1025)), at)).problem).toBeUndefined();
    }
  });

  test("is known where it is cut far behind in what comes at once", () => {
    const text = `{"jsonrpc":"2.0","result":"${"x".repeat(3000)}","id":4}`;
    for (let at = 3024; at < text.length; at++) expect(messageOf(text, [at]).raw(slot.id)).toBe("4");
  });

  test("written with escapes all through is known", () => {
    const text = '{"\\u006a\\u0073\\u006f\\u006e\\u0072\\u0070\\u0063":"2.0","\\u0069d":4,"\\u0072esult":{}}';
    expect(messageOf(text, "everywhere").raw(slot.id)).toBe("4");
  });
});
