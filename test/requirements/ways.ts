import type { Way } from "./requirement.ts";

/** Says for a run of tests by what they connect: `clients-servers`. */
export const wayVariable = "TUTTI_CONTRACT_WAY";

/** By what the tests of this run connect. */
export const way: Way = readWay(process.env[wayVariable] ?? "stdio-stdio");

/** How the suite runs over a way other than lines on both sides. */
export type ContractRun = {
  /** `clients-servers` */
  readonly name: string;
  /** Whether it runs only where everything is asked for: `TUTTI_CONTRACT=all`. */
  readonly isExtra: boolean;
};

/** Files of the suite: where tests connect by `open` or `connected`. */
export const contractFiles = [
  "test/relay/contract/*.test.ts",
  "test/relay/says.test.ts",
  "test/relay/examples.test.ts",
  "test/relay/examples-told.test.ts",
];

/** Over each of these the whole suite runs beside that over lines. One takes 15 to 35 s on two cores. */
export const contractRuns: readonly ContractRun[] = [
  { name: "stdio-http", isExtra: false },
  { name: "http-stdio", isExtra: false },
  { name: "http-http", isExtra: false },
  { name: "stdio-sse", isExtra: false },
  { name: "http-sse", isExtra: true },
];

/** Requirements whose tests do not connect by `open`, so that no way changes them, and why. */
export const withoutWay: Readonly<Record<string, string>> = {
  "era.remembered": "it is about a file, and a link of each kind is opened by the same hands",
  "era.forgotten": "as for era.remembered",
  "same-as-direct": "it starts real programs: test/e2e, where http-cells.test.ts does so over HTTP",
};

/** A way by its name. */
export function readWay(text: string): Way {
  const [, clients, servers] = /^(stdio|http)-(stdio|http|sse)$/.exec(text) ?? [];
  if (clients === undefined || servers === undefined) throw new Error(`${wayVariable}: ${text} is no way`);
  return { clients, servers } as Way;
}
