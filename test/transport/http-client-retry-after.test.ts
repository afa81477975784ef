import { expect, test } from "vitest";
import { linkTo, newer, scripted } from "./over-http.ts";

const date = "Fri, 31 Dec 1999 23:59:55 GMT";
test.each([
  ["Sat, 01 Jan 2000 00:00:00 GMT", date, 5000],
  ["Saturday, 01-Jan-00 00:00:00 GMT", date, 5000],
  ["Sat Jan  1 00:00:00 2000", date, 5000],
  // It is over already, by the server's own clock.
  ["Fri, 31 Dec 1999 23:00:00 GMT", date, 0],
  // Longer than a timer can wait; nobody does.
  ["Fri, 31 Dec 9999 23:59:59 GMT", date, 252_455_616_004_000],
  ["Sat, 32 Jan 2000 00:00:00 GMT", date, undefined],
  ["2000", date, 2_000_000],
  ["-1", date, undefined],
  ["soon", date, undefined],
  ["Sat, 01 Jan 2000 00:00:00 GMT", "now", undefined],
])("a refusal with Retry-After: %s and Date: %s can be asked again after %j ms", async (value, now, retryAfterMs) => {
  const server = await scripted((heard) => heard.answers(429, "", { "retry-after": value, date: now }));
  const { ask, failure } = linkTo(server.url);
  ask(1, "tools/call", `{"name":"t",${newer}}`);
  const said = await failure();
  expect(said).toMatchObject({ id: 1, code: "unavailable", mayHaveRun: false });
  expect(said.retryAfterMs).toBe(retryAfterMs);
});
