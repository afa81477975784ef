import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf, startNode } from "./processes.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const node = path(process.platform === "win32" ? "node_modules/node/bin/node.exe" : "node_modules/node/bin/node");
const suite = path("node_modules/@modelcontextprotocol/conformance/dist/index.js");
const scenarioMs = 12_000;

/** What a revision requires of a `side` ("server", "client"): scenario → whether it is scored. */
export function requiredOf(side, revision) {
  const file = new URL(`node_modules/@modelcontextprotocol/conformance/requirements/${revision}.yaml`, import.meta.url);
  const sections = readFileSync(file, "utf8").split(/^(?=\w+:)/m);
  const section = (name) => sections.find((text) => text.startsWith(`${name}:`)) ?? "";
  const scored = [...section(side).matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => [name, true]);
  const others = [...section("not_scored").matchAll(/- scenario: (\S+)\s+leg: (\S+)/g)]
    .filter(([, , leg]) => leg === side)
    .map(([, name]) => [name, false]);
  return new Map([...scored, ...others]);
}

/** Runs the suite against a server; with `scenarios` only those. */
export async function testServer(url, revision, scenarios) {
  const required = requiredOf("server", revision);
  const about = ["server", "--url", url];
  if (scenarios === undefined) return await run([...about, "--requirements", revision], [...required.keys()], required);
  return await runEach(about, revision, scenarios, required);
}

/** Lets the suite run a client, once for each scenario, with its server's address as the last argument. */
export async function testClient(command, revision, scenarios) {
  return await runEach(["client", "--command", command], revision, scenarios, requiredOf("client", revision));
}

async function runEach(args, revision, scenarios, required) {
  const results = [];
  for (const scenario of scenarios) {
    const which = ["--scenario", scenario, "--spec-version", revision];
    results.push(...(await run([...args, ...which], [scenario], required)));
  }
  return results;
}

async function run(args, scenarios, required) {
  const folder = mkdtempSync(join(tmpdir(), "tutti-conformance-"));
  const more = ["--timeout", String(scenarioMs), "--output-dir", folder];
  const { text } = await outputOf(startNode([suite, ...args, ...more], { node }));
  const folders = readdirSync(folder);
  const results = scenarios.map((scenario) => {
    const isOf = new RegExp(`^(server-)?${scenario}-\\d{4}-\\d\\d-\\d\\dT`);
    const file = join(folder, folders.find((name) => isOf.test(name)) ?? "none", "checks.json");
    const checks = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : noChecks(text);
    return { scenario, isScored: required.get(scenario) === true, checks: [...checks, ...endOf(text)].map(checkOf) };
  });
  rmSync(folder, { recursive: true });
  return results;
}

/** In the client mode the suite says how the client ended where that is wrong. */
function endOf(text) {
  const how = /Client (exited with code \d+|timed out)/.exec(text);
  if (how === null) return [];
  return [{ id: "client-end", name: "ClientEnd", status: "FAILURE", errorMessage: text.slice(how.index) }];
}

function noChecks(text) {
  return [{ id: "no-result", status: "FAILURE", errorMessage: `the suite gave no result: ${text.slice(-500)}` }];
}

function checkOf({ id, name, status, errorMessage = "" }) {
  return { id, name, status, message: errorMessage.replace(/\s+/g, " ") };
}
