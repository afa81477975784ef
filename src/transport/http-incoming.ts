import type { IncomingMessage } from "node:http";

/** Short pieces are put together in blocks of this size: each by itself would take many times its bytes. */
const blockBytes = 16 * 1024;

/** Bytes of all bodies that are being received. */
export type Received = { bytes: number };

export type BodyBounds = {
  readonly maxBodyBytes: number;
  /** Of all bodies together that are being received. */
  readonly maxBodiesBytes: number;
};

export type BodyEnd = "whole" | "too_long" | "too_many";

/** Receives the body of a request, until it is whole or a bound is reached; nothing is heard of one that breaks off. */
export function receiveBody(
  request: IncomingMessage,
  bounds: BodyBounds,
  received: Received,
  done: (end: BodyEnd, body: readonly Buffer[]) => void,
): void {
  const blocks = new Blocks();
  let bytes = 0;
  let isOver = false;
  const end = (how?: BodyEnd) => {
    if (isOver) return;
    isOver = true;
    request.off("data", take);
    received.bytes -= bytes;
    if (how !== undefined) done(how, how === "whole" ? blocks.end() : []);
  };
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    received.bytes += chunk.length;
    if (bytes > bounds.maxBodyBytes) end("too_long");
    else if (received.bytes > bounds.maxBodiesBytes) end("too_many");
    else blocks.push(chunk);
  };
  request.on("data", take);
  request.once("end", () => end("whole"));
  request.once("close", () => end());
}

class Blocks {
  readonly #full: Buffer[] = [];
  #block: Buffer | undefined;
  #used = 0;

  push(chunk: Buffer): void {
    if (this.#block !== undefined && this.#used + chunk.length > blockBytes) this.#close();
    // Most bodies come in one piece.
    if (chunk.length >= blockBytes || this.#full.length === 0) {
      this.#full.push(chunk);
      return;
    }
    this.#block ??= Buffer.allocUnsafeSlow(blockBytes);
    this.#used += chunk.copy(this.#block, this.#used);
  }

  end(): readonly Buffer[] {
    this.#close();
    return this.#full;
  }

  #close(): void {
    if (this.#block !== undefined) this.#full.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}
