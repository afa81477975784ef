/** Client era × server era: L up to 2025-11-25, M from 2026-07-28; the client's first. */
export type Cell = "LL" | "LM" | "ML" | "MM";

export const allCells: readonly Cell[] = ["LL", "LM", "ML", "MM"];

export type Requirement = {
  /** One sentence on what is seen from outside. */
  readonly behaviour: string;
  /** Where it is demanded: a page of the specification, or a row of the bridging table of protocol.md §11. */
  readonly link: string;
  /** The cells it is to be shown in; none where eras do not come into it, or only those of one side. */
  readonly cells: readonly Cell[];
};

/** One requirement; `cells` as words: "LL ML", "all" or "none". */
export function need(cells: string, link: string, behaviour: string): Requirement {
  const named = cells.split(" ");
  const those = cells === "all" ? allCells : allCells.filter((cell) => named.includes(cell));
  return { behaviour, link, cells: those };
}

/** A page of the newer era's specification. */
export function modern(page: string): string {
  return `https://modelcontextprotocol.io/specification/2026-07-28/${page}`;
}

/** A page of the last specification of the older era. */
export function legacy(page: string): string {
  return `https://modelcontextprotocol.io/specification/2025-11-25/${page}`;
}

/** A row of the bridging table. */
export function table(row: string): string {
  return `protocol.md §11: ${row}`;
}
