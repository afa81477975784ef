import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { configFile, fixturePath, type Started, start, temporaryFolder } from "./support/program.ts";
import { markOf, textOf } from "./support/raw-client.ts";
import { until } from "./support/until.ts";

/** What an attack has to come to: the code of its call's error, and whether it may have run; or an answer. */
type Fate = RegExp;

const tooLong: Fate = /^bad_reply true$/;
const lost: Fate = /^connection_lost true$/;
const late: Fate = /^timed_out true$/;
/** On a machine that is busy the time is up before so much has come. */
const flooded: Fate = /^(?:connection_lost|bad_reply|timed_out) true$/;
const answered: Fate = /^answered$/;
const busy: Fate = /^(?:answered|timed_out true)$/;
const undone: Fate = /^unavailable false$/;
const login: Fate = /^login_required false$/;

const everywhere: Readonly<Record<string, Fate>> = {
  gzip_bomb: flooded,
  gzip_endless: flooded,
  gzip_endless_text: flooded,
  gzip_stream: flooded,
  gzip_comments: flooded,
  brotli_bomb: flooded,
  layered: lost,
  layered_brotli: flooded,
  refusal_bomb: tooLong,
  not_gzip: lost,
  endless_event: flooded,
  endless_lines: flooded,
  endless_empty_lines: flooded,
  endless_field: flooded,
  endless_comments: flooded,
  endless_newlines: flooded,
  endless_progress: late,
  endless_replies: late,
  drip: late,
  endless_json: flooded,
  endless_nesting: flooded,
  endless_refusal: tooLong,
  huge_length: late,
  endless_hints: flooded,
  endless_headers: lost,
  endless_status: lost,
  endless_chunk_extension: lost,
  endless_trailers: lost,
  two_answers: answered,
  two_lengths: lost,
  not_http: lost,
  reset_before: lost,
  reset_in_head: lost,
  reset_after_head: lost,
  reset_in_body: lost,
  end_in_body: lost,
  reset_in_stream: lost,
  end_of_stream: lost,
  empty: tooLong,
  no_content: tooLong,
  page: tooLong,
  array: tooLong,
  other_id: tooLong,
  status_nothing: tooLong,
  to_other_origin: undone,
  to_private: undone,
  to_localhost: undone,
  to_file: undone,
  to_https: undone,
  to_itself: undone,
  to_nowhere: undone,
  to_secret: undone,
  to_see_other: undone,
  unauthorized: login,
  forbidden: login,
  proxy_login: undone,
  too_many: undone,
  overloaded: undone,
  overloaded_oddly: tooLong,
  huge_headers: lost,
};
const inSessions: Readonly<Record<string, Fate>> = {
  many_questions: busy,
  many_pings: busy,
  long_id: busy,
  retry_never: late,
  retry_digits: late,
  retry_at_once: busy,
  hostile_ids: lost,
  forgets: undone,
  forgets_and_answers: undone,
  forgets_always: undone,
  get_lists_changed: busy,
  get_pings: busy,
  get_endless: busy,
  get_endless_event: busy,
  get_ends: busy,
};

const rows: string[] = [];
afterAll(() => void process.stdout.write(`${rows.join("\n")}\n`));

/** A server of its own process, until the test ends. */
async function hostile(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [fixturePath("http-hostile.mjs"), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const port = await new Promise<number>((resolve) => child.stdout.once("data", (text) => resolve(Number(text))));
  return `http://127.0.0.1:${port}`;
}

/** Peak of the memory since it was asked for last, in MiB. */
function peakOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return Number(kib) / 1024;
}

async function serving(path: string): Promise<{ readonly client: Started; readonly lag: string }> {
  const [bad, good] = await Promise.all([hostile(), hostile()]);
  const lag = join(temporaryFolder(), "lag");
  const servers = { bad: { url: `${bad}${path}`, callTimeoutMs: 1000 }, good: { url: `${good}${path}` } };
  const env = { NODE_OPTIONS: `--import ${fixturePath("http-lag-probe.mjs")}`, TUTTI_TEST_LAG: lag };
  const client = start(["serve", "--config", configFile(servers)], { env });
  onTestFinished(() => expect(client.strayLines).toEqual([]));
  await client.handshake();
  await client.request("tools/list");
  return { client, lag };
}

