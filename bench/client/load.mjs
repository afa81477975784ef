/** The patterns of calls that the measurements are made of. Each checks its replies by length: an error has another. */

/** @typedef {import("./rig.mjs").Call} Call */

/** How far the lengths of two good replies to one call may differ: their ids have more or fewer digits. */
const MAX_LENGTH_DIFFERENCE = 8;

/**
 * One call after the other, `count` of them or as many as end within the time.
 * @param {Call} call
 * @param {number} count
 * @param {number} withinMs
 * @returns {Promise<number[]>} milliseconds of each
 */
export async function oneByOne(call, count, withinMs = Number.POSITIVE_INFINITY) {
  const expected = await probe(call);
  const until = performance.now() + withinMs;
  return new Promise((resolve) => {
    /** @type {number[]} */
    const times = [];
    let sentAt = 0;
    const next = () => {
      sentAt = performance.now();
      call.link.request(call.opening, (bytes) => {
        const now = performance.now();
        times.push(now - sentAt);
        check(bytes, expected);
        if (times.length === count || now > until) resolve(times);
        else next();
      });
    };
    next();
  });
}

/**
 * As many callers at once as there are `calls`, each with one call after the other, until `count` are answered.
 * @param {Call[]} calls
 * @param {number} count
 * @returns {Promise<number>} milliseconds for all
 */
export async function atOnce(calls, count) {
  const expected = await Promise.all(calls.map(probe));
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    calls.forEach((call, index) => {
      const next = () => {
        if (sent === count) return;
        sent += 1;
        call.link.request(call.opening, (bytes) => {
          check(bytes, expected[index] ?? 0);
          answered += 1;
          if (answered === count) resolve(performance.now() - startedAt);
          else next();
        });
      };
      next();
    });
  });
}

/**
 * All `calls` sent together, once.
 * @param {Call[]} calls
 * @returns {Promise<number>} milliseconds until the last is answered
 */
export async function burst(calls) {
  const startedAt = performance.now();
  await Promise.all(calls.map(probe));
  return performance.now() - startedAt;
}

/**
 * The same calls back to back until it is told to stop.
 * @param {Call[]} calls
 * @returns {Promise<() => number>} stops it and gives the bytes received so far
 */
export async function stream(calls) {
  const expected = await Promise.all(calls.map(probe));
  let received = 0;
  let isOn = true;
  calls.forEach((call, index) => {
    const next = () => {
      call.link.request(call.opening, (bytes) => {
        // The relay may be ending by now, and what is still in flight with it.
        if (!isOn) return;
        check(bytes, expected[index] ?? 0);
        received += bytes;
        next();
      });
    };
    next();
  });
  return () => {
    isOn = false;
    return received;
  };
}

/**
 * The length of the reply to one call, which must be a good one.
 * @param {Call} call
 * @returns {Promise<number>}
 */
export function probe(call) {
  return new Promise((resolve, reject) => {
    call.link.request(call.opening, (bytes, line) => {
      const reply = line === undefined ? undefined : JSON.parse(String(line));
      if (reply === undefined || isGood(reply.result, call.era)) return resolve(bytes);
      reject(new Error(`the call failed: ${String(line).slice(0, 300)}`));
    });
  });
}

/**
 * @param {{ isError?: boolean, resultType?: string } | undefined} result
 * @param {import("./rig.mjs").Era} era
 */
function isGood(result, era) {
  if (result === undefined || result.isError === true) return false;
  return result.resultType === (era === "modern" ? "complete" : undefined);
}

/**
 * @param {number} bytes
 * @param {number} expected
 */
function check(bytes, expected) {
  if (Math.abs(bytes - expected) <= MAX_LENGTH_DIFFERENCE) return;
  throw new Error(`a reply of ${bytes} bytes where ${expected} were expected`);
}
