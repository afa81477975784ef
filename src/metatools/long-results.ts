import { encodeString, toBytes } from "../wire/message.ts";
import { elementsOf, type Member, membersOf } from "../wire/walk.ts";
import { bytesPerToken, shorten } from "./budget.ts";
import { compact } from "./compact.ts";
import type { Handles } from "./handles.ts";
import { valueOfResult } from "./values.ts";

/** How the address of a kept result begins. */
const scheme = "tutti-result:";

/** Beside the value itself: what is said of it, and the link. */
const aroundBytes = 400;

/** Bounds on the results of any tool: what is longer is given in part, and kept whole for who reads the rest. */
export type LongResults = {
  /** What stands for a result (JSON) that is too long; undefined where it may pass as it is. `owner`: who gets it. */
  readonly shorten: (result: Buffer, owner: object) => Buffer | undefined;
  /** The result of reading the address of a kept one, for `owner`; undefined where it is no such address. */
  readonly read: (uri: string, owner: object) => { readonly result: Buffer } | { readonly problem: string } | undefined;
};

/** `maxTokens`: of a result, reckoned by its bytes. */
export function longResults(handles: Handles, maxTokens: number): LongResults {
  const most = maxTokens * bytesPerToken;
  return {
    shorten: (result, owner) => (result.length <= most ? undefined : shortened(result, most, owner, handles)),
    read: (uri, owner) => {
      if (!uri.startsWith(scheme)) return undefined;
      const handle = uri.slice(scheme.length);
      const value = handles.value(owner, handle);
      if (value === undefined) return { problem: handles.missing(handle) };
      const text = toBytes(JSON.stringify(value.toString()));
      const contents = `[{"uri":${encodeString(uri)},"mimeType":"application/json","text":${text}}]`;
      return { result: Buffer.from(`{"contents":${contents}}`, "latin1") };
    },
  };
}

function shortened(result: Buffer, most: number, owner: object, handles: Handles): Buffer | undefined {
  const members = [...membersOf(result, 0)];
  const content = members.findLast(({ name }) => name === "content");
  const others = content === undefined ? [] : notText(result, content);
  const room = Math.max(most - sum(others.map(({ length }) => length)) - aroundBytes, aroundBytes);
  const value = compact(valueOfResult(result));
  // What is long about it is no text: an image cannot be cut.
  if (value.length <= room) return undefined;
  const handle = handles.keep(owner, value);
  if (handle === undefined) return undefined;
  const isStructured = members.some(({ name }) => name === "structuredContent");
  // A tool that promises structured results gives them: then they are there twice.
  const { value: part, cuts } = shorten(value, isStructured ? room / 2 : room);
  const { shown, of } = cuts[0] ?? { shown: 0, of: 0 };
  const told = `{"result":${part.toString()},"truncated":{"shown":${shown},"of":${of},"result_id":"${handle}"}}`;
  const link = `{"type":"resource_link","uri":"${scheme}${handle}","name":"The whole result","mimeType":"application/json"}`;
  const blocks = [`{"type":"text","text":${toBytes(JSON.stringify(told))}}`, ...others, link];
  const kept = members.filter(({ name }) => name !== "content" && name !== "structuredContent");
  const all = [
    `"content":[${blocks.join(",")}]`,
    ...(isStructured ? [`"structuredContent":${part.toString("latin1")}`] : []),
    ...kept.map(({ nameStart, end }) => result.toString("latin1", nameStart, end)),
  ];
  return Buffer.from(`{${all.join(",")}}`, "latin1");
}

/** The content that is no text, as it stands. */
function notText(result: Buffer, { start }: Member): readonly string[] {
  if (result[start] !== 0x5b) return [];
  return [...elementsOf(result, start)]
    .filter(({ start: at }) => typeOf(result, at) !== '"text"')
    .map((element) => result.toString("latin1", element.start, element.end));
}

function typeOf(result: Buffer, at: number): string | undefined {
  if (result[at] !== 0x7b) return undefined;
  const type = [...membersOf(result, at)].findLast(({ name }) => name === "type");
  return type && result.toString("latin1", type.start, type.end);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}
