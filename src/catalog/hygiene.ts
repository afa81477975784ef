import { type Edit, encodeString, spliced } from "../wire/message.ts";
import { endOfValue, skipSpace, stringAt } from "../wire/walk.ts";
import { type Definition, type Kind, kinds, type Offer, type OfferedList, shown } from "./definition.ts";

/**
 * Characters that nobody sees and a model reads: controls but for tabs and line ends, line separators, bidi controls,
 * zero-width and tag characters, runs of variation selectors. Joiners are none where scripts and emoji need them.
 */
const hidden =
  /(?![\t\n\r])\p{Cc}|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u{e0000}-\u{e007f}]|(?<!\p{Extended_Pictographic}|[\ufe0f\u{1f3fb}-\u{1f3ff}]|(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\p{L}\p{M}])[\u200c\u200d]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2,}/gu;

/** What a JSON text without any of them has none of: bytes beyond ASCII, DEL, and escapes for what is not seen. */
const suspicious = /[\x7f-\xff]|\\[ubf]/;

/** What is written for people and models to read, at any depth. */
const texts: ReadonlySet<string> = new Set(["description", "title"]);

/** More kinds of characters are not named. */
const mostNamed = 5;

type Hygiene = "flag" | "strip";

/** What a list is once its hidden characters were looked for, and what is to be said of it, a sentence each. */
type Cleaned = { readonly list: OfferedList; readonly said: readonly string[] };

/** Looks for hidden characters in what servers offer; each list once. */
export class Cleaner {
  readonly #hygiene: Hygiene;
  readonly #known = new WeakMap<OfferedList, Cleaned>();

  constructor(hygiene: Hygiene) {
    this.#hygiene = hygiene;
  }

  /** The offer as clients get it, and what is to be said of those of its lists that are new. */
  clean(offer: Offer): { readonly offer: Offer; readonly said: readonly string[] } {
    const all = (Object.keys(kinds) as Kind[]).map((kind) => [kind, this.#cleaned(kind, offer[kind])] as const);
    const said = all.flatMap(([, one]) => one.said);
    if (all.every(([kind, { list }]) => list === offer[kind])) return { offer, said };
    return { offer: Object.fromEntries(all.map(([kind, { list }]) => [kind, list])) as Offer, said };
  }

  /** The same of a text: what a server says of itself. */
  cleanText(text: string | undefined): string | undefined {
    return this.#hygiene === "strip" ? text?.replace(hidden, "") : text;
  }

  #cleaned(kind: Kind, list: OfferedList): Cleaned {
    const known = this.#known.get(list);
    if (known !== undefined) return { ...known, said: [] };
    const said: string[] = [];
    let isOther = false;
    const definitions = list.definitions.map((definition): Definition => {
      const found = hiddenIn(definition.bytes);
      if (found.size === 0) return definition;
      const isStripped = this.#hygiene === "strip";
      const taken = isStripped ? '; they are taken out of its titles and descriptions ("hygiene": "strip")' : "";
      said.push(
        `${kinds[kind].one} ${shown(definition.key)} holds characters that nobody sees: ${named(found)}${taken}`,
      );
      isOther ||= isStripped;
      return isStripped ? { ...definition, bytes: stripped(definition.bytes) } : definition;
    });
    const cleaned = { list: isOther ? { ...list, definitions } : list, said };
    this.#known.set(list, cleaned);
    return cleaned;
  }
}

function hiddenIn(bytes: Buffer): ReadonlySet<string> {
  const found = new Set<string>();
  if (!suspicious.test(bytes.toString("latin1"))) return found;
  for (const { start, end } of stringsIn(bytes)) {
    for (const [run] of stringAt(bytes, start, end).matchAll(hidden)) for (const one of run) found.add(one);
  }
  return found;
}

function stripped(bytes: Buffer): Buffer {
  const edits: Edit[] = [];
  for (const { start, end, name } of stringsIn(bytes)) {
    if (name === undefined || !texts.has(name)) continue;
    const text = stringAt(bytes, start, end);
    const clean = text.replace(hidden, "");
    if (clean !== text) edits.push({ start, end, bytes: encodeString(clean) });
  }
  return edits.length === 0 ? bytes : Buffer.from(spliced(bytes, edits), "latin1");
}

/** All strings of a JSON text, in order; `name`: that of the member whose value it is. Linear in the text. */
function* stringsIn(bytes: Buffer): Generator<{ start: number; end: number; name: string | undefined }> {
  let name: string | undefined;
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== 0x22) {
      if (bytes[at] !== 0x3a && skipSpace(bytes, at) === at) name = undefined;
      at++;
      continue;
    }
    const end = endOfValue(bytes, at);
    const isName = bytes[skipSpace(bytes, end)] === 0x3a;
    yield { start: at, end, name: isName ? undefined : name };
    name = isName ? stringAt(bytes, at, end) : undefined;
    at = end;
  }
}

function named(found: ReadonlySet<string>): string {
  const names = [...found].map((one) => `U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`);
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  return `${names.slice(0, mostNamed).join(", ")}${more}`;
}
