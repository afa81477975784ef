import { Rig } from "../client/rig.mjs";
import { manyAtOnce } from "./steady.mjs";

const SERVERS = 8;

/** @type {import("./index.mjs").Measure} */
export const eras = {
  name: "eras",
  title: "64 small calls in flight, of the modern era",
  about:
    "The calls of the table before, over eight servers, with client and servers of the modern era (2026-07-28): each request carries its envelope, nobody sends `initialize`. v1 knows no such era. Below, tutti's CPU where client and servers are of different eras, against its own in the same turn where the servers are of the client's.",
  rows: {
    rate8: { title: "calls, 8 servers", unit: "/s" },
    cpu8: { title: "CPU of the relay per 10,000 calls, 8 servers", unit: "ms" },
    toLegacy: { title: "CPU, modern client and legacy servers, against both modern", unit: "×" },
    toModern: { title: "CPU, legacy client and modern servers, against both legacy", unit: "×" },
  },
  rounds: 5,
  boundMs: 60_000,
  async run({ contender, isQuick }) {
    if (contender === "v1") return {};
    const count = isQuick ? 10_000 : 40_000;
    /** @param {import("../contenders.mjs").Era} client @param {import("../contenders.mjs").Era} server */
    const between = (client, server) => manyAtOnce(new Rig(contender, SERVERS, { client, server }), count);
    const modern = await between("modern", "modern");
    const values = { rate8: modern.rate, cpu8: modern.cpu };
    if (contender !== "tutti") return values;
    const toLegacy = await between("modern", "legacy");
    const toModern = await between("legacy", "modern");
    const legacy = await between("legacy", "legacy");
    return { ...values, toLegacy: share(toLegacy.cpu, modern.cpu), toModern: share(toModern.cpu, legacy.cpu) };
  },
};

/**
 * Undefined where the CPU cannot be read.
 * @param {number | undefined} cpu
 * @param {number | undefined} of
 */
function share(cpu, of) {
  return cpu === undefined || of === undefined ? undefined : cpu / of;
}
