/** Client era × server era: L up to 2025-11-25, M from 2026-07-28; the client's first. */
export type Cell = "LL" | "LM" | "ML" | "MM";

export const allCells: readonly Cell[] = ["LL", "LM", "ML", "MM"];

/** By what clients reach tutti, and tutti its servers. `sse`: as before Streamable HTTP, which only the older era has. */
export type Way = { readonly clients: "stdio" | "http"; readonly servers: "stdio" | "http" | "sse" };

/** One side of the way on which something cannot be shown. */
export type Side = `clients over ${Way["clients"]}` | `servers over ${Way["servers"]}`;

/** Where a requirement makes no sense or is not met, and why; its tests must fail there. */
export type Exception = {
  readonly side: Side;
  /** None where the requirement has none. */
  readonly cells: readonly Cell[];
  readonly reason: string;
};

export type Requirement = {
  /** One sentence on what is seen from outside. */
  readonly behaviour: string;
  /** Where it is demanded: a page of the specification, or a row of the bridging table of protocol.md §11. */
  readonly link: string;
  /** The cells it is to be shown in; none where eras do not come into it, or only those of one side. */
  readonly cells: readonly Cell[];
  readonly exceptions: readonly Exception[];
};

/** One requirement; `cells` as words: "LL ML", "all" or "none". */
export function need(cells: string, link: string, behaviour: string, ...exceptions: readonly Exception[]): Requirement {
  return { behaviour, link, cells: cellsIn(cells), exceptions };
}

/** Where its tests fail, in which of its cells, as words, and why that has to be so. */
export function except(side: Side, cells: string, reason: string): Exception {
  return { side, cells: cellsIn(cells), reason };
}

/** Whether a requirement is not to be shown on this way in this cell; `cell` is undefined where it has none. */
export function isExcepted({ exceptions }: Requirement, { clients, servers }: Way, cell: Cell | undefined): boolean {
  return exceptions.some(
    ({ side, cells }) =>
      (side === `clients over ${clients}` || side === `servers over ${servers}`) &&
      (cell === undefined || cells.includes(cell)),
  );
}

/** Whether the eras of a cell have this way at all. */
export function hasWay(cell: Cell, { servers }: Way): boolean {
  return servers !== "sse" || cell[1] === "L";
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

function cellsIn(words: string): readonly Cell[] {
  const named = words.split(" ");
  return words === "all" ? allCells : allCells.filter((cell) => named.includes(cell));
}
