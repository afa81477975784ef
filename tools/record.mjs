// record.mjs: a terminal session of add → check → demo, recorded anew: docs/session.txt as text and docs/session.svg as a
// picture in which lines appear when they did. Needs `script` (util-linux), for a terminal to run in.
// Usage: npm run record
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawSession } from "./record/draw.mjs";
import { readLines } from "./record/lines.mjs";

const columns = 108;
const root = fileURLToPath(new URL("..", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "tutti-record-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true }));

// npx finds the servers here, as it would where they are installed.
symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
mkdirSync(join(home, "bin"));
mkdirSync(join(home, "notes"));
writeFileSync(join(home, "bin", "tutti"), `#!/bin/sh\nexec "${process.execPath}" "${root}dist/main.js" "$@"\n`, {
  mode: 0o755,
});

const commands = [
  "tutti add memory -- npx -y @modelcontextprotocol/server-memory",
  "tutti add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes",
  "tutti add broken -- no-such-program",
  "tutti check",
  "tutti demo",
];

const lines = [];
let startsAt = 0;
for (const command of commands) {
  const chunks = await run(command);
  lines.push({
    at: startsAt,
    spans: [
      { text: "$ ", style: "dim" },
      { text: command, style: "bold" },
    ],
  });
  const printed = readLines(chunks, (text) => text.replaceAll(home, "/home/me").replaceAll(root, "/home/me/tutti/"));
  for (const { at, spans } of printed) lines.push({ at: startsAt + 300 + at, spans });
  startsAt = (lines.at(-1)?.at ?? startsAt) + 900;
  lines.push({ at: startsAt, spans: [] });
}
lines.pop();

const text = lines
  .map(({ spans }) =>
    spans
      .map((span) => span.text)
      .join("")
      .trimEnd(),
  )
  .join("\n");
writeFileSync(join(root, "docs", "session.txt"), `${text}\n`);
writeFileSync(join(root, "docs", "session.svg"), drawSession(lines, { columns, title: "tutti add, check and demo" }));
process.stdout.write(`${text}\n\ndocs/session.txt and docs/session.svg written\n`);

/** What a command prints on a terminal, and when (ms since its start). */
async function run(command) {
  const inside = `stty cols ${columns} rows 60; ${command}`;
  const { LANG } = process.env;
  // What this machine has beside the usual is nobody's business.
  const path = [join(home, "bin"), dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"];
  const env = {
    HOME: home,
    PATH: [...new Set(path)].join(":"),
    TERM: "xterm-256color",
    LANG: LANG ?? "C.UTF-8",
    SHELL: "/bin/sh",
  };
  const child = spawn("script", ["-qec", inside, "/dev/null"], {
    cwd: home,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const startedAt = performance.now();
  const chunks = [];
  child.stdout
    .setEncoding("utf8")
    .on("data", (chunk) => chunks.push({ at: Math.round(performance.now() - startedAt), text: chunk }));
  await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  return chunks;
}
