import { membersOf } from "../wire/walk.ts";

/** What a name or a title of a field ends with that asks for a secret; what may stand behind it says nothing more. */
const secretWords =
  /(?:^| )(?:passwords?|passwd|pwd|passphrase|passcode|tokens?|secrets?|credentials?|(?:api|access|private|secret|auth)(?: ?)keys?)(?: (?:value|input|field|text|again|repeat|confirmation|required|optional|\d+))*$/;

/**
 * Why nobody may be asked this: a form with a field for a password, a token, a secret or a key. Undefined for all else.
 * https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#form-mode-elicitation-requests
 */
export function whyForbidden(method: string, params: Buffer): string | undefined {
  if (method !== "elicitation/create" || params[0] !== 0x7b) return undefined;
  const members = [...membersOf(params, 0)];
  for (const { name, start } of members) {
    if (name !== "requestedSchema" || params[start] !== 0x7b) continue;
    for (const properties of membersOf(params, start)) {
      if (properties.name !== "properties" || params[properties.start] !== 0x7b) continue;
      for (const field of membersOf(params, properties.start)) {
        if (!isSecret(field.name, params.subarray(field.start, field.end))) continue;
        const shown = JSON.stringify(field.name.slice(0, 60));
        return `a form must not ask for a secret, as its field ${shown} does; ask to open an address instead (mode "url")`;
      }
    }
  }
  return undefined;
}

/** The same of several questions. */
export function forbiddenAmong(
  questions: readonly { readonly method: string; readonly params: Buffer }[],
): string | undefined {
  return questions.map(({ method, params }) => whyForbidden(method, params)).find((why) => why !== undefined);
}

/** Only what a person would write in words: a number or a yes is no secret. */
function isSecret(name: string, schema: Buffer): boolean {
  if (schema[0] !== 0x7b) return secretWords.test(wordsOf(name));
  const texts = new Map<string, string>();
  for (const member of membersOf(schema, 0)) {
    if (schema[member.start] !== 0x22) continue;
    texts.set(member.name, JSON.parse(schema.toString("utf8", member.start, member.end)) as string);
  }
  if (texts.get("type") !== undefined && texts.get("type") !== "string") return false;
  return (
    texts.get("format") === "password" || [name, texts.get("title") ?? ""].some((one) => secretWords.test(wordsOf(one)))
  );
}

/** `apiKey2`, `API_KEY` and "API key (required):" as words in small letters. */
function wordsOf(text: string): string {
  return text
    .slice(0, 200)
    .normalize("NFKC")
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/\d+/g, " $& ")
    .replace(/[^a-z\d]+/g, " ")
    .trim();
}
