import { describe, expect, test } from "vitest";
import { quiet, until } from "../support/turns.ts";
import { greeted, hello, linkTo, opening, scripted } from "../transport/over-http.ts";

describe("a server that wants to be asked again at once", () => {
  test("is asked less and less often while it refuses", async () => {
    let gets = 0;
    const { clock } = await greeted(
      (heard) => {
        if (heard.method !== "GET") return;
        if (++gets > 1) heard.answers(503, "");
        else {
          heard.streams()("retry: 0\n\n");
          heard.response.end();
        }
      },
      { push: true },
    );
    await until(
      () => clock.timers() > 0,
      () => "a timer",
    );
    for (let minute = 0; minute < 20; minute++) {
      await clock.advance(3000);
      await quiet();
    }
    expect(gets).toBeGreaterThan(3);
    expect(gets).toBeLessThan(20);
  });

  test("and forgets each session is greeted less and less often", async () => {
    let gets = 0;
    const server = await scripted((heard) => {
      const method = heard.json?.method;
      if (method === "initialize") heard.replies(hello, { "mcp-session-id": "s" });
      else if (heard.method !== "GET") heard.answers(202, "");
      else if (++gets % 2 === 0) heard.answers(404, "");
      else {
        heard.streams()("retry: 0\n\n");
        heard.response.end();
      }
    });
    const { ask, notify, message, clock, renewals } = linkTo(server.url);
    ask(1, "initialize", opening);
    await message(0);
    notify("notifications/initialized");
    await server.next("GET");
    for (let step = 0; step < 300; step++) {
      await clock.advance(200);
      await quiet();
    }
    expect(renewals()).toBeGreaterThan(2);
    expect(renewals()).toBeLessThan(20);
  });
});

test("a request that is given up while it waits for the session is not sent, and waits no more", async () => {
  const server = await scripted((heard) => {
    if (heard.json?.method === "initialize") heard.replies(hello, { "mcp-session-id": "s" });
    else if (heard.json?.method === "tools/call") heard.replies();
  });
  const { link, ask, notify, message, clock } = linkTo(server.url);
  ask(1, "initialize", opening);
  await message(0);
  notify("notifications/initialized");
  ask(2, "tools/call", '{"name":"given up"}');
  ask(3, "tools/call", '{"name":"t"}');
  await server.next("notifications/initialized");
  link.abort?.(2);
  await clock.advance(5000);
  await message(1);
  expect(server.lines().filter((line) => line === "tools/call")).toHaveLength(1);
  expect(link.queuedBytes()).toBe(0);
});
