/** Whether `pattern` matches the whole of `text`: `*` is any characters, `?` is one, everything else itself. Linear for one `*`, never worse than the product of both lengths. */
export function matches(pattern: string, text: string): boolean {
  let star = -1;
  let starText = 0;
  let p = 0;
  let t = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      starText = t;
    } else if (pattern[p] === "?" || (p < pattern.length && pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++starText;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
