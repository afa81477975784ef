// tutti.mjs: a built tutti that can be asked what it holds.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const goneWithinMs = 2000;
/** V8 lets its young generation grow to 16 MiB a half, and shrink to one, as it likes: that is not to be taken for growth. */
const steady = "--min-semi-space-size=16";

/** The path of one of test/fixtures. */
export const fixture = (file) => join(root, "test/fixtures", file);

/** Starts `tutti` with these arguments. Its stdin and stdout are pipes; what it logs is kept as far as it matters. */
export function startTutti(args, env = {}) {
  const probed = ["--expose-gc", steady, "--import", join(root, "tools/soak/probe.mjs"), join(root, "dist/main.js")];
  const child = spawn(process.execPath, [...probed, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  let log = "";
  const oddities = [];
  child.stdin.on("error", () => {});
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log = (log + text).slice(-200_000);
    for (const line of text.split("\n")) {
      if (/defect|Warning/.test(line) && oddities.length < 20) oddities.push(line.slice(0, 500));
    }
  });
  const ended = once(child, "exit");
  return {
    child,
    log: () => log,
    /** Lines of its log that tell of a defect. */
    oddities,
    sample: () => sampleOf(child),
    /** Ends it, and gives what was wrong with its end. */
    end: async (how) => {
      const family = descendantsOf(child.pid);
      how();
      const [code] = await ended;
      await new Promise((resolve) => setTimeout(resolve, goneWithinMs));
      const left = family.filter(isAlive);
      return [
        ...(code === 0 ? [] : [`it ended with exit code ${code}`]),
        ...(left.length === 0 ? [] : [`${left.length} processes are left after it`]),
      ];
    },
  };
}

/** Resolves to its address when it is ready to serve over HTTP. */
export async function listeningAt(tutti) {
  for (let look = 0; look < 600; look++) {
    const address = /listening on (http:\S+\/mcp)/.exec(tutti.log())?.[1];
    if (address !== undefined && (await fetch(new URL("/readyz", address))).status === 200) return address;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`tutti does not get ready:\n${tutti.log()}`);
}

/** What it holds now: bytes, and numbers of things. */
async function sampleOf(child) {
  const channel = child.stdio[3];
  channel.write("?\n");
  const [answer] = await once(channel, "data");
  const { resources, ...more } = JSON.parse(answer);
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) * 1024;
  const fds = readdirSync(`/proc/${child.pid}/fd`).length;
  const { Timeout: timers = 0, ...handles } = resources;
  const children = descendantsOf(child.pid).length;
  return { ...more, rss, fds, timers, handles: sum(Object.values(handles)), children, resources };
}

/** All processes below this one, those included that are dead and not collected. */
function descendantsOf(pid) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(name);
    if (stat !== undefined) parents.set(Number(name), stat.parent);
  }
  const found = new Set([pid]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const [one, parent] of parents) if (found.has(parent)) found.add(one);
  }
  found.delete(pid);
  return [...found];
}

function isAlive(pid) {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== "Z";
}

function statOf(pid) {
  try {
    const [, state, parent] = /^\d+ \(.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}
