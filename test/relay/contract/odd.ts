/** Members that nobody knows, written as no serializer would, and with values that none would keep. */
export const odd =
  '"odd/ities":{"a":1.0,"b":-0,"c":12345678901234567890,"d": "\\u0041é😀","d":[1e400,{}],"__proto__":{"x":null}}';
