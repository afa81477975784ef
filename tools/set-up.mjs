// Makes a fresh clone ready: installs the dependencies and builds dist/ where either is missing or out of date.
// Plain Node and no packages, because it runs before there are any. Says nothing when there is nothing to do.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`tutti needs Node 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

// npm writes .package-lock.json last, so its age tells a finished install from a broken-off one.
const installed = join(root, "node_modules", ".package-lock.json");
if (!existsSync(installed) || timeOf(installed) < timeOf(join(root, "package-lock.json"))) {
  // Not `npm ci`: it refuses a lock file that lacks the optional packages of other platforms.
  run("Installing dependencies", "npm", ["install", "--no-save", "--no-audit", "--no-fund"]);
}
const built = join(root, "dist", "main.js");
const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
if (!existsSync(built) || sources.some((file) => timeOf(file) > timeOf(built))) {
  run("Building", "npm", ["run", "--silent", "build"]);
}

function timeOf(file) {
  return statSync(file).mtimeMs;
}

function run(title, command, args) {
  process.stderr.write(`${title} …\n`);
  // npm is a .cmd on Windows, which Node starts through a shell only; the arguments are our own constants.
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}
