import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const turn = fileURLToPath(new URL("turn.mjs", import.meta.url));

/** Process groups of turns that run now, and the folder each has for its files. @type {Map<number, string>} */
const running = new Map();
const KEPT_STDERR = 600;

/**
 * Runs one turn in a process group of its own, which is gone when this resolves. A turn that takes longer than the
 * measurement's bound gives "timeout"; one that fails gives its reason.
 * @param {import("./measures/index.mjs").Measure} measure
 * @param {import("./measures/index.mjs").Turn} turn
 * @returns {Promise<{ values: Record<string, import("./measures/index.mjs").Value> } | { failed: string }>}
 */
export function takeTurn(measure, { contender, isQuick }) {
  const args = [turn, measure.name, contender, ...(isQuick ? ["--quick"] : [])];
  const folder = mkdtempSync(join(tmpdir(), "tutti-bench-"));
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(process.execPath, args, { detached: true, env, stdio: ["ignore", "pipe", "pipe"] });
  const group = child.pid;
  if (group !== undefined) running.set(group, folder);
  let stdout = "";
  let stderr = "";
  let isLate = false;
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr = (stderr + chunk).slice(-KEPT_STDERR);
  });
  const timer = setTimeout(() => {
    isLate = true;
    endGroup(group);
  }, measure.boundMs);
  return new Promise((resolve) => {
    // Whatever a failed turn left behind is ended before its pipes are waited for.
    child.on("exit", () => endGroup(group));
    child.on("close", (code) => {
      clearTimeout(timer);
      if (isLate) resolve({ values: Object.fromEntries(Object.keys(measure.rows).map((key) => [key, "timeout"])) });
      else if (code === 0) resolve({ values: JSON.parse(stdout) });
      else resolve({ failed: stderr.trim() || `ended with ${code}` });
    });
  });
}

/** Ends all that any turn has started; for when the bench itself is ended. */
export function endAllTurns() {
  for (const group of running.keys()) endGroup(group);
}

/** @param {number | undefined} group */
function endGroup(group) {
  if (group === undefined) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nothing of the group is left, as it should be.
  }
  const folder = running.get(group);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  running.delete(group);
}
