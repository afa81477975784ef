/**
 * The members of a JSON object, each as it stands in the text, outer blanks apart. Nothing is parsed and written again,
 * so what differs in a byte differs here. The text must be valid JSON; a name that comes twice counts with its last value.
 */
export function membersOf(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  const body = text.trim().slice(1, -1);
  for (const member of splitAt(body, ",")) {
    const [name = "", ...value] = splitAt(member, ":");
    if (name.trim() !== "") members.set(JSON.parse(name) as string, value.join(":").trim());
  }
  return members;
}

/** The items of a JSON array, each as it stands in the text. */
export function itemsOf(text: string): readonly string[] {
  return splitAt(text.trim().slice(1, -1), ",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));
}

/** Splits where the character stands outside strings, objects and arrays. */
function splitAt(text: string, mark: "," | ":"): string[] {
  const parts: string[] = [];
  let [from, depth, isInString] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isInString) {
      if (character === "\\") at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === mark && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
