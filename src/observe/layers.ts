/** A text with some of its escapes undone. */
export type Layer = {
  readonly text: string;
  /** Where in the text as it came each character begins, and after the last one its end; undefined: where it is. */
  readonly at: Int32Array | undefined;
};

const jsonEscape = /\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|x([0-9a-f]{2})|(["\\/bfnrt]))/gi;
/** Whole characters of UTF-8. */
const urlEscape =
  /%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-4](?:%[89ab][0-9a-f]){3}/gi;
/** In forms a blank is a plus sign. */
const formEscape = new RegExp(`\\+|${urlEscape.source}`, "gi");

const short: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** JSON is quoted in JSON, and that in a URL or a log. */
const mostDepth = 3;

/**
 * The text as it came, and as it is without the escapes of JSON (and of harmless texts), of URLs and of forms, one within
 * the other. Linear in the text; one alone where there is no escape.
 */
export function* layersOf(text: string): Generator<Layer> {
  yield* within({ text, at: undefined }, 0);
}

function* within(layer: Layer, depth: number): Generator<Layer> {
  yield layer;
  if (depth === mostDepth) return;
  if (layer.text.includes("\\")) yield* within(undone(layer, jsonEscape, fromJson), depth + 1);
  if (layer.text.includes("%")) yield* within(undone(layer, urlEscape, fromUrl), depth + 1);
  if (layer.text.includes("+")) yield undone(layer, formEscape, fromUrl);
}

function undone({ text, at: before }: Layer, written: RegExp, plain: (found: RegExpMatchArray) => string): Layer {
  const at = new Int32Array(text.length + 1);
  const parts: string[] = [];
  let length = 0;
  let done = 0;
  const copy = (end: number): void => {
    parts.push(text.slice(done, end));
    for (let index = done; index < end; index++)
      at[length++] = before === undefined ? index : (before[index] as number);
  };
  for (const found of text.matchAll(written)) {
    copy(found.index);
    const character = plain(found);
    parts.push(character);
    const start = before === undefined ? found.index : (before[found.index] as number);
    for (let unit = 0; unit < character.length; unit++) at[length++] = start;
    done = found.index + found[0].length;
  }
  copy(text.length);
  at[length] = before === undefined ? text.length : (before[text.length] as number);
  return { text: parts.join(""), at };
}

function fromJson([, long, unit, byte, letter = ""]: RegExpMatchArray): string {
  const code = long ?? unit ?? byte;
  if (code === undefined) return short[letter.toLowerCase()] ?? letter;
  const point = Number.parseInt(code, 16);
  return point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
}

function fromUrl([found]: RegExpMatchArray): string {
  if (found === "+") return " ";
  try {
    return decodeURIComponent(found);
  } catch {
    return found; // No character of UTF-8 after all.
  }
}
