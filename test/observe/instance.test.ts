import { expect, test } from "vitest";
import { Events, type ServerChanged } from "../../src/events.ts";
import { type InstanceRecord, observeInstance } from "../../src/observe/instance.ts";

function observed(...names: readonly string[]) {
  const servers = Object.fromEntries(names.map((name) => [name, { state: "starting", text: "still starting", at: 0 }]));
  const begin: InstanceRecord = {
    ...{ format: 1, pid: 1, version: "1", startedAt: 0, files: [], serves: [], client: undefined, log: undefined },
    ...{ servers, errors: [] },
  };
  let record = begin;
  const events = new Events();
  events.subscribe(
    observeInstance({
      begin,
      date: () => 7,
      redact: (text) => text.replace("secret", "…"),
      changed: (now) => {
        record = now;
      },
    }),
  );
  const change = (server: string, state: ServerChanged["state"], text: string): void =>
    events.publish("serverChanged", { server, state, text });
  return { events, change, now: () => record };
}

test("only what is wrong with a server is an error", () => {
  const { change, now } = observed("a");
  change("a", "ready", "ready with 3 tools");
  change("a", "idle", "stopped, because nothing was called");
  change("a", "draining", "finishes what runs");
  expect(now().errors).toEqual([]);
  change("a", "ended", "its process exited with a secret");
  change("a", "failed", "did not start");
  change("a", "breaker open", "not used");
  expect(now().errors.map(({ text }) => text)).toEqual(["its process exited with a …", "did not start", "not used"]);
});

test("a server that is used again is ready", () => {
  const { change, now } = observed("a");
  change("a", "ready", "ready with 3 tools");
  change("a", "breaker open", "not used");
  expect(now().servers["a"]).toEqual({ state: "breaker open", text: "not used", at: 7 });
  change("a", "breaker closed", "used again");
  expect(now().servers["a"]).toEqual({ state: "ready", text: "used again", at: 7 });
  expect(now().errors).toHaveLength(1);
});

test("after a reload there are the servers of now, as they are", () => {
  const { events, change, now } = observed("keep", "gone");
  change("keep", "ready", "ready");
  // It starts before it is served.
  change("added", "ready", "ready");
  events.publish("reloaded", { servers: ["keep", "added", "late"], idle: ["late"], text: "" });
  expect(Object.entries(now().servers).map(([name, { state }]) => `${name} ${state}`)).toEqual([
    "keep ready",
    "added ready",
    "late idle",
  ]);
});
