import { expect, test } from "vitest";
import { asksOf, catalogOf, resultOf, stage } from "./scripted.ts";

const catalog = catalogOf("one");

test("what is to be asked is asked though another call runs on, whose end is not lost meanwhile", async () => {
  const { run, clock } = stage({ catalog, maxTokens: 0 });
  const scripted = run([
    { id: "x", name: "one__plain" },
    { id: "y", name: "one__read" },
  ]);
  const long = scripted.call("one__read");
  scripted.call("one__plain").end(asksOf({ it: {} }, "state"));
  await clock.advance(249);
  expect(scripted.asked()).toBeUndefined();
  await clock.advance(1);
  expect(scripted.asked()).toEqual({ "x/it": {} });
  long.end(resultOf("late"));
  await clock.advance(100_000);
  expect(scripted.replies).toEqual([]);
  scripted.comeBack({ "x/it": { action: "accept" } });
  scripted.call("one__plain").end(resultOf("done"));
  expect(scripted.results().map(({ id, result }) => [id, result])).toEqual([
    ["x", "done"],
    ["y", "late"],
  ]);
  expect(clock.timers()).toBe(0);
});