/** Calls the good server all the time; gives what was answered wrong. */
function besides(client: Started) {
  let isOver = false;
  let [calls, longestMs] = [0, 0];
  const wrong: string[] = [];
  const over = (async () => {
    while (!isOver) {
      const text = `beside ${calls++}`;
      const startedAt = performance.now();
      const said = textOf(await client.call("good__echo", { text }));
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      if (said !== text) wrong.push(said);
    }
  })();
  return async () => {
    isOver = true;
    await over;
    return { wrong, longestMs };
  };
}

describe.each([
  ["without sessions", "/modern", everywhere],
  ["with sessions", "/legacy", { ...everywhere, ...inSessions }],
])("a server %s", (title, path, attacks) => {
  test("that does its worst costs each call its own error, and nobody else anything", async () => {
    const { client, lag } = await serving(path);
    for (let warm = 0; warm < 100; warm++) await client.call("good__echo", { text: "warm" });
    const base = peakOf(client.pid);
    let most = 0;
    for (const [attack, fate] of Object.entries(attacks)) {
      writeFileSync(`${lag}.reset`, "");
      peakOf(client.pid);
      const end = besides(client);
      const startedAt = performance.now();
      const reply = await client.call(`bad__${attack}`);
      const ms = performance.now() - startedAt;
      const { wrong, longestMs } = await end();
      const mark = markOf(reply);
      const text = textOf(reply);
      const outcome = mark === undefined ? "answered" : `${mark.code} ${mark.mayHaveRun}`;
      expect({ attack, wrong }).toEqual({ attack, wrong: [] });
      expect(outcome, `${attack}: ${text}`).toMatch(fate);
      // Who, what and, in one line without anything that acts on a terminal, what it means.
      if (mark !== undefined) expect(text).toMatch(/^bad: [^\p{Cc}]+\. The call (?:may have run|did not run)\.$/u);
      expect(text).not.toMatch(/pass-word|abcdefgh/);
      const peak = peakOf(client.pid) - base;
      most = Math.max(most, peak);
      const { lag: longest, own } = existsSync(lag) ? JSON.parse(readFileSync(lag, "utf8")) : { lag: 0, own: 0 };
      rows.push(
        `${title}: ${attack.padEnd(24)} ${ms.toFixed(0).padStart(5)} ms, +${peak.toFixed(0)} MiB, stood still ` +
          `${longest.toFixed(0)} (own work ${own.toFixed(0)}) ms, beside it ${longestMs.toFixed(0)} ms`,
      );
    }
    // The longest message, what a packed one may unpack to, and what is on its way.
    // The same again for what is not collected yet on a busy machine: what is not bounded would be gigabytes.
    expect(most).toBeLessThan(2 * (32 + 64 + 64));
    const after = await until(
      "the end of what was begun",
      () => client.ended === undefined && client.call("bad__counts"),
    );
    const counts = JSON.parse(textOf(await after)) as { readonly mostSockets: number };
    rows.push(`${title}: at most ${counts.mostSockets} connections`);
    expect(counts.mostSockets).toBeLessThan(100);
    expect(client.stderr).not.toMatch(/defect|\n +at /);
  }, 180_000);
});

test("a server that takes no answers gets a few at a time, and its own calls alone are late", async () => {
  const bad = await hostile("--slow-answers");
  const client = start([
    "serve",
    "--config",
    configFile({ bad: { url: `${bad}/legacy`, callTimeoutMs: 1500 }, good: { url: `${await hostile()}/legacy` } }),
  ]);
  await client.handshake();
  await client.request("tools/list");
  const end = besides(client);
  const asked = client.ask("tools/call", { name: "bad__many_pings", arguments: {} });
  expect(markOf(await client.reply(asked))?.code ?? "answered").toMatch(/timed_out|answered/);
  expect((await end()).wrong).toEqual([]);
});

test.each(["405", "500", "401", "404"])(
  "a server whose stream is refused with HTTP %s serves calls as any other",
  async (status) => {
    const client = start([
      "serve",
      "--config",
      configFile({ one: { url: `${await hostile(`--get=${status}`)}/legacy` } }),
    ]);
    await client.handshake();
    await client.request("tools/list");
    expect(textOf(await client.call("one__echo", { text: "as any other" }))).toBe("as any other");
  },
);
