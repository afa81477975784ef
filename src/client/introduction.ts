/** Clients cut what is longer. In characters, as JavaScript counts them. */
export const longestInstructions = 2048;

/** What the names of all servers may take of it. */
const longestNames = 1000;

const longestName = 60;

/** How a client calls several tools: only with calls of their own, or with `call_tools` too; lazily, with tools that it looks for first. */
export type Calling = "apart" | "together" | "lazily apart" | "lazily together";

const purpose =
  "tutti puts several MCP servers behind one. The name of each tool and prompt begins with the name of its server. " +
  "Calls that do not need each other's results can be issued together: they run at once.";

const lazily = "The servers' tools are not listed: find them with search_tools, then call them with call_tool.";

const ways: Readonly<Record<Calling, string>> = {
  apart: "",
  together:
    " Use call_tools to chain calls that use each other's results in one request, or where tools can only be called one " +
    "at a time. Each of its calls has its own result or error.",
  "lazily apart": ` ${lazily}`,
  "lazily together": ` ${lazily} Several calls go into one request with call_tools; each has its own result or error.`,
};

/** `hasCallTools`: whether there is `call_tools`; `isLazy`: whether tools are looked for. */
export function callingOf(hasCallTools: boolean, isLazy: boolean): Calling {
  if (isLazy) return hasCallTools ? "lazily together" : "lazily apart";
  return hasCallTools ? "together" : "apart";
}

/** What handshakes tell the model of us and of the servers behind us; empty where none is known. */
export function introduce(servers: readonly string[], calling: Calling): string {
  if (servers.length === 0) return "";
  return `${purpose}${ways[calling]}\nServers: ${enumerate(servers.map(shownName), ", ", longestNames)}.`;
}

/** A server's name as it stands in a text. */
export function shownName(name: string): string {
  return shorten(oneLine(name), longestName);
}

/** As many of `items` as fit, and how many more there are. */
export function enumerate(items: readonly string[], separator: string, longest: number): string {
  const whole = items.join(separator);
  if (whole.length <= longest) return whole;
  let text = "";
  for (const [index, item] of items.entries()) {
    const more = `${separator}and ${items.length - index} more`;
    if (text.length + separator.length + item.length + more.length > longest) {
      return text === "" ? `${items.length} in all` : text + more;
    }
    text += text === "" ? item : separator + item;
  }
  return text;
}

/** `text` in one line: nothing in it can look like a line of ours. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}

/** At most `longest` characters of `text`, with a mark where it was cut. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Half of a surrogate pair is no character.
  return `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
