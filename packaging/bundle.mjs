/**
 * Makes the bundle for Claude Desktop, build/tutti.mcpb, and has the official tool check it: `npm run bundle`. It holds what
 * `npm pack` would and the packages that tutti needs at run time, without what only compilers and people read.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { manifest } from "./manifest.mjs";

/** The official tool, in the version with which this was written. */
const tool = "@anthropic-ai/mcpb@2.1.2";

const root = fileURLToPath(new URL("..", import.meta.url));
const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const stage = mkdtempSync(join(tmpdir(), "tutti-bundle-"));
process.on("exit", () => rmSync(stage, { recursive: true, force: true }));

for (const name of ["dist", "LICENSE", "README.md", "servers.schema.json"])
  cpSync(join(root, name), join(stage, name), { recursive: true });
const { name, version, description, license, type, engines } = about;
writeFileSync(
  join(stage, "package.json"),
  JSON.stringify({ name, version, description, license, type, engines }, undefined, 2),
);
for (const folder of runTimePackages()) {
  cpSync(join(root, folder), join(stage, folder), { recursive: true, filter: isNeeded });
}
const file = join(stage, "manifest.json");
writeFileSync(file, `${JSON.stringify(manifest(about), undefined, 2)}\n`);
npx("mcpb", "validate", file);
const bundle = join(root, "build", "tutti.mcpb");
mkdirSync(join(root, "build"), { recursive: true });
npx("mcpb", "pack", stage, bundle);
console.log(`build/tutti.mcpb: ${(statSync(bundle).size / 1024 / 1024).toFixed(2)} MiB`);

/** Their folders, seen from the root. */
function runTimePackages() {
  const listed = execFileSync(npm("npm"), ["ls", "--omit=dev", "--all", "--parseable"], {
    cwd: root,
    encoding: "utf8",
    shell: isWindows(),
  });
  return listed
    .trim()
    .split("\n")
    .map((path) => relative(root, path))
    .filter((path) => path !== "");
}

/** Types, maps and what packages bring for CommonJS beside modules of their own, sources and documentation are not. */
function isNeeded(path) {
  if (/[/\\](?:test|tests|benchmarks|docs|examples|\.github|src|locales-source)$/.test(path)) return false;
  return !/\.(?:d\.[cm]?ts|ts|map|md|markdown)$/.test(path);
}

function npx(...words) {
  execFileSync(npm("npm"), ["exec", "--yes", `--package=${tool}`, "--", ...words], {
    stdio: ["ignore", 2, 2],
    shell: isWindows(),
  });
}

function npm(command) {
  return isWindows() ? `${command}.cmd` : command;
}

function isWindows() {
  return process.platform === "win32";
}
