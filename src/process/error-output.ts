import type { Readable } from "node:stream";
import type { Clock, Timer } from "../ports/clock.ts";
import { harmless } from "./harmless.ts";

const maxLineBytes = 4096;
const maxTailLines = 16;
const maxLinesPerSecond = 200;
/**
 * So much of it is read at a time and no sooner again, where servers have answered anything within `busyMs`: what comes at
 * once, so that a flood takes no time from them.
 */
const pieceBytes = 64 * 1024;
const pieceMs = 50;
const busyMs = 500;

/**
 * Reads `stderr` to its end, whatever comes: an unread pipe would block the child. Bytes are copied and become text only
 * for lines that may be shown, so that a flood costs little. `replies`: how many servers have given.
 */
export function readErrorOutput(
  stderr: Readable,
  clock: Clock,
  report: (line: string) => void,
  replies: () => number = () => 0,
) {
  const empty = Buffer.alloc(0);
  /** The line that has not ended; one byte above the limit says that it is longer. */
  let line: Buffer = empty;
  const tail: Buffer[] = [];
  let secondEndsAt = 0;
  let shown = 0;
  let dropped = 0;
  let timer: Timer | undefined;
  let pieceLeft = pieceBytes;
  let pieceEndsAt = 0;
  let seenReplies = 0;
  let busyUntil = 0;
  let isHurried = false;

  const reportDropped = (): void => {
    timer?.cancel();
    if (dropped > 0) report(`${dropped} lines dropped`);
    dropped = 0;
  };
  const drop = (lines: number, now: number): void => {
    if (dropped === 0) timer = clock.after(secondEndsAt - now, reportDropped);
    dropped += lines;
  };
  const endLine = (now: number): void => {
    const ended = line;
    line = empty;
    if (ended.length === 0) return;
    tail.push(ended);
    if (tail.length > maxTailLines) tail.shift();
    if (now >= secondEndsAt) {
      reportDropped();
      secondEndsAt = now + 1000;
      shown = 0;
    }
    if (shown < maxLinesPerSecond) {
      shown += 1;
      report(lineText(ended));
    } else drop(1, now);
  };
  const rest = (bytes: number, now: number): void => {
    if (now >= pieceEndsAt) {
      pieceLeft = pieceBytes;
      pieceEndsAt = now + pieceMs;
    }
    pieceLeft -= bytes;
    if (pieceLeft > 0 || isHurried) return;
    const repliesNow = replies();
    if (repliesNow !== seenReplies) busyUntil = now + busyMs;
    seenReplies = repliesNow;
    if (now >= busyUntil) return;
    stderr.pause();
    clock.after(pieceEndsAt - now, () => stderr.resume());
  };
  stderr.on("data", (chunk: Buffer) => {
    const now = clock.now();
    let start = 0;
    if (shown >= maxLinesPerSecond && now < secondEndsAt) {
      start = lastLinesIn(chunk);
      if (start > 0) {
        drop(newlinesIn(chunk.subarray(0, start)), now);
        line = empty;
      }
    }
    while (start < chunk.length) {
      const newline = chunk.indexOf(0x0a, start);
      const end = newline < 0 ? chunk.length : newline;
      const room = maxLineBytes + 1 - line.length;
      // Copied, because a piece of the chunk would keep all of it in memory.
      if (room > 0) line = Buffer.concat([line, chunk.subarray(start, Math.min(end, start + room))]);
      if (newline >= 0) endLine(now);
      start = end + 1;
    }
    rest(chunk.length, now);
  });
  return {
    /** Nothing more is written there: what is left is read at once. */
    hurry: (): void => {
      isHurried = true;
      stderr.resume();
    },
    /** Reports what is still held back and returns the last lines. */
    close: (): readonly string[] => {
      endLine(clock.now());
      reportDropped();
      return tail.map(lineText);
    },
  };
}

/** Where the last lines begin, as many as are kept; 0 where there are not more. */
function lastLinesIn(bytes: Buffer): number {
  let at = bytes.length;
  for (let lines = 0; lines <= maxTailLines && at >= 0; lines += 1) at = at > 0 ? bytes.lastIndexOf(0x0a, at - 1) : -1;
  return at + 1;
}

function newlinesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

function lineText(bytes: Buffer): string {
  if (bytes.length <= maxLineBytes) return harmless(bytes.toString("utf8").replace(/\r$/, ""));
  let end = maxLineBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // Not inside a character.
  return `${harmless(bytes.toString("utf8", 0, end))}…`;
}
