// Runs seeds of the simulation: node tools/simulate.mjs [--seeds N] [--from S] [--seed S [--trace]] [--out FILE]
// Node 20 takes no types away, so the simulation and the sources it runs are compiled first, beside each other.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
// Packages are found from there; what is in node_modules has no type of its own.
const folder = mkdtempSync(join(cache, "simulation-"));
const end = () => rmSync(folder, { recursive: true, force: true });
process.on("exit", end);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
const compilerOptions = {
  noEmit: false,
  rootDir: root,
  outDir: folder,
  typeRoots: [join(root, "node_modules", "@types")],
};
const project = {
  extends: join(root, "test", "tsconfig.json"),
  compilerOptions,
  include: [join(root, "test", "simulation", "main.ts")],
};
writeFileSync(join(folder, "package.json"), '{"type":"module"}');
writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
execFileSync(
  process.execPath,
  [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", join(folder, "tsconfig.json")],
  { stdio: "inherit" },
);
const main = join(folder, "test", "simulation", "main.js");
const child = spawn(process.execPath, [main, ...process.argv.slice(2), "--commit", commit()], { stdio: "inherit" });
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});

function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
