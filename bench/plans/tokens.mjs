/** Tokens as the tokenizer o200k counts them; the run-time package has none. */
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

export const tokenizer = "o200k (gpt-tokenizer)";

/** @param {unknown} value text, or anything that is written as compact JSON */
export function tokensOf(value) {
  return countTokens(typeof value === "string" ? value : JSON.stringify(value));
}
