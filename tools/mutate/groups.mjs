// groups.mjs: what is mutated, and which tests belong to each file: those without processes, which take seconds.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const wireTests = {
  json: ["json", "json-suite", "members", "lines", "message"],
  characters: ["json", "json-suite", "members"],
  numbers: ["json", "json-suite"],
  utf8: ["utf8", "lines"],
  members: ["members", "json", "message"],
  lines: ["lines", "lines-work", "whole"],
  message: ["message", "moved", "encode-string"],
  object: ["object", "moved"],
  walk: ["walk", "object"],
  whole: ["whole", "sse"],
  sse: ["sse"],
  "header-value": ["header-value"],
};
const relayTests = {
  exchange: ["exchange.model", "ids", "cancel", "progress", "errors", "timeouts", "routing"],
  relay: ["routing", "cancel", "lists", "ids"],
  routes: ["routing", "review-routes", "unprefixed"],
  eras: ["eras", "eras-replies"],
  lists: ["lists"],
  logs: ["review-logs"],
  digest: ["digest"],
  subscriptions: ["review-subscriptions"],
  parked: ["parked.model", "asks-review", "asks-review-odd"],
  ask: ["asks-review", "asks-review-odd"],
  requests: ["routing", "ids", "errors"],
};

const named = (path) => path.split("/").at(-1).replace(".ts", "");

/** By name, given where the project is: its files, the tests of each, and the share (%) that is asked for. */
export const groups = {
  wire: (root) => ({
    files: readdirSync(join(root, "src/wire")).map((name) => `src/wire/${name}`),
    tests: (file) => (wireTests[named(file)] ?? ["json"]).map((name) => `test/wire/${name}.test.ts`),
    asked: 90,
  }),
  gate: (root) => ({
    files: ["gate", "lanes", "breaker"]
      .map((name) => `src/downstream/${name}.ts`)
      .filter((file) => existsSync(join(root, file))),
    tests: (file) => [
      `test/downstream/${named(file)}.test.ts`,
      `test/downstream/${named(file)}.model.test.ts`,
      "test/downstream/gate.test.ts",
      "test/relay/gates.test.ts",
    ],
  }),
  relay: () => ({
    files: Object.keys(relayTests).map((name) => `src/relay/${name}.ts`),
    tests: (file) => relayTests[named(file)].map((name) => `test/relay/${name}.test.ts`),
  }),
};
