// mutator.mjs: makes inputs from a corpus by changes that tend to find something.

const tokens = [
  "{",
  "}",
  "[",
  "]",
  '"',
  ":",
  ",",
  "\\",
  "\\u",
  "\\ud800",
  "\n",
  "\r",
  "\r\n",
  "\r\n\r\n",
  " ",
  "\t",
  "\0",
  "0",
  "-",
  "1e999",
  "-0",
  "true",
  "null",
  '"id"',
  '"jsonrpc"',
  '"2.0"',
  '"method"',
  '"params"',
  '"result"',
  '"error"',
  '"_meta"',
  '"progressToken"',
  '"__proto__"',
  "data: ",
  "data:",
  "id: ",
  "retry: ",
  "event: ",
  ":",
  "\uFEFF",
  "\u2028",
  "é",
  "😀",
  "9007199254740993",
  "[[[[[[[[",
  '{"a":',
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: evil\r\n",
  "0\r\n\r\n",
  "ffffffff\r\n",
  "HTTP/1.1 ",
  "HTTP/1.0 ",
].map((text) => Buffer.from(text));
const odd = [0x00, 0x0a, 0x0d, 0x20, 0x22, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xbf, 0xc0, 0xe2, 0xed, 0xef, 0xf4, 0xff];
const longest = 4096;

/** Gives another input each time it is called. */
export function mutator(corpus, random) {
  const below = (limit) => Math.floor(random() * limit);
  const pick = (all) => all[below(all.length)];
  const range = (bytes) => {
    const from = below(bytes.length + 1);
    return [from, Math.min(bytes.length, from + 1 + below(random() < 0.8 ? 8 : 200))];
  };
  const join = (...parts) => Buffer.concat(parts);
  const changes = [
    (bytes) => put(bytes, below(bytes.length), (byte) => byte ^ (1 << below(8))),
    (bytes) => put(bytes, below(bytes.length), () => pick(odd)),
    (bytes) => put(bytes, below(bytes.length), () => below(256)),
    (bytes, [from, to] = range(bytes)) => join(bytes.subarray(0, from), bytes.subarray(to)),
    (bytes, [from, to] = range(bytes)) => join(bytes.subarray(0, to), bytes.subarray(from)),
    (bytes, [from] = range(bytes)) => join(bytes.subarray(0, from), pick(tokens), bytes.subarray(from)),
    (bytes, [from, to] = range(bytes)) => join(bytes.subarray(0, from), pick(tokens), bytes.subarray(to)),
    (bytes, [from] = range(bytes)) => bytes.subarray(0, from),
    (bytes, [from] = range(bytes)) => {
      const other = pick(corpus);
      return join(bytes.subarray(0, from), other.subarray(below(other.length + 1)));
    },
    (bytes, [from, to] = range(bytes)) => {
      const [to2, other] = [below(bytes.length + 1), bytes.subarray(from, to)];
      return join(bytes.subarray(0, to2), other, bytes.subarray(to2));
    },
  ];
  return () => {
    let bytes = pick(corpus);
    for (let left = 1 + below(random() < 0.7 ? 3 : 12); left > 0; left--)
      bytes = pick(changes)(bytes).subarray(0, longest);
    return bytes;
  };
}

function put(bytes, at, change) {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  copy[at] = change(copy[at]);
  return copy;
}
