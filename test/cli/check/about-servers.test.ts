import { describe, expect, test } from "vitest";
import { oldNode } from "../../../src/cli/check/about-runtime.ts";
import { changed, remarked, slowStart, strayOutput } from "../../../src/cli/check/about-servers.ts";
import { observe } from "../../../src/cli/check/observed.ts";
import { Events } from "../../../src/events.ts";

describe("of a server", () => {
  test("a start of more than 10 s is slow", () => {
    expect(slowStart("s", 10_000)).toEqual([]);
    expect(slowStart("s", 12_340)).toMatchObject([{ code: "slow_start", text: expect.stringContaining("12.3 s") }]);
  });

  test("lines that are no messages are counted, and the first is shown", () => {
    expect(strayOutput("s", undefined)).toEqual([]);
    expect(strayOutput("s", { lines: 3, first: "hi" })[0]?.text).toMatch(/^writes 3 lines .*: hi$/);
  });

  test("changes are told with what became of them and the command that accepts them", () => {
    expect(changed("s", [], true)).toEqual([]);
    const gone = { kind: "tool", name: "a", what: "gone", before: undefined, after: undefined } as const;
    expect(changed("my s", [gone], true)).toMatchObject([
      {
        code: "definition_changed",
        text: expect.stringMatching(/withheld$/),
        cure: 'accept it with: tutti approve "my s"',
      },
    ]);
  });

  test("what is said without a topic is odd, and cures name the server and the folder", () => {
    expect(remarked({ server: "s", text: "t" }, "/state")).toMatchObject({ code: "odd_message", severity: "note" });
    expect(remarked({ server: "s", text: "t", topic: "pins_lost" }, "/state").cure).toMatch(/tutti approve s$/);
    expect(remarked({ text: "t", topic: "not_kept" }, "/state")).not.toHaveProperty("server");
    expect(remarked({ text: "t", topic: "not_kept" }, "/state").cure).toMatch(/^make \/state one/);
  });
});

describe("of the lines of a stderr", () => {
  test("no part of a secret is left where a line is cut", () => {
    const events = new Events();
    const secret = "s3cret-that-is-long";
    const { complaintOf } = observe(events, (text) => text.replaceAll(secret, "[redacted]"));
    const line = `Error: ${"x".repeat(285)}${secret}${"y".repeat(100)}`;
    events.publish("serverSaid", { server: "s", from: "stderr", line });
    expect(complaintOf("s")).toHaveLength(301);
    expect(complaintOf("s")).not.toContain("s3");
  });

  test("a flood of them costs no memory, and that of one server is not another's", () => {
    const events = new Events();
    const { complaintOf, strayOf } = observe(events, (text) => text);
    for (let line = 0; line < 10_000; line++) {
      events.publish("serverSaid", { server: "a", from: "stderr", line: "well" });
      events.publish("serverSaid", { server: "b", from: "stdout", line: `stray ${line}` });
    }
    events.publish("serverSaid", { server: "a", from: "stderr", line: "Error: late" });
    expect([complaintOf("a"), complaintOf("b"), strayOf("a")]).toEqual([undefined, undefined, undefined]);
    expect(strayOf("b")).toEqual({ lines: 10_000, first: "stray 0" });
  });
});

test.each([
  ["20.18.9", 1],
  ["18.20.0", 1],
  ["20.19.0", 0],
  ["22.0.0", 0],
  ["100.1.0", 0],
])("Node %s gives %i findings", (version, count) => {
  expect(oldNode(version)).toHaveLength(count);
});
