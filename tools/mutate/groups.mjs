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
  about: ["errors", "bad-replies"],
  arrival: ["timeouts", "gates"],
  ask: ["asks-review", "asks-review-odd", "asks-in-replies"],
  cancel: ["cancel"],
  crowd: ["clients", "overload"],
  digest: ["digest"],
  eras: ["eras", "eras-replies"],
  exchange: ["exchange.model", "ids", "cancel", "progress", "errors", "timeouts", "routing"],
  forward: ["routing", "fidelity"],
  "held-bytes": ["held-results", "overload"],
  "inner-call": ["inner-requests", "call-tools-order"],
  "inner-requests": ["inner-requests"],
  lists: ["lists"],
  logs: ["review-logs"],
  "meta-requests": ["meta-requests", "call-tools-handles"],
  notices: ["review-logs", "progress"],
  offers: ["routing", "unprefixed"],
  openers: ["life", "restarts"],
  parked: ["parked.model", "asks-review", "asks-review-odd"],
  parking: ["held-results", "parked.model"],
  pins: ["pins"],
  progress: ["progress"],
  question: ["asks-review", "asks-in-replies"],
  relay: ["routing", "cancel", "lists", "ids"],
  requests: ["routing", "ids", "errors"],
  rounds: ["asks-in-replies", "asks-review-odd"],
  routes: ["routing", "review-routes", "unprefixed"],
  startup: ["life", "remembered"],
  subscriptions: ["review-subscriptions"],
  users: ["users"],
  watched: ["review-subscriptions"],
  "who-answers": ["routing", "lists"],
};

const named = (path) => path.split("/").at(-1).replace(".ts", "");

const testsIn = (root, folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `${folder}/${name}`);

/**
 * By name, given where the project is: its files, the tests of each, those of its room, which are run for what the first do
 * not notice, and the share (%) that is asked for.
 */
export const groups = {
  wire: (root) => ({
    files: readdirSync(join(root, "src/wire")).map((name) => `src/wire/${name}`),
    tests: (file) => (wireTests[named(file)] ?? ["json"]).map((name) => `test/wire/${name}.test.ts`),
    room: testsIn(root, "test/wire"),
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
    room: testsIn(root, "test/downstream"),
    asked: 80,
  }),
  relay: (root) => ({
    files: readdirSync(join(root, "src/relay")).map((name) => `src/relay/${name}`),
    tests: (file) => (relayTests[named(file)] ?? ["routing"]).map((name) => `test/relay/${name}.test.ts`),
    room: testsIn(root, "test/relay"),
    asked: 80,
  }),
};
