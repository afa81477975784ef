import { spawn } from "node:child_process";
import { once } from "node:events";

const running = new Set();

/** Starts Node with `args`; the process ends with this one. */
export function startNode(args, { node = process.execPath, env, stdio = ["ignore", "pipe", "pipe"] } = {}) {
  const child = spawn(node, args, { env: { ...process.env, ...env }, stdio });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

export function endAll() {
  for (const child of running) child.kill();
}

/** Ends one, and waits until it has ended. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill();
  await exit;
}

const startMs = 20_000;

/** Calls `use` with the address that a server says on stderr; fails as soon as the server ends. */
export async function whileListening(child, name, use) {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with exit code ${code} while it was tested`);
  });
  return await Promise.race([ended, addressOf(child, name).then(use)]);
}

function addressOf(child, name) {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why) => reject(new Error(`${name} ${why}. It said:\n${said}`));
    const timer = setTimeout(() => fail(`did not listen within ${startMs} ms`), startMs);
    child.once("exit", (code) => fail(`ended with exit code ${code}`));
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const address = /listening on (http:\/\/[^\s"]+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

/** All that a process says, and its exit code. */
export async function outputOf(child) {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
  const [code] = await once(child, "close");
  return { code, text };
}
