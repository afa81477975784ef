import fc from "fast-check";
import { expect, test } from "vitest";
import type { FakeCall } from "../support/fake-call.ts";
import type { FakeServer } from "../support/fake-server.ts";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";

const kinds = ["echo", "tool error", "JSON-RPC error", "bad reply", "hang", "unknown tool", "crash"] as const;
type Kind = (typeof kinds)[number];

const toolError = '{"content":[{"type":"text","text":"no"}],"isError":true}';

/** What the server does with a call; hanging, it does nothing. */
function answer(server: FakeServer, call: FakeCall): void {
  const { n, kind } = call.line.json.params.arguments as { n: number; kind: Kind };
  if (kind === "echo") call.result(`{"n":${n}}`);
  else if (kind === "tool error") call.result(`{"n":${n},${toolError.slice(1)}`);
  else if (kind === "JSON-RPC error") call.error(`{"code":${n},"message":"boom ${n}"}`);
  else if (kind === "bad reply") server.send(`{"jsonrpc":"2.0","id":${call.id},"result":{"n":${n}`);
  else if (kind === "crash") server.crash();
}

/** What the client must find for call `n`, as far as that is certain. */
function expected(n: number, kind: Kind, server: string): object {
  if (kind === "echo") return { result: { n } };
  if (kind === "tool error") return { result: { n, ...JSON.parse(toolError) } };
  const failed = (text: unknown, mark: object) => ({
    result: { content: [{ type: "text", text }], isError: true, _meta: { "tutti/error": mark } },
  });
  if (kind === "JSON-RPC error") {
    return failed(`boom ${n}`, { origin: "server", server, code: n, message: `boom ${n}` });
  }
  const ours = (code: string, mayHaveRun: boolean) => ({ origin: "tutti", server, code, mayHaveRun });
  if (kind === "bad reply") return failed(expect.stringContaining("is not valid JSON"), ours("bad_reply", true));
  if (kind === "crash") {
    return failed(expect.any(String), {
      origin: "tutti",
      server,
      code: expect.stringMatching(/^(connection_lost|unavailable)$/),
      mayHaveRun: expect.any(Boolean),
    });
  }
  return failed(`There is no tool "nobody_${n}".`, { origin: "tutti", code: "unknown_tool", mayHaveRun: false });
}

const plan = fc.record({
  calls: fc.array(fc.record({ kind: fc.constantFrom(...kinds), server: fc.constantFrom("alpha", "beta") }), {
    minLength: 1,
    maxLength: 30,
  }),
  most: fc.constantFrom(0, 1, 4),
  picks: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  sharesIds: fc.boolean(),
});

test("in a burst of everything that can happen every call ends exactly once, with its own content", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ calls, most, picks, sharesIds }) => {
      const config = { maxConcurrentCalls: most };
      const { client, servers, downstreams, published } = await stage({
        servers: { alpha: { tools: ["do"], config }, beta: { tools: ["do"], config }, crashing: { tools: ["do"] } },
      });
      const serverOf = (n: number) =>
        calls[n]?.kind === "crash" ? "crashing" : (calls[n]?.server as "alpha" | "beta");
      // Cancelling needs an id of its own.
      const idOf = (n: number) => (sharesIds && calls[n]?.kind !== "hang" ? 1000 + (n % 3) : n);
      for (const [n, { kind }] of calls.entries()) {
        const tool = kind === "unknown tool" ? `nobody_${n}` : `${serverOf(n)}__do`;
        client.call(idOf(n), tool, JSON.stringify({ n, kind }));
      }

      const open: (readonly [FakeServer, FakeCall])[] = [];
      for (let step = 0; ; step++) {
        await quiet();
        for (const server of Object.values(servers)) {
          for (const call of server.calls.splice(0)) open.push([server, call]);
        }
        const [picked] = open.splice((picks[step % picks.length] as number) % (open.length || 1), 1);
        if (picked === undefined) break;
        const [server, call] = picked;
        const { n, kind } = call.line.json.params.arguments;
        if (kind === "hang") client.cancel(n);
        else answer(server, call);
        if (kind === "hang") {
          await server.line(`"requestId":${call.id}`);
          call.result('{"too":"late"}');
        }
      }

      const wanted = calls.flatMap(({ kind }, n) =>
        kind === "hang" ? [] : [{ jsonrpc: "2.0", id: idOf(n), ...expected(n, kind, serverOf(n)) }],
      );
      const got = client.peer.lines.map(({ json }) => json);
      expect(got.length).toBe(wanted.length);
      for (const reply of wanted) expect(got).toContainEqual(reply);
      expect(Object.values(downstreams).map(({ openRequests }) => openRequests)).toEqual([0, 0, 0]);
      expect(published.ended.length).toBe(calls.length);
    }),
    { numRuns: 120 },
  );
});
