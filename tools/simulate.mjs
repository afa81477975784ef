// Runs seeds of the simulation: node tools/simulate.mjs [--seeds N] [--from S] [--seed S [--trace]] [--out FILE]
// With --planted [WORD] it puts known defects into tutti, one after the other, and says after how many seeds each was found.
// --merge FILE FILE… [--defects FILE] --out FILE adds up what --out has written of other seeds, with what --planted has.
// Node 20 takes no types away, so the simulation and the sources it runs are compiled first, beside each other.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { merge } from "./simulation/merge.mjs";
import { planted } from "./simulation/planted.mjs";

if (process.argv.includes("--merge")) {
  mergeAll();
  process.exit();
}

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
if (process.argv.includes("--planted")) await plantAll();
else process.exitCode = await run([...process.argv.slice(2), "--commit", commit()], "inherit");

function mergeAll() {
  const { values, positionals } = parseArgs({
    options: { merge: { type: "boolean" }, defects: { type: "string" }, out: { type: "string" } },
    allowPositionals: true,
  });
  const read = (file) => JSON.parse(readFileSync(file, "utf8"));
  const all = merge(positionals.map(read), values.defects && read(values.defects));
  writeFileSync(values.out, `${JSON.stringify(all, undefined, 2)}\n`);
}

/** How many seeds it takes to find each of the planted defects. */
async function plantAll() {
  const all = [];
  const word = process.argv[process.argv.indexOf("--planted") + 1] ?? "--";
  for (const [what, name, from, to] of planted) {
    if (!word.startsWith("--") && !what.includes(word)) continue;
    const file = join(folder, "src", `${name}.js`);
    const text = readFileSync(file, "utf8");
    if (text.split(from).length !== 2) {
      console.log(`${what}: ${name} has other words by now`);
      process.exitCode = 1;
      continue;
    }
    writeFileSync(
      file,
      text.replace(from, () => to),
    );
    const found = await run(["--first", "--seeds", "300"], ["ignore", "pipe", "inherit"]);
    writeFileSync(file, text);
    console.log(`${what}: ${found}`);
    if (found.startsWith("not found")) process.exitCode = 1;
    all.push({ what, ...(/^\d/.test(found) && { seeds: Number.parseInt(found, 10) }) });
  }
  const at = process.argv.indexOf("--out");
  if (at !== -1) writeFileSync(process.argv[at + 1], `${JSON.stringify(all, undefined, 2)}\n`);
}

/** Its exit code; what it says where that is wanted. */
function run(args, stdio) {
  const child = spawn(process.execPath, [main, ...args], { stdio });
  let said = "";
  child.stdout?.on("data", (data) => {
    said += data;
  });
  return new Promise((resolve) =>
    child.on("close", (code) => resolve(stdio === "inherit" ? (code ?? 1) : said.trim())),
  );
}

function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
