type Paint = (text: string) => string;

/** Colours for what a person reads; none where the output is no terminal, or NO_COLOR is set (https://no-color.org). */
export function paint(output: {
  readonly isTTY?: boolean;
}): Readonly<Record<"green" | "red" | "yellow" | "dim" | "bold", Paint>> {
  const isOn = output.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
  const by =
    (code: number, end: number): Paint =>
    (text) =>
      isOn ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return { green: by(32, 39), red: by(31, 39), yellow: by(33, 39), dim: by(2, 22), bold: by(1, 22) };
}
