// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import { endOfValue, skipSpace } from "../wire/walk.ts";
import { type BadPath, readPath } from "./paths.ts";
import { readTemplate, type Template } from "./templates.ts";

/** An object whose only key is `$from` or `$template`, and where it stands. */
export type Reference = {
  readonly start: number;
  readonly end: number;
  /** Whether a text comes in its place, made of `parts`; else the one path's value does, whatever it is. */
  readonly isTemplate: boolean;
  readonly parts: Template;
};

type Word = "$from" | "$template";

/** Longer ones, however they are written, are neither word. */
const longestWord = 64;

const quote = 0x22;
const dollar = 0x24;
const comma = 0x2c;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * The references in `args`, in order, or what is wrong with the first bad one, which is the last thing given. One pass,
 * linear, without recursion.
 */
export function referencesOf(args: Buffer): Iterable<Reference | BadPath> {
  return mayHoldReferences(args) ? scan(args) : [];
}

/** Whether there is anything with which one could be written; in most arguments there is not. */
export function mayHoldReferences(json: Buffer): boolean {
  return json.includes(dollar) || json.includes(backslash);
}

function* scan(args: Buffer): Generator<Reference | BadPath> {
  // For each open object or array: what it is a reference by where no second member comes.
  const open: (Word | undefined)[] = [];
  let at = 0;
  while (at < args.length) {
    switch (args[at]) {
      case quote:
        at = endOfValue(args, at);
        break;
      case openBrace: {
        const word = wordAt(args, skipSpace(args, at + 1));
        const reference = word === undefined ? undefined : referenceAt(args, at, word);
        if (reference !== undefined) {
          yield reference;
          if ("problem" in reference) return;
          at = reference.end;
          break;
        }
        open.push(word);
        at++;
        break;
      }
      case openBracket:
        open.push(undefined);
        at++;
        break;
      case comma:
        open[open.length - 1] = undefined;
        at++;
        break;
      case closeBrace:
      case closeBracket: {
        const word = open.pop();
        at++;
        if (word === undefined) break;
        yield { problem: noText(word) };
        return;
      }
      default:
        at++;
    }
  }
}

/** The word that the name at `at` is, however it is written. */
function wordAt(args: Buffer, at: number): Word | undefined {
  if (args[at] !== quote) return undefined;
  // What begins with neither is most of all names.
  if (args[at + 1] !== dollar && args[at + 1] !== backslash) return undefined;
  const end = endOfValue(args, at);
  if (end - at > longestWord) return undefined;
  const name: unknown = JSON.parse(args.toString("utf8", at, end));
  return name === "$from" || name === "$template" ? name : undefined;
}

/**
 * The reference by `word` that the object at `start` is; undefined where it is none, or where its value is no text. Where
 * the word is given twice, the last one counts, as in `JSON.parse`.
 */
function referenceAt(args: Buffer, start: number, word: Word): Reference | BadPath | undefined {
  let at = skipSpace(args, start + 1);
  while (true) {
    const value = skipSpace(args, skipSpace(args, endOfValue(args, at)) + 1);
    if (args[value] !== quote) return undefined;
    const valueEnd = endOfValue(args, value);
    const next = skipSpace(args, valueEnd);
    if (args[next] === closeBrace) {
      const text = JSON.parse(args.toString("utf8", value, valueEnd)) as string;
      const isTemplate = word === "$template";
      const read = isTemplate ? readTemplate(text) : readPath(text);
      if ("problem" in read) return read;
      return { start, end: next + 1, isTemplate, parts: "steps" in read ? [read] : read };
    }
    at = skipSpace(args, next + 1);
    if (wordAt(args, at) !== word) return undefined;
  }
}

function noText(word: Word): string {
  const example = word === "$from" ? '{"$from":"a.items[0].id"}' : '{"$template":"Issue ${a.number}"}';
  return `what "${word}" has must be text, as in ${example}`;
}
