import { describe, expect, test } from "vitest";
import { type Identity, isEra, LeftOnProbe, LinkClosed } from "../../src/downstream/handshake.ts";
import {
  greeting,
  initialized,
  lateClient,
  legacyGreeting,
  legacyResult,
  modernGreeting,
  modernResult,
  opening,
  probe,
  refusal,
} from "../support/greeting.ts";

const legacy = { initialize: legacyResult() };
const modern = { "server/discover": modernResult() };

describe("a server whose era is not known", () => {
  test("is asked first, and needs nobody else to be there when it is modern", async () => {
    const neverThere = () => new Promise<Identity>(() => {});
    const { outcome, heard } = greeting(modern, { who: neverThere });
    expect(await outcome).toEqual(modernGreeting);
    expect(await heard()).toEqual([probe]);
  });

  // Every row of protocol.md §8 that ends in `initialize`, and every code that servers were seen to answer with.
  const legacyAnswers: readonly (readonly [what: string, answer: string | undefined])[] = [
    ["an unknown method", refusal(-32601)],
    ["params that are wrong", refusal(-32602)],
    ["an invalid request", refusal(-32600)],
    ["a parse error", refusal(-32700)],
    ["an internal error", refusal(-32603)],
    ["an error of its own", refusal(-32000)],
    ["a draft's code for another version", refusal(-32004, '{"supported":["2026-07-28"]}')],
    ["a code that is no integer", '"error":{"code":"-32022","message":"no","data":{"supported":["2026-07-28"]}}'],
    ["an error without code", '"error":{"message":"no"}'],
    ["an error that is no object", '"error":null'],
    ["another version, without saying which", refusal(-32022)],
    ["another version, of an empty list", refusal(-32022, '{"supported":[]}')],
    ["another version, of an odd list", refusal(-32022, '{"supported":[7]}')],
    ["another version, of the legacy era", refusal(-32022, '{"supported":["2025-06-18","2025-11-25"]}')],
    ["missing capabilities, without saying which", refusal(-32021, "{}")],
    ["missing capabilities that are no object", refusal(-32021, '{"requiredCapabilities":[]}')],
    ["wrong headers", refusal(-32020, '"oops"')],
    ["an empty result", '"result":{}'],
    ["a result that is text", '"result":"server/discover"'],
    ["a result that is null", '"result":null'],
    ["a result that is a list", '"result":[]'],
    ["a tool's result", '"result":{"content":[{"type":"text","text":"unknown method"}],"isError":true}'],
    ["an initialize result", legacyResult()],
    ["versions that are no list", '"result":{"supportedVersions":"2026-07-28","capabilities":{}}'],
    ["versions that are no text", '"result":{"supportedVersions":[20260728],"capabilities":{}}'],
    ["capabilities that are none", '"result":{"supportedVersions":["2026-07-28"],"capabilities":null}'],
    ["legacy versions alone", '"result":{"supportedVersions":["2024-11-05"],"capabilities":{}}'],
    ["something that cannot be read", '"result":{oops}'],
    ["more than anybody reads", modernResult({ more: `,"filling":"${"x".repeat(1024 * 1024)}"` })],
  ];
  for (const [what, answer] of legacyAnswers) {
    test(`is legacy when it answers with ${what}`, async () => {
      const { outcome, heard, clock } = greeting({ ...legacy, "server/discover": answer });
      expect(await outcome).toEqual(legacyGreeting);
      expect(await heard()).toEqual([probe, opening, initialized]);
      expect(clock.now()).toBe(0);
    });
  }

  test("is legacy when it says nothing for 3 s, and is then asked on the same link", async () => {
    const { outcome, heard, clock } = greeting({ ...legacy, "server/discover": undefined });
    await clock.advance(2999);
    expect(await heard()).toEqual([probe]);
    await clock.advance(1);
    expect(await outcome).toEqual(legacyGreeting);
    expect(await heard()).toEqual([probe, opening, initialized]);
  });

  test("is asked for half of its time where it has little", async () => {
    const { outcome, heard, clock } = greeting({ ...legacy, "server/discover": undefined }, { limitMs: 1000 });
    await clock.advance(500);
    expect(await outcome).toEqual(legacyGreeting);
    expect(await heard()).toEqual([probe, opening, initialized]);
  });

  test("stays legacy when the answer to the probe comes after initialize was sent", async () => {
    const { outcome, heard, server, clock, dropped } = greeting({});
    await clock.advance(3000);
    server.answer("server/discover", modernResult());
    server.answer("initialize", legacyResult());
    expect(await outcome).toEqual(legacyGreeting);
    expect(await heard()).toEqual([probe, opening, initialized]);
    expect(dropped).toEqual([]);
  });

  test("is modern when it was slow to start and knows no initialize", async () => {
    const { outcome, heard, server, clock } = greeting({ "server/discover": [undefined, modernResult()] });
    await clock.advance(20_000);
    server.answer("server/discover", modernResult());
    server.answer("initialize", refusal(-32601));
    expect(await outcome).toEqual(modernGreeting);
    expect(await heard()).toEqual([probe, opening, probe]);
  });

  test("is asked no more when it refused both, and the last refusal is told in one line", async () => {
    const { outcome, heard } = greeting({ initialize: refusal(-32000), "server/discover": refusal(-32601) });
    await expect(outcome).rejects.toThrow(new Error("it refused to initialize: no no (-32000)"));
    expect(await heard()).toEqual([probe, opening]);
  });

  test("fails with its limit when it never says anything", async () => {
    const { outcome, heard, clock } = greeting({});
    const failed = expect(outcome).rejects.toThrow("no answer to initialize within 30 s (connectTimeoutMs)");
    await clock.advance(60_000);
    await failed;
    expect(await heard()).toEqual([probe, opening, probe]);
  });
});

