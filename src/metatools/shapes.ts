import { membersOf } from "../wire/walk.ts";
import { noShape, printShape, type Shape, widen } from "./shape.ts";
import { valueOfResult } from "./values.ts";

/** Results of so many tools are known; who was called longest ago is forgotten first. */
const mostTools = 500;
/** A tool that has shown so many results shows nothing new. */
const mostResults = 16;
/** Longer results take too long to look through. */
const longestBytes = 256 * 1024;

/** What tools' results have been made of so far: names of members and types, never a value. Bounded in memory and time. */
export class Shapes {
  readonly #seen = new Map<string, { readonly shape: Shape; results: number }>();

  /** `tool` has given this result, a JSON object; one of a call that failed shows nothing. */
  note(tool: string, result: Buffer): void {
    const seen = this.#seen.get(tool) ?? { shape: noShape(), results: 0 };
    if (seen.results === mostResults || result.length > longestBytes || isFailed(result)) return;
    const value: unknown = JSON.parse(valueOfResult(result).toString());
    seen.results++;
    widen(seen.shape, value);
    this.#seen.delete(tool);
    this.#seen.set(tool, seen);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > mostTools && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** As compact JSON, as `printShape` does; undefined where nothing is known. */
  of(tool: string): string | undefined {
    const seen = this.#seen.get(tool);
    return seen === undefined ? undefined : printShape(seen.shape);
  }
}

function isFailed(result: Buffer): boolean {
  for (const { name, start, end } of membersOf(result, 0)) {
    if (name === "isError" && result.toString("latin1", start, end) === "true") return true;
  }
  return false;
}
