/** Whether a Content-Type is that of JSON in UTF-8: https://www.rfc-editor.org/rfc/rfc8259#section-11. */
export function isJson(contentType: string | undefined): boolean {
  const [type, ...parameters] = (contentType ?? "").toLowerCase().split(";");
  return type?.trim() === "application/json" && parameters.every(isHarmless);
}

/** Whether Accept, which may come in several lines, covers `type`. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
export function accepts(accept: readonly string[] | undefined, type: string): boolean {
  if (accept === undefined) return true;
  const [main] = type.split("/");
  const ranges = ["*/*", `${main}/*`, type];
  // The most exact one decides.
  let best = -1;
  let isAccepted = false;
  for (const entry of accept.join(",").toLowerCase().split(",")) {
    const [range = "", ...parameters] = entry.split(";").map((part) => part.trim());
    const exactness = ranges.indexOf(range);
    if (exactness === -1 || exactness < best) continue;
    best = exactness;
    isAccepted = !parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter));
  }
  return isAccepted;
}

/** A parameter that changes nothing: any but a charset that is not UTF-8. */
function isHarmless(parameter: string): boolean {
  const text = parameter.trim();
  if (text === "") return true;
  const [, name, quoted, plain] = /^([!#$%&'*+.^`|~\w-]+)=(?:"([^"\\]*)"|([!#$%&'*+.^`|~\w-]+))$/.exec(text) ?? [];
  if (name === undefined) return false;
  return name !== "charset" || ["utf-8", "utf8"].includes(quoted ?? plain ?? "");
}
