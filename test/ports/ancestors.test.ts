import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const built = new URL("../../dist/ports/ancestors.js", import.meta.url).href;
const program = `
import { openSync } from "node:fs";
const areThere = (await import(${JSON.stringify(built)}).then(({ findAncestors }) => findAncestors()));
const held = [];
let code;
try { for (;;) held.push(openSync("/dev/null")); } catch (cause) { code = cause.code; }
process.stdout.write(code + " " + areThere());
`;

test.skipIf(process.platform === "win32")(
  "whoever started us is not taken for gone where no file descriptor is free",
  () => {
    const args = ["-c", 'ulimit -n 60; "$0" --input-type=module -e "$1"; true', process.execPath, program];
    expect(spawnSync("/bin/sh", args, { encoding: "utf8" }).stdout).toBe("EMFILE true");
  },
);
