import { oneByOne, probe } from "../client/load.mjs";
import { cpuMs } from "../client/process-cost.mjs";
import { Rig } from "../client/rig.mjs";
import { bigText } from "../fixtures/big-reply.mjs";
import { percentile } from "../statistics.mjs";
import { costPer, smallCall, WARM_UP_CALLS } from "./steady.mjs";

const KIB = 1024;
const MIB = KIB * KIB;

/** @type {{ key: string, title: string, bytes: number, tool: string, input: () => object }[]} */
const shapes = [
  {
    key: "result64k",
    title: "64 KiB of text as result",
    bytes: 64 * KIB,
    tool: "blob",
    input: () => ({ bytes: 64 * KIB }),
  },
  { key: "result1m", title: "1 MiB of text as result", bytes: MIB, tool: "blob", input: () => ({ bytes: MIB }) },
  { key: "records1m", title: "1 MiB of structured result", bytes: MIB, tool: "records", input: () => ({ bytes: MIB }) },
  {
    key: "arguments64k",
    title: "64 KiB of text as argument",
    bytes: 64 * KIB,
    tool: "sink",
    input: () => ({ text: bigText(64 * KIB) }),
  },
  {
    key: "arguments1m",
    title: "1 MiB of text as argument",
    bytes: MIB,
    tool: "sink",
    input: () => ({ text: bigText(MIB) }),
  },
];

/** @type {import("./index.mjs").Measure} */
export const large = {
  name: "large",
  title: "Large results and arguments",
  about:
    "One call after the other to one server, after a warm-up. The text has line breaks, quotes and a few characters beyond ASCII; the structured result is a list of small records.",
  rows: Object.fromEntries(
    shapes.flatMap(({ key, title }) => [
      [`${key}P50`, { title: `${title}, p50`, unit: "ms" }],
      [`${key}Cpu`, { title: `${title}, CPU of the relay per MiB`, unit: "ms" }],
    ]),
  ),
  rounds: 3,
  boundMs: 90_000,
  async run({ contender, isQuick }) {
    const rig = new Rig(contender, 1);
    await rig.initialize();
    await rig.listAll();
    await oneByOne(smallCall(rig, 0), WARM_UP_CALLS);
    /** @type {Record<string, number | undefined>} */
    const values = {};
    for (const { key, bytes, tool, input } of shapes) {
      const call = rig.call(0, tool, input());
      const count = Math.round((isQuick ? 15 : 50) * (bytes < MIB ? 8 : 1));
      await oneByOne(call, Math.round(count / 5));
      const carried = typeof call.opening === "string" ? await probe(call) : call.opening.length;
      const before = cpuMs(rig.relayPid);
      const times = await oneByOne(call, count);
      values[`${key}Cpu`] = costPer(MIB, carried * (count + 1), before, cpuMs(rig.relayPid));
      values[`${key}P50`] = percentile(times, 0.5);
    }
    await rig.close();
    return values;
  },
};
