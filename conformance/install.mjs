import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** Installs the suite and the Node that it needs into this folder, unless they are there. Ends the process if it cannot. */
export function install() {
  const missing = Object.entries(dependencies).filter(([name, version]) => installedVersion(name) !== version);
  if (missing.length === 0) return;
  const what = missing.map(([name, version]) => `${name} ${version}`).join(" and ");
  console.log(`Installing ${what} into conformance/ …`);
  // npm is a .cmd on Windows, which Node starts through a shell only; the arguments are our own constants.
  const { status, stdout, stderr } = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund"], {
    cwd: here,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error(`${stdout}${stderr}`.trimEnd());
  console.error(`npm could not install ${what}. This needs npm's registry: run it once where that can be reached.`);
  process.exit(3);
}

function installedVersion(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}
