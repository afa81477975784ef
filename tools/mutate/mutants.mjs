// mutants.mjs: the changes that can be made to a file, one at a time.

/** What stands where → what is put there instead. Looked for in code alone, without comments and the inside of texts. */
const swaps = [
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ < /g, " <= "],
  [/ <= /g, " < "],
  [/ > /g, " >= "],
  [/ >= /g, " > "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \?\? /g, " && "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/\+\+/g, "--"],
  [/ \+= /g, " -= "],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/\bif \(/g, "if (!("],
];
const number = /(?<![\w.$#])(?:0x[\da-f]+|\d[\d_]*)(?![\w.])/g;
/** A whole statement in a line that does something. */
const statement =
  /^( *)(?!return|const|let|import|export|type|readonly|throw|break|continue|case|static|declare)[\w.#[\]]+(?:\(.*\)| [-+|&]?= .*|\+\+|--);$/gm;
const returned = /\breturn (?!undefined;)[^;{}\n]+;/g;
/** Types are gone when the code runs. */
const typeLine = /^\s*(?:export )?(?:type|import)\b|^\s*(?:readonly |\| |[#\w]+\??: [A-Z][\w<>[\] |]*[;,]$)/;

/** `{ file, text, line, what }` each: the whole text with the change, and where and what it is. */
export function mutantsOf(file, source) {
  const code = masked(source);
  const found = [];
  const add = (at, length, put, what) => {
    const line = source.slice(0, at).split("\n").length;
    const whole = source.split("\n")[line - 1];
    if (typeLine.test(whole) || isInType(code, at)) return;
    const text = source.slice(0, at) + put + source.slice(at + length);
    found.push({ file, text, line, what: `${what}: ${whole.trim().slice(0, 100)}` });
  };
  for (const [pattern, put] of swaps) {
    for (const { 0: match, index } of code.matchAll(pattern)) {
      if (put !== "if (!(") add(index, match.length, put, `${match.trim()} → ${put.trim()}`);
      else {
        const end = closing(code, index + match.length - 1);
        add(index, end + 1 - index, `${put}${source.slice(index + match.length, end)}))`, "the condition turned round");
      }
    }
  }
  for (const { 0: match, index } of code.matchAll(number)) {
    const value = Number(match.replaceAll("_", ""));
    add(index, match.length, String(value + 1), `${match} → ${value + 1}`);
  }
  for (const { 0: match, index } of code.matchAll(statement)) add(index, match.length, "", "left out");
  for (const { 0: match, index } of code.matchAll(returned))
    add(index, match.length, "return undefined;", "returns nothing");
  return found;
}

/** The same text with blanks for comments and for what stands in strings and patterns. */
function masked(source) {
  const pattern =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|(?<=[(,=:] ?)\/(?:[^/\\\n]|\\.)+\/[a-z]*/g;
  return source.replace(pattern, (match) => match.replace(/[^\n]/g, "_"));
}

/** Whether it stands in the declaration of a type. */
function isInType(code, at) {
  const start = code.lastIndexOf("\n}", at);
  const type = code.slice(start + 1, at).search(/^(?:export )?type \w+[^\n]*\{$/m);
  return type !== -1 && !code.slice(start + 1 + type, at).includes("\n};");
}

/** Where the bracket that opens at `at` closes. */
function closing(code, at) {
  let depth = 0;
  for (let end = at; end < code.length; end++) {
    if (code[end] === "(") depth++;
    else if (code[end] === ")" && --depth === 0) return end;
  }
  return code.length - 1;
}
