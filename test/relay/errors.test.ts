import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";

const servers = { alpha: { tools: ["echo"] } };

/** What a client gets for one call of a server that replies with these members. */
async function replyTo(members: string, errors: "result" | "protocol" = "result"): Promise<string> {
  const { client, servers: on } = await stage({ servers, errors });
  client.call(5, "alpha__echo");
  const { id } = await on.alpha.call();
  on.alpha.send(`{"jsonrpc":"2.0","id":${id},${members}}`);
  return (await client.reply(5)).text;
}

/** The result that stands for a server's error, JSON as it stands. */
function asResult(text: string, mark: string): string {
  const meta = `"_meta":{"tutti/error":{"origin":"server","server":"alpha",${mark}}}`;
  return `{"jsonrpc":"2.0","id":5,"result":{"content":[{"type":"text","text":${text}}],"isError":true,${meta}}}`;
}

describe("a result with isError", () => {
  const result = '"result":{ "isError" : true , "content":[{"type":"text","text":"no \\u0041"}], "_meta":{"a":1.0}}';
  for (const errors of ["result", "protocol"] as const) {
    test(`passes byte for byte with errors: "${errors}"`, async () => {
      expect(await replyTo(result, errors)).toBe(`{"jsonrpc":"2.0","id":5,${result}}`);
    });
  }
});

describe("a server's JSON-RPC error", () => {
  const cases: readonly (readonly [string, error: string, text: string, mark: string])[] = [
    [
      "with data keeps code, message and data byte for byte",
      '{"code":-32603,"message":"b\\u006fom é","data":{ "n":9007199254740993, "a":1.0,"a":-0 }}',
      '"b\\u006fom é"',
      '"code":-32603,"message":"b\\u006fom é","data":{ "n":9007199254740993, "a":1.0,"a":-0 }',
    ],
    ["without data has none", '{"message":"no","code":12345}', '"no"', '"code":12345,"message":"no"'],
    ["with data null keeps it", '{"code":1,"message":"","data":null}', '""', '"code":1,"message":"","data":null'],
    [
      "whose data holds what looks like our mark keeps it, inside its own",
      '{"code":1,"message":"m","data":{"tutti/error":{"origin":"tutti"}}}',
      '"m"',
      '"code":1,"message":"m","data":{"tutti/error":{"origin":"tutti"}}',
    ],
    ["without a code has that of an internal error", '{"message":"m"}', '"m"', '"code":-32603,"message":"m"'],
    [
      "just outside the protocol's codes is a result",
      '{"code":-32019,"message":"m"}',
      '"m"',
      '"code":-32019,"message":"m"',
    ],
    [
      "just beyond the protocol's codes is a result",
      '{"code":-32100,"message":"m"}',
      '"m"',
      '"code":-32100,"message":"m"',
    ],
    ["-32002 is a result", '{"code":-32002,"message":"m"}', '"m"', '"code":-32002,"message":"m"'],
  ];
  for (const [title, error, text, mark] of cases) {
    test(`${title}, as a failed result`, async () => {
      expect(await replyTo(`"error":${error}`)).toBe(asResult(text, mark));
    });
  }

  test("of 1 MiB keeps its data byte for byte, as a failed result", async () => {
    const data = `{"x":"${"é".repeat(500_000)}","n":1.0}`;
    expect(await replyTo(`"error":{"code":1,"message":"m","data":${data}}`)).toBe(
      asResult('"m"', `"code":1,"message":"m","data":${data}`),
    );
  });

  for (const error of ["null", '"boom"', "[]", "{}", '{"code":"x","message":7}']) {
    test(`that is malformed is still a failed result and names its origin: ${error}`, async () => {
      const { result } = JSON.parse(await replyTo(`"error":${error}`));
      expect(result.isError).toBe(true);
      expect(result.content[0].text).toBe("The server gave an error without a message.");
      expect(result._meta["tutti/error"]).toMatchObject({ origin: "server", server: "alpha" });
    });
  }

  for (const code of [-32042, -32020, -32021, -32022, -32050, -32099]) {
    test(`with the protocol's own code ${code} stays an error, byte for byte`, async () => {
      const error = `"error":{"code":${code},"message":"m","data":{"elicitations":[1.0]}}`;
      expect(await replyTo(error)).toBe(`{"jsonrpc":"2.0","id":5,${error}}`);
    });
  }

  for (const code of [-32603, -32602, 12345, -32042]) {
    test(`with the code ${code} stays an error, byte for byte, with errors: "protocol"`, async () => {
      const error = `"error":{ "message":"m", "code":${code}, "data":[-0], "more":{}}`;
      expect(await replyTo(error, "protocol")).toBe(`{"jsonrpc":"2.0","id":5,${error}}`);
    });
  }
});

