import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const relay = (/** @type {string} */ file) => fileURLToPath(new URL(`relays/${file}`, import.meta.url));
const tutti = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/**
 * What is measured: the arguments that start it in front of the servers of a config file. `direct` has none: there the
 * client starts the servers itself and talks to each over its own pipe. The relays speak the era that they are told, on
 * both sides; tutti finds it out.
 * @typedef {"legacy" | "modern"} Era
 * `http`: the same of one that serves HTTP at a port of this machine.
 * @type {Record<string, {
 *   about: string,
 *   args?: (config: string, era: Era) => string[],
 *   http?: (config: string, era: Era, port: number) => string[],
 * }>}
 */
export const contenders = {
  direct: { about: "the client straight to the servers" },
  lines: {
    about: "a bare relay of raw lines that checks nothing: the floor",
    args: (config, era) => [relay("lines.mjs"), config, era],
  },
  tutti: {
    about: "tutti",
    args: (config) => [tutti, "serve", "--config", config],
    http: (config, _, port) => [tutti, "serve", "--http", `127.0.0.1:${port}`, "--config", config],
  },
  v1: { about: "a naive relay on @modelcontextprotocol/sdk", args: (config) => [relay("v1.mjs"), config] },
  v2: {
    about: "a naive relay on @modelcontextprotocol/client and /server",
    args: (config, era) => [relay("v2.mjs"), config, era],
    http: (config, era, port) => [relay("v2-http.mjs"), config, era, String(port)],
  },
};

/** Column of the empty Node program, in the measurements that have one. */
export const EMPTY = "empty";

/**
 * Why a contender cannot be measured here, or undefined.
 * @param {string} name
 */
export function missing(name) {
  if (contenders[name] === undefined) return `no such target; there are ${Object.keys(contenders).join(", ")}`;
  if (name === "tutti" && !existsSync(tutti)) return "dist/main.js is missing: run npm run build";
  return undefined;
}
