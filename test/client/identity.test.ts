import { describe, expect, test } from "vitest";
import { readIdentity } from "../../src/client/identity.ts";
import { toBytes } from "../../src/wire/message.ts";
import { quiet } from "../support/turns.ts";
import { type Connected, connect, enveloped, request, type Said } from "./connect.ts";

const info = '{"name":"c","version":"1"}';
const unnamed = '{"name":"unknown","version":"0"}';

/** Hands over one request with this envelope, and tells whose it was. */
async function originOf({ say, handed }: Connected, said: Said) {
  await say(request(1, "tools/call", enveloped(said)));
  const last = handed.at(-1);
  if (last === undefined) throw new Error("nothing was handed over");
  return last.origin;
}

function served(): Connected {
  const connected = connect({ maxMessageBytes: 1024 * 1024, maxDepth: 512 });
  connected.serve();
  return connected;
}

describe("what a client says of itself", () => {
  const odd = ' {"z" : {"n":12345678901234567890, "f":1.0}, "é":"\\u00e9" ,"a":[ ] }'.trim();

  test("goes on byte for byte, from initialize and from an envelope", async () => {
    const connected = served();
    const about = '{ "version":"1","name":"ü","icons":[{"src":"x"}]}';
    const { identity } = await originOf(connected, { capabilities: odd, info: about });
    expect([identity.capabilities, identity.info]).toEqual([toBytes(odd), toBytes(about)]);
    await connected.say(
      request(0, "initialize", `{"clientInfo" : ${about},"x":1,\n "capabilities":${odd} }`.replace("\n", "")),
    );
    const session = connected.ours.session?.identity;
    expect([session?.capabilities, session?.info]).toEqual([toBytes(odd), toBytes(about)]);
  });

  test("is the last of two members of one name, as most readers have it", async () => {
    const { say, ours } = served();
    await say(request(0, "initialize", '{"capabilities":{"roots":{}},"capabilities":{"sampling":{}}}'));
    expect(ours.session?.identity.capabilities).toBe('{"sampling":{}}');
  });

  for (const wrong of ["null", "[]", '"x"', "7", "true"]) {
    test(`is nothing where initialize has ${wrong} in its place`, async () => {
      const { say, ours } = served();
      await say(request(0, "initialize", `{"capabilities":${wrong},"clientInfo":${wrong}}`));
      const { capabilities, info: shown } = ours.session?.identity ?? {};
      expect([capabilities, shown]).toEqual(["{}", unnamed]);
    });
  }

  test.each(["{}", '{"name":"x"}', '{"version":"1"}', '{"name":1,"version":"1"}', '{"name":null,"version":null}'])(
    "has a name and a version that strict servers take, also with %s",
    async (odd) => {
      const { identity } = await originOf(served(), { info: odd });
      expect(identity.info).toBe(unnamed);
    },
  );

  test("may be as deep as a message may", async () => {
    const deep = `{"a":${"[".repeat(500)}${"]".repeat(500)}}`;
    const { identity } = await originOf(served(), { capabilities: deep });
    expect(identity.capabilities).toBe(deep);
  });
});

describe("an origin", () => {
  test("is the same object for the same bytes, and its identity also under another log level", async () => {
    const connected = served();
    const said = { capabilities: '{"roots":{}}', info };
    const first = await originOf(connected, said);
    expect(await originOf(connected, said)).toBe(first);
    const chatty = await originOf(connected, { ...said, logLevel: '"debug"' });
    expect(chatty).toEqual({ ...first, logLevel: "debug" });
    expect(chatty.identity).toBe(first.identity);
  });

  test("is another one where one byte differs", async () => {
    const connected = served();
    const said = { capabilities: '{"roots":{}}', info };
    const first = await originOf(connected, said);
    for (const other of [
      { ...said, capabilities: '{"roots":{} }' },
      { ...said, info: undefined },
      { ...said, info: '{"name":"d","version":"1"}' },
      { capabilities: said.info, info: said.capabilities },
    ]) {
      expect((await originOf(connected, other)).identity).not.toBe(first.identity);
      expect(await originOf(connected, said)).toEqual({
        ...first,
        identity: { ...first.identity, canAsk: expect.any(Function) },
      });
    }
  });

  test("is not taken over from a request that was refused", async () => {
    const connected = served();
    await originOf(connected, { capabilities: '{"roots":{}}' });
    await connected.say(request(2, "tools/call", enveloped({ capabilities: '{"sampling":{}}', version: '"x"' })));
    const { identity } = await originOf(connected, { capabilities: '{"sampling":{}}' });
    expect(identity.canAsk("sampling/createMessage", {})).toBe(true);
    expect(identity.canAsk("roots/list", {})).toBe(false);
  });
});

