// Writes the files that are printed from the configuration's schema: servers.schema.json and docs/config.md. With --check
// it writes nothing, names those that are not current, and ends with exit code 1 where there are any.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { printDocs, printSchema } from "../dist/config/print.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const printed = { "servers.schema.json": printSchema(), "docs/config.md": printDocs() };
const stale = Object.entries(printed).filter(([name, text]) => {
  const file = join(root, name);
  return !existsSync(file) || readFileSync(file, "utf8") !== text;
});

for (const [name, text] of stale) {
  if (process.argv.includes("--check")) {
    console.error(`${name} is not current. Run: npm run docs`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
    console.log(`${name} written`);
  }
}
