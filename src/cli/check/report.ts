import { harmless } from "../../process/harmless.ts";
import { paint } from "../paint.ts";
import { changeLines } from "../pin-lines.ts";
import { type Finding, grouped } from "./finding.ts";
import type { ProgressLine } from "./progress.ts";
import { described, type ServerReport } from "./server-report.ts";

/** All that check has found out. */
export type Report = {
  /** Its version. */
  readonly tutti: string;
  readonly node: string;
  /** The executable. */
  readonly nodePath: string;
  readonly platform: string;
  readonly files: readonly string[];
  /** Where tutti keeps what it finds out. */
  readonly stateFolder: string;
  /** Where commands are looked for first. */
  readonly path: readonly string[];
  /** In the order of the configuration. */
  readonly servers: readonly (ServerReport & { readonly command?: string })[];
  readonly findings: readonly Finding[];
  /** What clients are shown in all, tutti's own among them. */
  readonly tools: number;
  readonly tokens: number;
};

/** The report for programs. */
export function asJson({ findings, ...report }: Report): string {
  const shown = findings.map(({ changes, ...finding }) => ({
    ...finding,
    ...(changes && {
      changes: changes.map(({ kind, name, what, before, after }) => ({
        kind,
        name,
        change: what,
        before: before?.text,
        after: after?.text,
      })),
    }),
  }));
  return JSON.stringify({ ...report, findings: shown }, undefined, 2);
}

/** The report for people, harmless to show, in colours on a terminal. */
export function forPeople({ servers, findings, tools, tokens, files }: Report): readonly string[] {
  const color = paint(process.stdout);
  const own = findings.filter(({ code }) => isDown(code));
  const rows = serverLines(servers).flatMap(({ sign, text }, index) => {
    const failure = own.find(({ server }) => server === servers[index]?.name);
    const added = failure === undefined ? [] : [`    ${color.dim(`${cureOf(failure)} (${failure.code})`)}`];
    return [`${sign} ${text}`, ...added];
  });
  const others = findings.filter(({ code }) => !isDown(code));
  const count = servers.filter(({ state }) => state === "ready" || state === "incomplete").length;
  const total = servers.filter(({ state }) => state !== "disabled").length;
  const sum = `${count} of ${total} servers ready, ${tools === 1 ? "1 tool" : `${grouped(tools)} tools`}`;
  const cost = tokens === 0 ? "" : `, ~${grouped(tokens)} tokens`;
  return [...rows, ...others.flatMap(findingLines), harmless(`${sum}${cost} (${files.join(", ")})`)];
}

/** A line for each server, cut nowhere. */
export function serverLines(servers: readonly ServerReport[]): readonly (ProgressLine & { readonly sign: string })[] {
  const width = Math.max(...servers.map(({ name }) => name.length), 0);
  return servers.map((server) => ({
    sign: signOf(server.state),
    text: harmless(`${server.name.padEnd(width)}  ${described(server)}`),
  }));
}

function signOf(state: ServerReport["state"]): string {
  const { green, yellow, red, dim } = paint(process.stdout);
  const signs = {
    ready: green("✓"),
    incomplete: yellow("!"),
    failed: red("✗"),
    disabled: dim("⊘"),
    starting: dim("…"),
  };
  return signs[state];
}

function findingLines(finding: Finding): readonly string[] {
  const { severity, server, code, text, changes = [] } = finding;
  const { yellow, red, dim } = paint(process.stdout);
  const sign = { error: red("✗"), warning: yellow("!"), note: dim("·") }[severity];
  const whose = server === undefined ? "" : `${server}: `;
  return [
    `${sign} ${harmless(`${whose}${text}`)} ${dim(`(${code})`)}`,
    ...changeLines(changes),
    `    ${cureOf(finding)}`,
  ];
}

function cureOf({ cure }: Finding): string {
  return `→ ${harmless(cure)}`;
}

/** Whether it says why a server is not there at all. */
function isDown(code: Finding["code"]): boolean {
  return code === "not_started" || code === "needs_login";
}
