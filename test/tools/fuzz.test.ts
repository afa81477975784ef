import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../e2e/support/program.ts";

test.each(["scanner", "framer", "sse", "server", "client"])(
  "fuzzing the %s for some seconds finds nothing",
  async (target) => {
    const args = [join(root, "tools", "fuzz.mjs"), "--target", target, "--seconds", "8"];
    const fuzz = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [fuzz.stdout, fuzz.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    const code = await new Promise((resolve) => fuzz.once("close", resolve));
    expect(code, said).toBe(0);
    expect(JSON.parse(said).inputs).toBeGreaterThan(50);
  },
  60_000,
);
