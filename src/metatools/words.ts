/** What a text is looked up by: words in small letters, without endings, in their order, at most `most` of them. */
export function wordsOf(text: string, most: number): string[] {
  const words: string[] = [];
  for (const [run] of apart(text.slice(0, most * longestWord)).matchAll(wordPattern)) {
    for (const word of unspaced.test(run) ? pairsOf(run) : [stemOf(run.toLowerCase())]) {
      if (words.length === most) return words;
      words.push(word);
    }
  }
  return words;
}

/** The words that say something; all of them where none does. */
export function telling(words: readonly string[]): readonly string[] {
  const left = words.filter((word) => !stopWords.has(word));
  return left.length > 0 ? left : words;
}

const wordPattern = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+|[\p{L}\p{N}\p{M}]+/gu;
/** Scripts that put no spaces between words: two characters at a time stand for them. */
const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
/** Longer ones are no words. */
const longestWord = 40;
const shortestStem = 3;

function apart(text: string): string {
  return text.replace(/(\p{Ll}|\p{N})(?=\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})/gu, "$&_").replaceAll("_", " ");
}

function pairsOf(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

/** The word without the endings of plurals, participles and nouns made of verbs: `queries`, `creating` and `creation` become `query`, `creat`, `creat`. */
function stemOf(word: string): string {
  if (word.length > longestWord) return word.slice(0, longestWord);
  const singular = withoutPlural(word);
  const verb = withoutEnding(singular);
  return verb.length > shortestStem && verb.endsWith("e") ? verb.slice(0, -1) : verb;
}

function withoutPlural(word: string): string {
  if (word.length <= shortestStem || !word.endsWith("s") || /(?:ss|us|is)$/.test(word)) return word;
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  return /(?:s|x|z|ch|sh)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

function withoutEnding(word: string): string {
  const found = /^(.*[aeiouy].*)(?:ing|ed)$/.exec(word) ?? /^(.*[aeiouy].*[st])ion$/.exec(word);
  const stem = found?.[1];
  if (stem === undefined || stem.length < shortestStem) return word;
  return /([bdfgmnprt])\1$/.test(stem) ? stem.slice(0, -1) : stem;
}

/** As they are without their endings. */
const stopWords: ReadonlySet<string> = new Set(
  wordsOf(
    `a about above after again all also am an and any are as at be been before being below between both but by can could
    did do does doing down during each few for from further had has have having he her here hers him his how i if in into
    is it its itself just let like me more most my need no nor not now of off on once only or other our out over own
    please same she should so some such than that the their them then there these they this those through to too tool
    under until up us very want was we were what when where which while who whom why will with would you your`,
    Number.POSITIVE_INFINITY,
  ),
);
