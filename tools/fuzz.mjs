// fuzz.mjs: throws what nobody would send at what reads bytes, and looks whether it holds its promises. Needs dist/.
// Usage: node tools/fuzz.mjs [--seconds 60] [--target scanner|framer|sse|server|client] [--seed N] [--input BASE64]
// Exit code 1: a promise was broken; the input is printed, and --input with it shows it again.
import { parseArgs } from "node:util";
import { corpus } from "./fuzz/corpus.mjs";
import { mutator } from "./fuzz/mutator.mjs";
import { client, server } from "./fuzz/over-http.mjs";
import { framer, scanner, sse } from "./fuzz/wire.mjs";
import { randomFrom } from "./swarm/ledger.mjs";

const targets = { scanner, framer, sse, server, client };
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    target: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    input: { type: "string" },
  },
});
const names = values.target === undefined ? Object.keys(targets) : [values.target];
for (const name of names) if (!(await fuzz(name))) process.exitCode = 1;

/** Whether nothing was found. */
async function fuzz(name) {
  const random = randomFrom(Number(values.seed));
  const mutate = mutator(corpus[name], random);
  // `check` gives what is wrong with what came of an input; undefined: nothing.
  const { check, end = () => {} } = await targets[name](random);
  const until = performance.now() + Number(values.seconds) * 1000;
  let count = 0;
  let found;
  const next = () => (values.input === undefined ? mutate() : Buffer.from(values.input, "base64"));
  do {
    const input = count < corpus[name].length && values.input === undefined ? corpus[name][count] : next();
    count++;
    const wrong = await attempt(check, input);
    if (wrong !== undefined) found = { wrong, input };
  } while (found === undefined && values.input === undefined && performance.now() < until);
  const wrong = await end();
  if (found === undefined && wrong !== undefined) found = { wrong, input: Buffer.alloc(0) };
  console.log(JSON.stringify({ target: name, seed: Number(values.seed), inputs: count, found: found?.wrong }));
  if (found !== undefined) console.log(`--target ${name} --input ${found.input.toString("base64")}`);
  return found === undefined;
}

async function attempt(check, input) {
  try {
    return await check(input);
  } catch (error) {
    return `it threw: ${error.stack}`;
  }
}
