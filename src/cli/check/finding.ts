import type { Change } from "../../catalog/pins.ts";

/** What check can find, by code; docs/troubleshooting.md has each of them. */
export const findingCodes = [
  "not_started",
  "needs_login",
  "slow_start",
  "not_listed",
  "left_out",
  "stray_output",
  "odd_message",
  "schema_top_level_union",
  "schema_reference",
  "long_description",
  "name_cut",
  "name_conflict",
  "unmarked_tools",
  "definition_changed",
  "hidden_characters",
  "pins_lost",
  "pins_anew",
  "many_tools",
  "many_tokens",
  "found_elsewhere",
  "ignored_key",
  "writable_config",
  "not_kept",
  "not_remembered",
  "old_node",
] as const;

export type FindingCode = (typeof findingCodes)[number];

/** Something that check has found, and what to do about it. */
export type Finding = {
  readonly code: FindingCode;
  /** Undefined where it is about all of them, or about none. */
  readonly server?: string;
  /** `error`: it does not work. `warning`: somebody will notice. `note`: good to know. */
  readonly severity: "error" | "warning" | "note";
  /** One line, and so is the cure. */
  readonly text: string;
  readonly cure: string;
  /** What is not as it was pinned. */
  readonly changes?: readonly Change[];
};

/** As many names as a line bears. */
const mostNames = 8;

/** The names, as far as a line bears them. */
export function listed(names: readonly string[]): string {
  const more = names.length > mostNames ? `, and ${names.length - mostNames} more` : "";
  return `${names.slice(0, mostNames).join(", ")}${more}`;
}

/** A number as people read it: 12,345. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
