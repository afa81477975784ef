import { nearest } from "../config/nearest.ts";
import { afterComma, skipSpace } from "../wire/walk.ts";
import { onOneLine } from "./compact.ts";
import { findMembers, nameOf } from "./find-members.ts";
import type { Path } from "./paths.ts";
import { BadPlan, idIn, readCall, shown, unpacked, type WrittenCall } from "./planned-call.ts";
import { mayHoldReferences } from "./scan-references.ts";

/** Calls, in the order in which they were written. */
export type Plan = { readonly calls: readonly PlannedCall[] };

export type PlannedCall = {
  readonly id: string;
  /** Of the tool, as it was written: `resolveToolName` knows which it is. */
  readonly name: string;
  /** An object on one line, with its references. */
  readonly args: Buffer;
  readonly hasReferences: boolean;
  /** Ids of calls that must succeed first, as written, each once. */
  readonly after: readonly string[];
  /** An array: the call is made once for each element, which its references call `item`. */
  readonly each: Path | undefined;
  /** Paths in the call's value; empty: only the status is wanted; undefined: all of it. */
  readonly pick: readonly Path[] | undefined;
  /** Ids of all calls it waits for: those of `after` and those that its references and `each` use. */
  readonly needs: ReadonlySet<string>;
  /** The handles of earlier results that it uses. */
  readonly handles: ReadonlySet<string>;
};

export const mostCalls = 32;
/** In the whole plan. Each costs a walk through the value that it refers to. */
const mostReferences = 512;
const mostIdsShown = 10;

/** What an element of the array at `each` is called. */
export const itemRoot = "item";
/** With what handles of results begin. */
export const handlePrefix = "r_";

const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const topNames = ["calls", "name", "tool"].map(nameOf);
const nobody: ReadonlySet<string> = new Set();
const example = '{"calls":[{"id":"a","name":"…","arguments":{…}}]}';

/**
 * What a model has planned, in any of the ways in which models write it; or the one thing that is wrong with it, in a
 * sentence that names the call and the cure. Then nothing may be run. Whether there are such tools is not asked here: a
 * wrong one fails its own call alone.
 */
export function readPlan(args: Buffer): Plan | { readonly problem: string } {
  try {
    // What is sent to servers must be on one line.
    return { calls: planned(callsIn(onOneLine(args), mayHoldReferences(args))) };
  } catch (error) {
    if (error instanceof BadPlan) return { problem: error.message };
    throw error;
  }
}

/** The calls: a list of objects, one alone, or either as text. */
function callsIn(args: Buffer, mayRefer: boolean): readonly WrittenCall[] {
  const start = skipSpace(args, 0);
  if (args[start] === openBracket) return listed(args, start, mayRefer);
  if (args[start] !== openBrace) throw new BadPlan(`the arguments must be an object: ${example}`);
  const [list, ...ofCall] = findMembers(args, start, topNames);
  if (list === undefined) {
    if (ofCall.some((member) => member !== undefined)) return [callAt(args, start, 0, mayRefer)];
    throw new BadPlan(`"calls" is missing: ${example}`);
  }
  if (args[list.start] === openBracket) return listed(args, list.start, mayRefer);
  const calls = unpacked(args.subarray(list.start, list.end));
  if (calls[0] === openBracket) return listed(calls, 0, mayRefer);
  if (calls[0] === openBrace) return [callAt(calls, 0, 0, mayRefer)];
  throw new BadPlan(`"calls" must be a list: ${example}`);
}

function listed(text: Buffer, at: number, mayRefer: boolean): readonly WrittenCall[] {
  const calls: WrittenCall[] = [];
  let start = skipSpace(text, at + 1);
  while (text[start] !== closeBracket) {
    if (calls.length === mostCalls) {
      throw new BadPlan(`"calls" has more than ${mostCalls} calls: send the others in another request`);
    }
    const call = callAt(text, start, calls.length, mayRefer);
    calls.push(call);
    start = afterComma(text, call.end);
  }
  if (calls.length === 0) throw new BadPlan(`"calls" is empty: ${example}`);
  return calls;
}

function callAt(text: Buffer, start: number, index: number, mayRefer: boolean): WrittenCall {
  try {
    return readCall(text, start, mayRefer);
  } catch (error) {
    throw inCall(error, index, () => idIn(text, start));
  }
}

