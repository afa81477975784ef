import fc from "fast-check";

/** White space that may stand in a line. */
const space = fc.constantFrom("", "", "", " ", "\t", "\r", " \t ");

const escapes = ["\\n", "\\/", '\\"', "\\\\", "\\u0041", "\\u0000", "\\ud83d\\ude00", "\\uD800", "\\udc00", "\\u2028"];
const characters = ["a", "é", "€", "😀", "\u2028", "\u007f", "\u0080", "/", "'", "{", "]", ",", ":", " ", "id"];

const run = fc.tuple(fc.constantFrom("x", "x", "é", "😀"), fc.nat(150)).map(([unit, times]) => unit.repeat(times));

/** A JSON string as it may be written. */
export const jsonString: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...escapes, ...characters), fc.string({ unit: "grapheme" }).map(inner), run), {
    maxLength: 6,
  })
  .map((units) => `"${units.join("")}"`);

const jsonNumber = fc.oneof(
  fc.constantFrom("0", "-0", "1.0", "-0.0", "1e400", "-1E-400", "9223372036854775807", "18446744073709551616"),
  fc.constantFrom("0.1e+5", "123456789012345678901234567890", "1E5", "10"),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
);

/** A JSON value as it may be written: any white space and escapes, odd numbers, names given twice. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("null", "true", "false", "{}", "[]", '""'),
    jsonString,
    jsonNumber,
    tie("array"),
    tie("object"),
  ),
  array: fc
    .array(spaced(tie("value")), { maxLength: 4 })
    .chain((elements) => space.map((inside) => `[${elements.length === 0 ? inside : elements.join(",")}]`)),
  object: objectOf(fc.array(fc.tuple(fc.oneof(jsonString, nameAmong("id", "_meta", "tutti/error")), tie("value")))),
})).value;

/** A message, or what is nearly one: known members with right and wrong values, written in any way and order. */
export const envelopeText: fc.Arbitrary<string> = objectOf(
  fc
    .tuple(
      fc.subarray(["jsonrpc", "id", "method", "params", "result", "error"]),
      fc.array(fc.oneof(jsonString, nameAmong("ID", "Method", "Result", "__proto__", "constructor", "jsonrpc ")), {
        maxLength: 3,
      }),
      fc.oneof(
        { weight: 6, arbitrary: fc.constant([]) },
        fc.array(fc.constantFrom("id", "params", "result"), { maxLength: 1 }),
      ),
    )
    .chain(([known, others, again]) =>
      fc.tuple(
        ...[...known, ...again].map((name) => fc.tuple(spell(name), anyValueOf(name))),
        ...others.map((written) => fc.tuple(fc.constant(written), jsonText)),
      ),
    )
    .chain((members) => fc.shuffledSubarray(members, { minLength: members.length })),
);

/** A well-formed message, as it may be written. */
export const messageText: fc.Arbitrary<string> = fc
  .constantFrom(["id", "method"], ["id", "method", "params"], ["method", "params"], ["id", "result"], ["id", "error"])
  .chain((names) =>
    fc.tuple(
      fc.tuple(spell("jsonrpc"), fc.constant('"2.0"')),
      ...names.map((name) => fc.tuple(spell(name), rightValueOf(name))),
    ),
  )
  .chain((members) => objectOf(fc.shuffledSubarray(members, { minLength: members.length })));

/** `text` with a few bytes changed, put in, taken out or cut off. */
export function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const byte = fc.oneof(
    fc.constantFrom(...Buffer.from('{}[]",:\\u0-.eE tfn\x00\x1f\x7f\x80\xed\xa0\xf4', "latin1")),
    fc.nat(255),
  );
  const change = fc.tuple(fc.constantFrom("flip", "insert", "delete", "truncate", "repeat"), fc.nat(), byte);
  return fc
    .tuple(text, fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([original, changes]) =>
      changes.reduce<Buffer>(
        (bytes, [how, place, byte]) => mutate(bytes, how, place % (bytes.length + 1), byte),
        Buffer.from(original),
      ),
    );
}

function mutate(bytes: Buffer, how: string, at: number, byte: number): Buffer {
  const before = bytes.subarray(0, at);
  if (how === "flip") return Buffer.concat([before, Buffer.of(byte), bytes.subarray(at + 1)]);
  if (how === "insert") return Buffer.concat([before, Buffer.of(byte), bytes.subarray(at)]);
  if (how === "delete") return Buffer.concat([before, bytes.subarray(at + 1)]);
  if (how === "truncate") return before;
  return Buffer.concat([before, bytes.subarray(Math.max(0, at - (byte % 20))), bytes.subarray(at)]);
}

