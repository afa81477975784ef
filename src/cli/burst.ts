/** How one call of a burst ended. `tool_error`: the tool ran and said no. `failed`: there is no reply of its own. */
export type Outcome = "ok" | "tool_error" | "failed" | "cancelled";

/** One call of a burst, times in ms from the burst's start. */
export type Bar = {
  /** The lane it is drawn in. `""` and `"-"` are one lane, for calls that reached no server. */
  readonly server: string;
  /** The tool and a short hint of its arguments. */
  readonly label: string;
  /** When it was issued. */
  readonly startMs: number;
  /** How long it then waited for the gate or a starting server. 0: it did not wait. */
  readonly queuedMs: number;
  readonly endMs: number;
  readonly outcome: Outcome;
  /** Short text of the error. */
  readonly note?: string;
};

/** A `Bar` ready to be drawn: times are finite and in order, texts are harmless. */
export type Call = {
  readonly label: string;
  readonly startMs: number;
  /** When the wait was over. `startMs` without a wait, `endMs` for a call that never ran. */
  readonly runMs: number;
  readonly endMs: number;
  readonly outcome: Outcome;
  /** From issue to end, as text. */
  readonly duration: string;
  /** What to write beside the bar: the outcome in words unless it is `ok`, the note, the wait. May be empty. */
  readonly remark: string;
};

/** What both drawings show, and in which order. */
export type Burst = {
  readonly lanes: readonly { readonly heading: string; readonly calls: readonly Call[] }[];
  /** The time axis runs from 0 to here; at least 1. */
  readonly spanMs: number;
  readonly hasWaits: boolean;
  /** Wall time, running time of all calls, and their ratio. */
  readonly summary: string;
  /** The same in fewer columns. */
  readonly shortSummary: string;
};

/**
 * Puts `bars` into lanes: servers in the order of their first call, calls in the order given, calls that reached no
 * server last. The sum counts the time calls ran, not the time they waited: what they would take one after the other.
 * Times that are no numbers count as 0, and an end before its start as no time at all.
 */
export function readBurst(bars: readonly Bar[]): Burst {
  const lanes = new Map<string, Call[]>();
  for (const bar of bars) {
    const server = bar.server === "-" ? NO_SERVER : bar.server;
    const calls = lanes.get(server) ?? [];
    calls.push(readCall(bar));
    lanes.set(server, calls);
  }
  const unreached = lanes.get(NO_SERVER);
  if (unreached !== undefined) {
    lanes.delete(NO_SERVER);
    lanes.set(NO_SERVER, unreached);
  }
  const calls = [...lanes.values()].flat();
  const wallMs = calls.reduce((latest, call) => Math.max(latest, call.endMs), 0);
  return {
    lanes: [...lanes].map(([server, calls]) => ({ heading: headingOf(server), calls })),
    spanMs: Math.max(wallMs, 1),
    hasWaits: calls.some((call) => call.runMs > call.startMs),
    ...summarise(calls, wallMs),
  };
}

const NO_SERVER = "";

function headingOf(server: string): string {
  return server === NO_SERVER ? "no server" : plainText(server) || "?";
}

function summarise(calls: readonly Call[], wallMs: number): Pick<Burst, "summary" | "shortSummary"> {
  if (calls.length === 0) return { summary: "no calls", shortSummary: "no calls" };
  const sumMs = calls.reduce((sum, call) => sum + call.endMs - call.runMs, 0);
  const [wall, sum] = [formatMs(wallMs), formatMs(sumMs)];
  const ratio = sumMs > 0 ? ` · ${(sumMs / wallMs).toFixed(1)} ×` : "";
  return {
    summary: `wall ${wall} · sum of the calls ${sum}${ratio && `${ratio} at once`}`,
    shortSummary: `wall ${wall} · sum ${sum}${ratio}`,
  };
}

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  ok: "",
  tool_error: "tool error",
  failed: "failed",
  cancelled: "cancelled",
};

