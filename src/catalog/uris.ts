/**
 * Addresses of tutti's own for the resources of its servers, and which URIs a template stands for. Templates and URIs
 * are other people's text: matching costs a bounded number of steps, whatever they are.
 */

const scheme = "tutti://";

/** `uri` as a resource of the server with `prefix`, whoever else has a resource of that URI. */
export function addressOf(prefix: string, uri: string): string {
  // Half a surrogate pair has no encoding.
  return `${scheme}${prefix}/${encodeURIComponent(uri.replace(/\p{Surrogate}/gu, "\ufffd"))}`;
}

/** What an address of tutti's own says; `uri` is undefined where it cannot be decoded. Undefined for all other texts. */
export function readAddress(text: string): { readonly prefix: string; readonly uri: string | undefined } | undefined {
  if (!text.startsWith(scheme)) return undefined;
  const slash = text.indexOf("/", scheme.length);
  if (slash === -1) return undefined;
  const prefix = text.slice(scheme.length, slash);
  try {
    return { prefix, uri: decodeURIComponent(text.slice(slash + 1)) };
  } catch {
    return { prefix, uri: undefined }; // A % that is no escape, or bytes that are no UTF-8.
  }
}

/**
 * Any number of characters other than `stop`, which may be "" for none; behind `lead` if that is not "", and then all of
 * it may be missing.
 */
type Run = { readonly lead: string; readonly stop: string };

/** A URI template that has been read (RFC 6570, all levels). */
export type Template = {
  readonly parts: readonly (string | Run)[];
  /** How many characters of it stand for themselves: the more, the fewer URIs it is meant for. */
  readonly literals: number;
};

const longestTemplate = 8192;
const mostRuns = 64;
const longestUri = 65_536;

const anything: Run = { lead: "", stop: "" };
const oneSegment: Run = { lead: "", stop: "/" };
const byOperator: ReadonlyMap<string, Run> = new Map([
  ["+", anything],
  ["#", { lead: "#", stop: "" }],
  [".", { lead: ".", stop: "/" }],
  ["/", { lead: "/", stop: "/" }],
  [";", { lead: ";", stop: "/" }],
  ["?", { lead: "?", stop: "#" }],
  ["&", { lead: "&", stop: "#" }],
]);
const segments: Run = { lead: "/", stop: "" };

/** Undefined for what is no template, or too long or too manifold to be one that somebody wrote. */
export function readTemplate(text: string): Template | undefined {
  if (text.length > longestTemplate) return undefined;
  const parts: (string | Run)[] = [];
  let [literals, runs, at] = [0, 0, 0];
  while (at < text.length) {
    const brace = text.indexOf("{", at);
    const end = brace === -1 ? text.length : brace;
    if (end > at) parts.push(text.slice(at, end));
    literals += end - at;
    if (brace === -1) break;
    const close = text.indexOf("}", brace);
    const run = close === -1 ? undefined : runOf(text.slice(brace + 1, close));
    if (run === undefined || ++runs > mostRuns) return undefined;
    parts.push(run);
    at = close + 1;
  }
  return { parts, literals };
}

/** What the expression can become. The names in it do not matter, nor that most characters should be encoded. */
function runOf(expression: string): Run | undefined {
  const run = byOperator.get(expression.charAt(0));
  const names = run === undefined ? expression : expression.slice(1);
  if (names === "" || names.includes("{")) return undefined;
  return expression.startsWith("/") && /[,*]/.test(names) ? segments : (run ?? oneSegment);
}

/** How much work may still be done; whoever runs out of it matches nothing more. */
export type Effort = { steps: number };

/** Whether `uri` is one that `template` stands for. Costs at most as many of the steps left as their lengths' product. */
export function stands({ parts }: Template, uri: string, effort: Effort): boolean {
  effort.steps--;
  const [first, last] = [parts[0], parts.at(-1)];
  if (uri.length > longestUri || effort.steps < 0) return false;
  if (typeof first === "string" && !uri.startsWith(first)) return false;
  if (typeof last === "string" && !uri.endsWith(last)) return false;
  // Where what has been matched so far may end: 1 at each such offset.
  let ends = new Uint8Array(uri.length + 1);
  ends[0] = 1;
  for (const part of parts) {
    effort.steps -= ends.length;
    if (effort.steps < 0) return false;
    ends = typeof part === "string" ? afterText(part, uri, ends, effort) : afterRun(part, uri, ends);
  }
  return ends[uri.length] === 1;
}

function afterText(text: string, uri: string, ends: Uint8Array, effort: Effort): Uint8Array<ArrayBuffer> {
  const after = new Uint8Array(ends.length);
  for (let at = ends.indexOf(1); at !== -1 && at + text.length <= uri.length; at = ends.indexOf(1, at + 1)) {
    if (uri.charCodeAt(at) !== text.charCodeAt(0)) continue;
    effort.steps -= text.length;
    if (effort.steps < 0) return after;
    if (uri.startsWith(text, at)) after[at + text.length] = 1;
  }
  return after;
}

function afterRun({ lead, stop }: Run, uri: string, ends: Uint8Array): Uint8Array<ArrayBuffer> {
  const after = new Uint8Array(ends);
  const [leadCode, stopCode] = [lead.charCodeAt(0), stop.charCodeAt(0)];
  let isOpen = false;
  for (let at = 0; at < uri.length; at++) {
    const code = uri.charCodeAt(at);
    const begins = lead === "" ? code !== stopCode : code === leadCode;
    isOpen = (isOpen && code !== stopCode) || (begins && ends[at] === 1);
    if (isOpen) after[at + 1] = 1;
  }
  return after;
}
