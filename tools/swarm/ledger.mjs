// ledger.mjs: what was seen, and what should not have been.

/** Pseudo-random numbers from 0 to 1 (mulberry32). */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const kinds = "calls replies progress logs notices asks answers updates cancels disconnects resumptions sessions".split(
  " ",
);

export class Ledger {
  counts = Object.fromEntries([...kinds, "refused", "lost", "astray", "unanswered", "wrong"].map((kind) => [kind, 0]));
  /** What was wrong, a line each. */
  violations = [];

  count(kind) {
    this.counts[kind] += 1;
  }

  violation(kind, text) {
    this.counts[kind] += 1;
    if (this.violations.length < 50) this.violations.push(`${kind}: ${text}`);
  }
}

/**
 * Counts what a client heard beside replies, and finds out whose it is. A nonce is `<client>.<number>`. `call`: the one on
 * whose stream it came, if that is known; what servers say of no call may come on any stream of its client.
 */
export function hear(ledger, client, { method, params }, call) {
  const astray = (nonce, isStrict) => {
    const isOwn = typeof nonce === "string" && nonce.startsWith(`${client}.`);
    if (!isOwn) ledger.violation("astray", `${method} of ${nonce} reached ${client}`);
    else if (isStrict && call !== undefined && nonce !== call && !nonce.startsWith(`${call}.`)) {
      ledger.violation("astray", `${method} of ${nonce} came on the stream of ${call}`);
    }
  };
  if (method === "notifications/progress") {
    ledger.count("progress");
    if (params.progressToken !== "t") ledger.violation("wrong", `${client} got progress with ${params.progressToken}`);
    // What call_tools says is in words of its own.
    if (!/^\d+\/\d+ /.test(params.message) && params.progress < 1000) astray(params.message, true);
    if (params.progress >= 1000) ledger.violation("astray", `progress of ${params.message} after its reply`);
  } else if (method === "notifications/message") {
    ledger.count("logs");
    astray(params.data.nonce);
  } else if (method === "notifications/vendor/spoke") {
    ledger.count("notices");
    astray(params.nonce);
  } else if (method === "notifications/resources/updated") {
    ledger.count("updates");
    astray(params.uri.split("/item/")[1]);
  }
}

/** Whether a reply is that of `call`; `asked`: how many questions it may have been answered. */
export function checkReply(ledger, { nonce, wish, canAsk, mayBeRefused }, { id, result, error }, expectedId) {
  ledger.count("replies");
  if (id !== expectedId) ledger.violation("wrong", `the reply to ${nonce} has the id ${id}`);
  const text = error?.message ?? result.content.map((one) => one.text).join("");
  if (wish === undefined) {
    if (!text.includes(nonce)) ledger.violation("astray", `the reply to ${nonce} is ${text.slice(0, 200)}`);
    return;
  }
  const said = parsed(text);
  if (said === undefined) {
    if (!text.includes(nonce)) ledger.violation("wrong", `${nonce} failed: ${text.slice(0, 200)}`);
    return;
  }
  if (said.nonce !== nonce) ledger.violation("astray", `the reply to ${nonce} is that of ${said.nonce}`);
  if (said.more.length !== (wish.bytes ?? 0)) ledger.violation("wrong", `${nonce} got ${said.more.length} bytes`);
  for (const one of said.said) {
    if (one === nonce) ledger.count("answers");
    else if (one === "refused" && mayBeRefused) ledger.count("refused");
    else if (one !== "refused" || canAsk) ledger.violation("astray", `${nonce} was answered what was said to ${one}`);
  }
  if (canAsk && said.said.length !== (wish.asks ?? 0))
    ledger.violation("wrong", `${nonce}: ${said.said.length} answers`);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
