/** How a line reports that something went wrong: an exception of some language, or a program's own word. */
const complaint =
  /\b\w*(?:Error|Exception)\b|\b(?:error|fatal|panic|cannot|can't|could not|failed|denied|refused|not found|no such)\b|\bERR!/i;

/** A line that only says that there is more to come. */
const heading =
  /^\s*(?:Traceback \(most recent|throw (?:new )?\w+|at |npm (?:error|ERR!) (?:code|syscall|path|dest|errno)\b)/;

/** What a program whose runtime ends it writes behind what went wrong. */
const signature = /^Node\.js v\d/;

/** Of the lines of a stderr the first that says what went wrong. */
export function firstComplaint(lines: readonly string[]): string | undefined {
  return lines.find((line) => complaint.test(line) && !heading.test(line))?.trim();
}

/** The same of the last lines of one that has ended: where none says so, the last one. */
export function lastWords(lines: readonly string[]): string | undefined {
  // Lines of code that a stack trace shows name errors too.
  const own = firstComplaint(lines.filter((line) => !/^\s/.test(line))) ?? firstComplaint(lines);
  return own ?? lines.findLast((line) => line.trim() !== "" && !signature.test(line))?.trim();
}
