import type { Catalog } from "../catalog/catalog.ts";
import { readParamHeaders } from "../catalog/param-headers.ts";
import type { ParamHeader } from "../wire/header-value.ts";

type Headers = ReadonlyMap<string, readonly ParamHeader[]>;

/** Which arguments of a tool clients repeat in headers, by the name that they know it by; read once for each catalog. */
export function repeatedArguments(): (catalog: Catalog, tool: string) => readonly ParamHeader[] {
  const known = new WeakMap<Catalog, Headers>();
  return (catalog, tool) => {
    const headers = known.get(catalog) ?? headersIn(catalog);
    known.set(catalog, headers);
    return headers.get(tool) ?? [];
  };
}

function headersIn({ tools }: Catalog): Headers {
  const read = tools.map(({ exposed, bytes }) => [exposed, readParamHeaders(bytes)] as const);
  return new Map(read.flatMap(([name, headers]) => (typeof headers === "string" ? [] : [[name, headers] as const])));
}
