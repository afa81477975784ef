import { createHash } from "node:crypto";

/** What is kept in one file: a head, whatever JSON can say, and lines, none of which holds a newline. */
export type Kept = { readonly head: Readonly<Record<string, unknown>>; readonly lines: readonly Buffer[] };

/** Another form of what is kept gets another number. */
const format = 1;
const newline = 0x0a;

/** The whole file. `unseal` takes it only as it was written: what was cut, edited or is of another form is nothing. */
export function seal({ head, lines }: Kept): Buffer {
  const body = Buffer.concat(
    [Buffer.from(JSON.stringify(head)), ...lines].flatMap((line) => [line, Buffer.of(newline)]),
  );
  return Buffer.concat([Buffer.from(`tutti ${format} ${digest(body)}\n`), body]);
}

/** What was sealed; undefined where `bytes` are not what was. */
export function unseal(bytes: Buffer | undefined): Kept | undefined {
  if (bytes === undefined) return undefined;
  const [first, ...rest] = linesOf(bytes);
  if (first === undefined) return undefined;
  const body = bytes.subarray(first.length + 1);
  if (first.toString("latin1") !== `tutti ${format} ${digest(body)}`) return undefined;
  const [head, ...lines] = rest;
  return head && { head: JSON.parse(head.toString()) as Kept["head"], lines };
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