describe("a server whose era is known", () => {
  test("to be legacy is not asked", async () => {
    const { outcome, heard } = greeting({ ...modern, ...legacy }, { known: "legacy" });
    expect(await outcome).toEqual(legacyGreeting);
    expect(await heard()).toEqual([opening, initialized]);
  });

  for (const answer of [refusal(-32601), refusal(-32022, '{"supported":["2026-07-28"]}'), '"result":{}']) {
    test(`to be legacy is asked when that is wrong: ${answer}`, async () => {
      const { outcome, heard } = greeting({ ...modern, initialize: answer }, { known: "legacy" });
      expect(await outcome).toEqual(modernGreeting);
      expect(await heard()).toEqual([opening, probe]);
    });
  }

  test("to be legacy fails with why it could not be greeted when it turns out to be legacy", async () => {
    const answers = { initialize: refusal(7), "server/discover": refusal(-32601) };
    const { outcome, heard } = greeting(answers, { known: "legacy" });
    await expect(outcome).rejects.toThrow(new Error("it refused to initialize: no no (7)"));
    expect(await heard()).toEqual([opening, probe]);
  });

  test("to be legacy fails with what it speaks when that is nothing of ours", async () => {
    const answers = { initialize: refusal(-32601), "server/discover": modernResult({ versions: '["2027-05-05"]' }) };
    const { outcome } = greeting(answers, { known: "legacy" });
    await expect(outcome).rejects.toThrow(/^it speaks protocol version "2027-05-05"; tutti speaks /);
  });

  test("to be modern gets half of its time to start, not 3 s", async () => {
    const { outcome, heard, server, clock } = greeting({ "server/discover": undefined }, { known: "modern" });
    await clock.advance(14_999);
    expect(await heard()).toEqual([probe]);
    server.answer("server/discover", modernResult());
    expect(await outcome).toEqual(modernGreeting);
  });

  for (const [how, answer] of [
    ["refuses", refusal(-32601)],
    ["says nothing", undefined],
  ] as const) {
    test(`to be modern is greeted in the legacy way when it ${how}`, async () => {
      const { outcome, heard, clock } = greeting({ ...legacy, "server/discover": answer }, { known: "modern" });
      await clock.advance(15_000);
      expect(await outcome).toEqual(legacyGreeting);
      expect(await heard()).toEqual([probe, opening, initialized]);
    });
  }
});

describe("a server that goes away", () => {
  const left = new LeftOnProbe("its output ended");

  for (const known of [undefined, "modern"] as const) {
    test(`on the probe is to be started once more, as a legacy one, when its era is ${known ?? "not known"}`, async () => {
      const { outcome } = greeting({ "server/discover": "leave" }, { known });
      const cause = await outcome.catch((thrown: unknown) => thrown);
      expect(cause).toEqual(left);
      expect(cause).toMatchObject({ name: "LeftOnProbe", era: "legacy" });
      expect(cause).not.toBeInstanceOf(LinkClosed);
    });
  }

  test("before it is asked has left on the probe, too", async () => {
    const { outcome, server } = greeting({});
    server.leave();
    expect(await outcome.catch((thrown: unknown) => thrown)).toEqual(left);
  });

  test("after it has answered the probe with an error may have left because of it", async () => {
    const { outcome } = greeting({ "server/discover": refusal(-32600), initialize: "leave" });
    expect(await outcome.catch((thrown: unknown) => thrown)).toEqual(left);
  });

  test("after a silent probe may have met it only then", async () => {
    const { outcome, clock } = greeting({ "server/discover": undefined, initialize: "leave" });
    await clock.advance(3000);
    expect(await outcome.catch((thrown: unknown) => thrown)).toEqual(left);
  });

  test("while nobody is there to greet it for has left when somebody is", async () => {
    const { who, arrive } = lateClient();
    const { outcome, server, clock } = greeting({ "server/discover": refusal(-32601) }, { who });
    await clock.advance(1000);
    server.leave();
    await clock.advance(1000);
    arrive();
    expect(await outcome.catch((thrown: unknown) => thrown)).toEqual(left);
  });

  test("on initialize has not left on the probe when its era was known to be legacy", async () => {
    const { outcome, heard } = greeting({ initialize: "leave" }, { known: "legacy" });
    expect(await outcome.catch((thrown: unknown) => thrown)).toEqual(new LinkClosed("its output ended"));
    expect(await heard()).toEqual([opening]);
  });

  test("on a probe that was the last means is not to be started once more", async () => {
    const answers = { initialize: refusal(7), "server/discover": "leave" as const };
    const { outcome } = greeting(answers, { known: "legacy" });
    await expect(outcome).rejects.toThrow(new Error("it refused to initialize: no no (7)"));
  });

  test("leaves nothing open", async () => {
    const { outcome, connection, clock } = greeting({ "server/discover": "leave" });
    await outcome.catch(() => {});
    await clock.advance(60_000);
    expect([connection.openRequests, clock.timers()]).toEqual([0, 0]);
  });
});

test("an era is told from what is none", () => {
  const told = ["legacy", "modern", "Legacy", "", undefined, null, 7, ["legacy"]].map(isEra);
  expect(told).toEqual([true, true, false, false, false, false, false, false]);
});