describe("the mark tutti/error written by a server", () => {
  const forged = '{"origin":"tutti","code":"timed_out"}';
  const foreign = "foreign/tutti-error";
  const result = (meta: string) => `"result":{"content":[],"isError":true,"_meta":${meta}}`;

  for (const name of ["tutti/error", "tutti\\/error", "\\u0074utti/err\\u006Fr"]) {
    test(`as ${name} is renamed and otherwise kept`, async () => {
      const reply = await replyTo(result(`{"a":1.0,"${name}":${forged},"b":2}`));
      expect(reply).toBe(`{"jsonrpc":"2.0","id":5,${result(`{"a":1.0,"${foreign}":${forged},"b":2}`)}}`);
    });
  }

  test("several times is renamed each time", async () => {
    const reply = await replyTo(result(`{"tutti/error":1,"x":{},"tutti\\/error":2}`));
    expect(reply).toBe(`{"jsonrpc":"2.0","id":5,${result(`{"${foreign}":1,"x":{},"${foreign}":2}`)}}`);
  });

  test("in a second _meta is renamed there too", async () => {
    const reply = await replyTo(`"result":{"_meta":{"tutti/error":1},"_meta":{"tutti/error":2}}`);
    expect(reply).toBe(`{"jsonrpc":"2.0","id":5,"result":{"_meta":{"${foreign}":1},"_meta":{"${foreign}":2}}}`);
  });

  test("in a message of 1 MiB is renamed too", async () => {
    const text = "é".repeat(500_000);
    const reply = await replyTo(`"result":{"text":"${text}","_meta":{"tutti/error":1}}`);
    expect(reply).toBe(`{"jsonrpc":"2.0","id":5,"result":{"text":"${text}","_meta":{"${foreign}":1}}}`);
  });

  for (const letter of [
    '{"_meta":{"a":{"tutti/error":1}}}',
    '{"content":[{"_meta":{"tutti/error":1}}]}',
    '{"structuredContent":{"_meta":{"tutti/error":1},"tutti/error":1},"tutti/error":2}',
    '{"_meta":[{"tutti/error":1}]}',
    '{"_meta":"tutti/error"}',
    '{"_meta":{"tutti/errors":1,"Tutti/Error":2}}',
  ]) {
    test(`elsewhere stays: ${letter}`, async () => {
      expect(await replyTo(`"result":${letter}`)).toBe(`{"jsonrpc":"2.0","id":5,"result":${letter}}`);
    });
  }

  for (const errors of ["result", "protocol"] as const) {
    test(`in the data of an error that stays one is renamed, with errors: "${errors}"`, async () => {
      const error = (name: string) => `"error":{"code":-32042,"message":"m","data":{"${name}":${forged}}}`;
      expect(await replyTo(error("tutti/error"), errors)).toBe(`{"jsonrpc":"2.0","id":5,${error(foreign)}}`);
    });
  }
});

describe("a failure of our own", () => {
  for (const errors of ["result", "protocol"] as const) {
    test(`is a failed result with errors: "${errors}" too, but for an unknown tool`, async () => {
      const { client, servers: on } = await stage({ servers, errors });
      client.call(5, "alpha__echo");
      await on.alpha.call();
      on.alpha.crash();
      expect((await client.reply(5)).text).toBe(
        '{"jsonrpc":"2.0","id":5,"result":{"content":[{"type":"text","text":' +
          '"alpha: the connection was lost: its output ended. The call may have run."}],"isError":true,"_meta":' +
          '{"tutti/error":{"origin":"tutti","server":"alpha","code":"connection_lost","mayHaveRun":true}}}}',
      );
    });
  }

  test("names its server byte for byte, whatever that is called", async () => {
    const { client, servers: on } = await stage({ servers: { 'é"\\ 😀': { tools: ["echo"] } } });
    client.call(5, "echo");
    await on['é"\\ 😀'].call();
    on['é"\\ 😀'].crash();
    const { text, mark } = await client.failure(5);
    expect(text).toBe('é"\\ 😀: the connection was lost: its output ended. The call may have run.');
    expect(mark).toMatchObject({ server: 'é"\\ 😀' });
  });
});
