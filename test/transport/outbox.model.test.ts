import { Writable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pausable } from "../../src/transport/link.ts";
import { Outbox } from "../../src/transport/outbox.ts";
import { ModelClock } from "../support/model-clock.ts";

const mostPerSource = 4 * 1024 * 1024;
const filler = Buffer.alloc(2_000_000, ".");

/** Takes one write and no more while it does not read; keeps of each line how it begins and how long it is. */
class Reader extends Writable {
  readonly lines: string[] = [];
  isReading = true;
  #head = "";
  #length = 0;
  #done: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    let from = 0;
    for (let at = chunk.indexOf("\n"); at !== -1; at = chunk.indexOf("\n", from)) {
      this.#take(chunk.subarray(from, at));
      this.lines.push(`${this.#head.split(".")[0]} ${this.#length}`);
      this.#head = "";
      this.#length = 0;
      from = at + 1;
    }
    this.#take(chunk.subarray(from));
    if (this.isReading) done();
    else this.#done = done;
  }

  goOn(): void {
    this.isReading = true;
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }

  #take(piece: Buffer): void {
    if (this.#head.length < 8) this.#head += piece.toString("latin1", 0, 8);
    this.#length += piece.length;
  }
}

class Source implements Pausable {
  isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

type Sent = { readonly line: string; readonly source: number; readonly bytes: number; readonly isLong: boolean };

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      source: fc.nat(2),
      size: fc.constantFrom(10, 500, 40_000, 1_500_000),
    }),
  },
  fc.record({ do: fc.constantFrom("stop" as const, "stop" as const, "read" as const), source: fc.nat(2) }),
);

test("all that is sent arrives once and whole, that of one source in order, and who has too much waiting is held up", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const clock = new ModelClock();
      const reader = new Reader({ highWaterMark: 16 });
      const outbox = new Outbox(reader, clock);
      const sources = [new Source(), new Source(), new Source()];
      const sent: Sent[] = [];
      const bytesOf = (some: readonly Sent[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
      const ofSource = (index: number): readonly Sent[] => sent.filter(({ source }) => source === index);
      const settle = async (): Promise<void> => {
        clock.turn();
        await new Promise((resolve) => void setImmediate(resolve));
      };
      for (const one of steps) {
        if (one.do === "send") {
          const name = `m${sent.length}.`;
          const isLong = one.size > 32 * 1024;
          const rest = filler.subarray(0, one.size - name.length);
          outbox.send(isLong ? [Buffer.from(name), rest] : name + rest.toString(), sources[one.source]);
          sent.push({ line: `m${sent.length} ${one.size}`, source: one.source, bytes: one.size + 1, isLong });
        } else if (one.do === "stop") reader.isReading = false;
        else reader.goOn();
        await settle();
        expect(outbox.queuedBytes).toBeLessThanOrEqual(bytesOf(sent));
        for (const [index, { isPaused }] of sources.entries()) {
          if (isPaused) expect(bytesOf(ofSource(index))).toBeGreaterThan(mostPerSource);
        }
      }
      for (let turn = 0; turn < 100 && (outbox.queuedBytes > 0 || turn < 3); turn++) {
        reader.goOn();
        await settle();
      }
      expect(outbox.queuedBytes).toBe(0);
      expect(sources.map(({ isPaused }) => isPaused)).toEqual([false, false, false]);
      expect(reader.lines.toSorted()).toEqual(sent.map(({ line }) => line).toSorted());
      for (const index of sources.keys()) {
        const own = ofSource(index).map((one) => ({ ...one, at: reader.lines.indexOf(one.line) }));
        // A short one may overtake what was sent before by others, and nothing of its own source.
        for (const [n, { at, isLong }] of own.entries()) {
          for (const later of own.slice(n + 1)) if (isLong || !later.isLong) expect(at).toBeLessThan(later.at);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