function planned(calls: readonly WrittenCall[]): readonly PlannedCall[] {
  const ids = idsOf(calls);
  const references = calls.reduce((count, call) => count + call.references.length, 0);
  if (references > mostReferences) {
    throw new BadPlan(`the calls have more than ${mostReferences} references: refer to what holds several values`);
  }
  const plan = calls.map((call, index) => {
    const id = ids[index] as string;
    try {
      return connected(call, id, ids);
    } catch (error) {
      throw inCall(error, index, () => id);
    }
  });
  if (plan.some(({ needs }) => needs.size > 0)) refuseCycles(plan);
  return plan;
}

/** Each call's own id, or the next of c1, c2, … that nobody has. */
function idsOf(calls: readonly WrittenCall[]): readonly string[] {
  const given = new Map<string, number>();
  for (const [index, { id }] of calls.entries()) {
    if (id === undefined) continue;
    if (id === itemRoot)
      throw new BadPlan(`calls[${index}] has the id "${itemRoot}", which means an element of "each": use another`);
    const other = given.get(id);
    if (other !== undefined)
      throw new BadPlan(`calls[${other}] and calls[${index}] have the same id ${shown(id)}: give each its own`);
    given.set(id, index);
  }
  return calls.map(({ id }, index) => id ?? freeId(given, index));
}

function freeId(given: Map<string, number>, index: number): string {
  let number = index + 1;
  while (given.has(`c${number}`)) number++;
  given.set(`c${number}`, index);
  return `c${number}`;
}

/** The call with what it waits for. */
function connected(call: WrittenCall, id: string, ids: readonly string[]): PlannedCall {
  const { name, args, after, each, pick, references } = call;
  const hasReferences = references.length > 0;
  const alone = { id, name, args, hasReferences, after, each, pick, needs: nobody, handles: nobody };
  if (!hasReferences && after.length === 0 && each === undefined) return alone;
  const needs = new Set<string>();
  const handles = new Set<string>();
  for (const other of after) {
    if (!ids.includes(other)) throw new BadPlan(`"after" names ${unknownId(other, ids)}`);
    needs.add(other);
  }
  if (each?.root === itemRoot)
    throw new BadPlan(`"each" cannot begin with "${itemRoot}": write the path of an array, as in "a.items"`);
  for (const { root, text } of each === undefined ? references : [...references, each]) {
    if (ids.includes(root)) needs.add(root);
    else if (root === itemRoot) {
      if (each === undefined)
        throw new BadPlan(`${shown(text)} needs "each", the path of the array whose elements are "${itemRoot}"`);
    } else if (root.startsWith(handlePrefix)) handles.add(root);
    else throw new BadPlan(`the path ${shown(text)} begins with ${unknownId(root, ids)}`);
  }
  return { ...alone, needs, handles };
}

function unknownId(root: string, ids: readonly string[]): string {
  const near = nearest(root, ids);
  const others = ids.slice(0, mostIdsShown).map(shown).join(", ");
  const hint =
    near.length > 0
      ? `did you mean ${near.map(shown).join(" or ")}?`
      : `the ids are ${others}${ids.length > mostIdsShown ? ", …" : ""}`;
  return `${shown(root)}, which is the id of no call here; ${hint}`;
}

function refuseCycles(calls: readonly PlannedCall[]): void {
  const byId = new Map(calls.map((call) => [call.id, call]));
  const done = new Set<string>();
  const visit = (id: string, way: readonly string[]): void => {
    if (done.has(id)) return;
    if (way.includes(id)) {
      const circle = [...way.slice(way.indexOf(id)), id].map(shown);
      throw new BadPlan(
        circle.length === 2
          ? `the call ${circle[0]} waits for itself: refer to other calls only`
          : `calls wait for each other in a circle, ${circle.join(" → ")}: take one of these references out`,
      );
    }
    for (const need of byId.get(id)?.needs ?? []) visit(need, [...way, id]);
    done.add(id);
  };
  for (const { id } of calls) visit(id, []);
}

/** What cannot be understood, with the call that it is in. */
function inCall(error: unknown, index: number, id: () => string | undefined): unknown {
  if (!(error instanceof BadPlan)) return error;
  const known = id();
  return new BadPlan(`calls[${index}]${known === undefined ? "" : ` (${shown(known)})`}: ${error.message}`);
}
