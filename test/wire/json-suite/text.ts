/**
 * The published cases of JSONTestSuite (https://github.com/nst/JSONTestSuite, test_parsing at 1ef36fa, MIT licence,
 * Nicolas Seriot), by name. A string stands for its UTF-8.
 */
export type Texts = Readonly<Record<string, string | Buffer>>;

/** The bytes that `hex` names: for texts that are not UTF-8. */
export function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}
