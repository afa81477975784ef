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
  about: ["told", "digest", "contract/handshake", "says"],
  arrival: ["timeouts", "gates"],
  ask: [
    "asks-between",
    "asks-review",
    "asks-review-odd",
    "contract/asks",
    "contract/asks-ending",
    "contract/asks-hostile",
  ],
  cancel: ["cancel", "contract/progress-and-cancel"],
  crowd: ["clients", "overload"],
  digest: ["digest", "contract/handshake"],
  eras: ["contract/era", "contract/lists", "contract/requests", "contract/envelope"],
  "exchange-context": ["told", "errors"],
  exchange: ["told", "asks-between", "ids", "cancel", "progress", "errors", "timeouts", "routing", "exchange.model"],
  forward: ["contract/asks", "contract/elicitation", "contract/asks-hostile"],
  "held-bytes": ["held-bytes", "held-results", "overload"],
  "inner-call": ["inner-requests", "call-tools-values", "call-tools-order"],
  "inner-requests": ["inner-requests"],
  lists: ["lists", "contract/lists"],
  logs: ["review-logs", "shared", "contract/logging"],
  "meta-requests": ["meta-requests", "progress", "call-tools-handles", "call-tools-scope", "call-tools-asks"],
  notices: ["shared", "asks-between", "review-logs", "contract/progress-and-cancel", "contract/logging"],
  offers: ["told", "routing", "unprefixed", "pins", "contract/lists"],
  openers: ["openers", "contract/elicitation"],
  parked: ["parked", "contract/parked", "asks-review", "asks-review-odd", "parked.model"],
  parking: ["held-results", "contract/parked"],
  pins: ["pins"],
  progress: ["progress", "contract/progress-and-cancel"],
  question: ["asks-review", "asks-in-replies", "asks-between", "contract/asks", "contract/elicitation"],
  relay: ["routing", "cancel", "lists", "ids", "contract/extensions"],
  requests: ["routing", "ids", "errors", "shared", "contract/requests"],
  rounds: ["asks-between", "asks-in-replies", "asks-review-odd", "contract/asks", "contract/asks-ending"],
  routes: ["routing", "review-routes", "unprefixed", "contract/extensions", "contract/requests"],
  "secret-fields": ["contract/elicitation"],
  startup: ["life", "remembered", "contract/handshake"],
  subscriptions: [
    "review-subscriptions",
    "contract/subscriptions",
    "contract/subscriptions-hostile",
    "contract/listen",
    "bounds",
  ],
  tasks: ["tasks", "shared", "review-routes", "contract/extensions"],
  urls: ["contract/elicitation", "asks-review-odd"],
  users: ["users"],
  watched: ["review-subscriptions", "bounds", "contract/subscriptions", "contract/listen"],
  "who-answers": ["within", "asks-review", "asks-review-odd", "contract/asks", "contract/sampling-and-roots"],
};
/** Those of the relay that take long: only what no other one notices is tried with them. */
const slowRelayTests = [
  "asks-review-random",
  "burst",
  "call-tools-random",
  "digest",
  "eras-replies",
  "eras",
  "fidelity",
  "http-floods",
  "http-slow-readers",
  "review-random",
  "contract/official-peers",
  "contract/shapes",
];

const named = (path) => path.split("/").at(-1).replace(".ts", "");

const testsIn = (root, folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `${folder}/${name}`);

/**
 * By name, given where the project is: its files, the tests of each, those of its room, in parts which are run one after
 * the other for what no earlier ones notice, and the share (%) that is asked for.
 */
export const groups = {
  wire: (root) => ({
    files: readdirSync(join(root, "src/wire")).map((name) => `src/wire/${name}`),
    tests: (file) => (wireTests[named(file)] ?? ["json"]).map((name) => `test/wire/${name}.test.ts`),
    room: [testsIn(root, "test/wire")],
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
      "test/downstream/gate-refusals.test.ts",
      "test/relay/gates.test.ts",
    ],
    room: [testsIn(root, "test/downstream")],
    asked: 80,
  }),
  relay: (root) => {
    const slow = slowRelayTests.map((name) => `test/relay/${name}.test.ts`);
    const all = testsIn(root, "test/relay");
    return {
      files: readdirSync(join(root, "src/relay")).map((name) => `src/relay/${name}`),
      tests: (file) => (relayTests[named(file)] ?? ["routing"]).map((name) => `test/relay/${name}.test.ts`),
      room: [all.filter((test) => !slow.includes(test)), slow],
      asked: 80,
    };
  },
};