describe("a client's identity is known", () => {
  const knownOf = async ({ ours }: Connected): Promise<string | undefined> => {
    let known: string | undefined;
    void ours.identity.then(({ capabilities }) => {
      known = capabilities;
    });
    await quiet();
    return known;
  };

  test("from initialize, and stays what it was", async () => {
    const connected = connect();
    await connected.say(request(0, "initialize", '{"capabilities":{"roots":{}}}'));
    await connected.say(request(0, "initialize", '{"capabilities":{"sampling":{}}}'));
    expect(await knownOf(connected)).toBe('{"roots":{}}');
  });

  test("from its first request that speaks for itself, though nobody answers yet", async () => {
    const connected = connect();
    await connected.say(request(1, "tools/list", enveloped({ capabilities: '{"roots":{}}' })));
    expect(await knownOf(connected)).toBe('{"roots":{}}');
  });

  test("as nobody's from a request before any handshake", async () => {
    const connected = connect();
    await connected.say(request(1, "tools/list"));
    expect(await knownOf(connected)).toBe("{}");
  });

  test("not from a probe, a ping, a notification, a reply or a request that is refused", async () => {
    const connected = connect();
    await connected.say(
      request(1, "server/discover", enveloped({ capabilities: '{"roots":{}}' })),
      request(2, "ping"),
      '{"jsonrpc":"2.0","method":"notifications/initialized"}',
      '{"jsonrpc":"2.0","id":1,"result":{}}',
      request(3, "tools/list", enveloped({ version: '"x"' })),
      request(4, "logging/setLevel", enveloped()),
      request(5, "server/discover"),
    );
    expect(await knownOf(connected)).toBeUndefined();
    await connected.say(request(0, "initialize", '{"capabilities":{"sampling":{}}}'));
    expect(await knownOf(connected)).toBe('{"sampling":{}}');
  });
});

test("a new session has no log level of the one before", async () => {
  const { say, ours } = connect();
  await say(request(0, "initialize"));
  ours.logLevel = "debug";
  await say(request(1, "ping"), request(2, "server/discover", enveloped()));
  expect(ours.logLevel).toBe("debug");
  await say(request(0, "initialize"));
  expect(ours.logLevel).toBeUndefined();
});

describe("a client can be asked", () => {
  const form = { mode: "form", message: "?", requestedSchema: {} };
  const url = { mode: "url", message: "?", url: "https://example.com" };
  const plain = { message: "?", requestedSchema: {} };
  const cases: readonly (readonly [capabilities: unknown, method: string, params: unknown, can: boolean])[] = [
    [{}, "elicitation/create", plain, false],
    [{ elicitation: {} }, "elicitation/create", plain, true],
    [{ elicitation: {} }, "elicitation/create", form, true],
    [{ elicitation: {} }, "elicitation/create", url, false],
    [{ elicitation: { form: {} } }, "elicitation/create", plain, true],
    [{ elicitation: { form: {} } }, "elicitation/create", url, false],
    [{ elicitation: { url: {} } }, "elicitation/create", url, true],
    [{ elicitation: { url: {} } }, "elicitation/create", plain, false],
    [{ elicitation: { url: {} } }, "elicitation/create", form, false],
    [{ elicitation: { form: {}, url: {} } }, "elicitation/create", plain, true],
    [{ elicitation: { form: {}, url: {} } }, "elicitation/create", url, true],
    [{ elicitation: { vendor: {} } }, "elicitation/create", plain, true],
    [{ elicitation: { form: {} } }, "elicitation/create", { mode: "hologram" }, false],
    [{ elicitation: { form: {} } }, "elicitation/create", { mode: null }, true],
    [{ elicitation: { form: {} } }, "elicitation/create", undefined, true],
    [{ elicitation: { form: {} } }, "elicitation/create", "form", true],
    [{ elicitation: true }, "elicitation/create", plain, false],
    [{ elicitation: null }, "elicitation/create", plain, false],
    [{ elicitation: [] }, "elicitation/create", plain, false],
    [{ elicitation: { url: true } }, "elicitation/create", url, false],
    [{ sampling: {} }, "sampling/createMessage", { messages: [] }, true],
    [{}, "sampling/createMessage", { messages: [] }, false],
    [{ sampling: {} }, "sampling/createMessage", { tools: [] }, false],
    [{ sampling: {} }, "sampling/createMessage", { toolChoice: { mode: "auto" } }, false],
    [{ sampling: { tools: {} } }, "sampling/createMessage", { tools: [{}], toolChoice: {} }, true],
    [{ sampling: { tools: false } }, "sampling/createMessage", { tools: [{}] }, false],
    [{ roots: {} }, "roots/list", {}, true],
    [{ roots: { listChanged: true } }, "roots/list", undefined, true],
    [{}, "roots/list", {}, false],
    [{ sampling: {}, elicitation: {}, roots: {} }, "ping", {}, false],
    [{ sampling: {}, elicitation: {}, roots: {} }, "tools/call", {}, false],
    [{ sampling: {}, elicitation: {}, roots: {} }, "constructor", {}, false],
    [{ __proto__: { roots: {} } }, "roots/list", {}, false],
  ];
  test.each(cases)("with %j: %s %j is %s", (capabilities, method, params, can) => {
    expect(readIdentity(JSON.stringify(capabilities), info).canAsk(method, params)).toBe(can);
  });

  test("only what it declares itself, whatever it calls its prototype", () => {
    const hostile = '{"__proto__":{"roots":{},"sampling":{},"elicitation":{}}}';
    const { canAsk } = readIdentity(hostile, info);
    for (const method of ["roots/list", "sampling/createMessage", "elicitation/create"]) {
      expect(canAsk(method, {})).toBe(false);
    }
  });
});