/** `name` as a JSON string, some of its characters escaped. */
export function spell(name: string): fc.Arbitrary<string> {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const letters = fc.tuple(
    ...Array.from(name, (letter) =>
      fc.constantFrom(letter, letter, letter, letter, escaped(letter), ...(letter === "/" ? ["\\/", "\\/"] : [])),
    ),
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(`"${name}"`) },
    letters.map((parts) => `"${parts.join("")}"`),
  );
}

function nameAmong(...names: string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...names).chain(spell);
}

function anyValueOf(name: string): fc.Arbitrary<string> {
  if (name === "jsonrpc") return fc.constantFrom('"2.0"', '"2.0"', '"2.0"', '"1.0"', "2.0", "12.05", "null", '"2.00"');
  return fc.oneof({ weight: 3, arbitrary: rightValueOf(name) }, jsonText);
}

function rightValueOf(name: string): fc.Arbitrary<string> {
  const token = fc.tuple(spell("progressToken"), jsonText);
  if (name === "id") return fc.oneof(jsonString, jsonNumber);
  if (name === "method") return fc.oneof(nameAmong("tools/call", "ping"), jsonString);
  if (name === "params") {
    const meta = objectWith(token, ...among(...inRequestMeta));
    return objectWith(
      token,
      ["_meta", meta],
      ["name", jsonString],
      ["requestId", jsonNumber],
      ...among("requestState", "inputResponses"),
    );
  }
  if (name === "error") return objectWith(["code", jsonNumber], ["message", jsonString], ["data", marked]);
  const inResult = among("resultType", "ttlMs", "cacheScope", "task", "task", "structuredContent", "structuredContent");
  const signed = objectWith(...among("io.modelcontextprotocol/serverInfo", "tutti/error"));
  return objectWith(["_meta", marked], ["_meta", signed], ["content", jsonText], ...inResult);
}

/** Members of a request's or a notification's `_meta` that are known by name. */
export const inRequestMeta: readonly string[] = [
  "io.modelcontextprotocol/protocolVersion",
  "io.modelcontextprotocol/clientCapabilities",
  "io.modelcontextprotocol/clientInfo",
  "io.modelcontextprotocol/logLevel",
  "io.modelcontextprotocol/subscriptionId",
];

function among(...names: readonly string[]): NamedValue[] {
  return names.map((name) => [name, fc.oneof(jsonString, jsonText)]);
}

type NamedValue = readonly [string, fc.Arbitrary<string>] | fc.Arbitrary<[string, string]>;

/** An object with some of `members`, and any others of other names. */
function objectWith(...members: readonly NamedValue[]): fc.Arbitrary<string> {
  const pairs = members.map((member) =>
    Array.isArray(member) ? named(member[0], member[1]) : (member as fc.Arbitrary<[string, string]>),
  );
  // Among the strings that are tried more often are names of properties that JavaScript knows, `name` too.
  const names = new Set<unknown>(members.map((member) => (Array.isArray(member) ? member[0] : undefined)));
  const otherName = jsonString.filter((text) => !names.has(JSON.parse(text)));
  return objectOf(
    fc
      .tuple(fc.subarray(pairs), fc.array(fc.tuple(otherName, jsonText), { maxLength: 2 }))
      .chain(([some, others]) => fc.tuple(fc.constant(others), ...some))
      .chain(([others, ...some]) =>
        fc.shuffledSubarray([...others, ...some], { minLength: others.length + some.length }),
      ),
  );
}

function named(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> {
  return fc.tuple(spell(name), value);
}

const marked: fc.Arbitrary<string> = fc.oneof(
  jsonText,
  objectOf(fc.array(fc.tuple(nameAmong("tutti/error", "a"), jsonText), { maxLength: 3 })),
);

/** An object with these members, names as they stand, and any white space. */
export function objectOf(members: fc.Arbitrary<readonly (readonly [string, string])[]>): fc.Arbitrary<string> {
  return fc.tuple(members, fc.array(space, { minLength: 8, maxLength: 8 })).map(([pairs, spaces]) => {
    let next = 0;
    const some = () => spaces[next++ % spaces.length];
    const parts = pairs.map(([name, value]) => `${some()}${name}${some()}:${some()}${value}${some()}`);
    return `${some()}{${pairs.length === 0 ? some() : parts.join(",")}}${some()}`;
  });
}

function spaced(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(space, text, space).map((parts) => parts.join(""));
}

function inner(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
