import type { Finding } from "./finding.ts";

/** The oldest Node that tutti is tried on. */
const oldest = [20, 19] as const;

/** `version`: as `process.versions.node` has it. */
export function oldNode(version: string): readonly Finding[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return [];
  const text = `this is Node ${version}, and tutti is made for ${oldest.join(".")} and newer`;
  return [{ code: "old_node", severity: "warning", text, cure: "install a newer Node from https://nodejs.org" }];
}

/** A file of the configuration that others may write. `text`: as the configuration has it, with the cure. */
export function writableConfig(text: string): Finding {
  const cure = "let you and root alone write it: who can write it can have any program run as you";
  return { code: "writable_config", severity: "warning", text, cure };
}

/** What a file says and tutti does not do. `text`: as the configuration's own notices have it. */
export function ignoredKey(text: string): Finding {
  return {
    code: "ignored_key",
    severity: "note",
    text,
    cure: "take it out, or leave it for the program that knows it",
  };
}