function readCall(bar: Bar): Call {
  const startMs = finite(bar.startMs);
  const endMs = Math.max(startMs, finite(bar.endMs));
  const runMs = runStart(startMs, finite(bar.queuedMs), endMs);
  const words = OUTCOME_WORDS[bar.outcome];
  const note = plainText(bar.note ?? "");
  const said = words && note ? `${words}: ${note}` : words || note;
  // A wait too short to be seen is not worth a word.
  const waited = bar.outcome === "ok" && runMs - startMs >= 1 ? `waited ${formatMs(runMs - startMs)}` : "";
  return {
    label: plainText(bar.label) || "?",
    startMs,
    runMs,
    endMs,
    outcome: bar.outcome,
    duration: formatMs(endMs - startMs),
    remark: [waited, said].filter(Boolean).join(" · "),
  };
}

/** A wait that ends with the call, but for rounding, was all there was of it. */
function runStart(startMs: number, queuedMs: number, endMs: number): number {
  if (queuedMs === 0) return startMs;
  return endMs - startMs - queuedMs < 0.001 ? endMs : startMs + queuedMs;
}

function finite(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), Number.MAX_SAFE_INTEGER);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration with three or so significant figures: `4 ms`, `1.04 s`, `12.3 s`, `2.5 min`. */
export function formatMs(ms: number): string {
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9.995 * SECOND) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < 59.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < 59.95 * MINUTE) return `${(ms / MINUTE).toFixed(1)} min`;
  if (ms < 47.95 * HOUR) return `${(ms / HOUR).toFixed(1)} h`;
  return `${count(ms / DAY, 0)} d`;
}

const STEPS_MS = [
  ...[1, 2, 5, 10, 25, 50, 100, 250, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 6, 12].map((count) => count * HOUR),
];

/** The marks of a time axis from 0 to `spanMs`, on round numbers, at least `minStepMs` apart. */
export function ticks(spanMs: number, minStepMs: number): { readonly ms: number; readonly text: string }[] {
  const stepMs = STEPS_MS.find((step) => step >= minStepMs) ?? stepOfDays(minStepMs);
  const count = Math.floor(spanMs / stepMs) + 1;
  return Array.from({ length: count }, (_, index) => ({ ms: index * stepMs, text: tickText(index * stepMs) }));
}

function stepOfDays(minStepMs: number): number {
  const unit = DAY * 10 ** Math.max(0, Math.floor(Math.log10(minStepMs / DAY)));
  return [unit, 2 * unit, 5 * unit].find((step) => step >= minStepMs) ?? 10 * unit;
}

const UNITS = [
  [DAY, "d"],
  [HOUR, "h"],
  [MINUTE, "min"],
  [SECOND, "s"],
] as const;

function tickText(ms: number): string {
  if (ms === 0) return "0";
  const [unit, name] = UNITS.find(([unit]) => ms >= unit) ?? [1, "ms"];
  return `${count(ms / unit, 2)} ${name}`;
}

/** No more digits than a column has room for. */
function count(value: number, digits: number): string {
  return value < 10_000 ? String(Number(value.toFixed(digits))) : value.toExponential(1).replace("+", "");
}

/** No text is shown at more columns than this: what follows is dropped before anything else is done with it. */
const MAX_TEXT = 1000;

/**
 * `text` as one line that a terminal or an XML file can take from anyone: white space becomes one space, control
 * characters become their pictures, what is invisible or reorders text is dropped, marks do not pile up.
 */
export function plainText(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replace(/[\t\n\v\f\r\p{Z}]+/gu, " ")
    .replace(/[\p{Cf}\p{Variation_Selector}]/gu, "")
    .replace(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/gu, picture)
    .replace(/(\p{M}{2})\p{M}+/gu, "$1")
    .trim();
}

function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}

const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /[\p{Mn}\p{Me}]/u;

/** The columns `text` takes in a terminal: 2 for wide characters, 0 for combining marks; in doubt too many. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return sum;
}

/** `text` if it fits into `width` columns, otherwise as much of it as fits with `…` at the end. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let kept = "";
  let room = width - 1;
  for (const character of text) {
    room -= columns(character);
    if (room < 0) break;
    kept += character;
  }
  return width < 1 ? "" : `${kept.trimEnd()}…`;
}
