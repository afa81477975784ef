/**
 * One turn: one measurement of one contender, in this process of its own, so that no warmth or garbage of another turn
 * is in it. `node bench/turn.mjs MEASURE CONTENDER [--quick]` prints the values as one line of JSON.
 */
import { measures } from "./measures/index.mjs";

const [, , name, contender = "", mode] = process.argv;
const measure = measures.find((one) => one.name === name);
if (measure === undefined) throw new Error(`no measurement ${name}`);
const values = await measure.run({ contender, isQuick: mode === "--quick" });
process.stdout.write(`${JSON.stringify(values)}\n`, () => process.exit(0));
