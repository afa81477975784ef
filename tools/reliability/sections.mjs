// sections.mjs: the parts of docs/reliability.md, each printed from bench/results/<name>.json. Results that bring `rows`
// ({ what, measured, asked?, passed? }) are printed as they are.

import { markdown } from "../../bench/tables.mjs";

const rowsOf = ({ rows = [] }) => rows;

export const sections = [
  {
    name: "simulation",
    title: "Simulation",
    about:
      "The whole of tutti with a clock, random numbers, files and processes that are injected; clients and servers of both eras that behave, misbehave and die at random. A seed replays exactly; what must hold stands in `test/simulation/README.md`. `npm run simulate`.",
    rowsOf: simulationRows,
    more: simulationMore,
  },
  {
    name: "kills",
    title: "Kills",
    about:
      "tutti is killed at random moments, with trees of processes below it. What lives two seconds later is counted.",
    rowsOf,
  },
  {
    name: "hostile",
    title: "Hostile servers",
    about:
      "How long the event loop stood still while a server did its worst for ten seconds, and what that cost small calls of another server. `npm run bench -- --only hostile`.",
    rowsOf,
  },
  {
    name: "overload",
    title: "Overload",
    about: "Ten times as many calls as a server can answer. `npm run bench -- --only overload`.",
    rowsOf,
  },
  {
    name: "second-start",
    title: "Second start",
    about:
      "Twenty servers that each take 3 s to start, of which everything is remembered. `npm run bench -- --only secondStart`.",
    rowsOf,
  },
  {
    name: "soak",
    title: "Soak",
    about:
      "The built program, once over HTTP and once over stdio, at a steady rate of calls with faults; now and then all rests and what the process holds is sampled, after a collection of garbage. Slopes are Theil–Sen, after the first fifth of the time. `npm run soak -- --minutes 60`.",
    rowsOf: soakRows,
    more: faultsOf,
  },
  {
    name: "comings",
    title: "Coming and going",
    about:
      "The built program over HTTP. Clients come, call, listen and go: with a session that they end or just leave, without one, and with servers of their own. Then one configuration after the other, each with a server that is another and one that comes or goes. Every twentieth of it what the process holds is sampled, when all is forgotten that has left; the slopes are those after the first fifth. `npm run comings`.",
    rowsOf: comingsRows,
  },
  {
    name: "mutation",
    title: "Mutation",
    about:
      "One thing of the code is changed at a time, and the tests that belong to the file are run: a change that no test notices survives. `npm run mutate`.",
    rowsOf,
  },
];

const number = (value) => Math.round(value).toLocaleString("en-US");

function simulationRows(result) {
  const { seeds, failed, requests, calls, repeats, compared, states, steps, faults, virtualHours } = result;
  const { seconds, cpuSeconds } = result;
  return [
    {
      what: "seeds",
      measured: `${number(seeds)} in ${number(seconds)} s (${number(cpuSeconds)} s of CPU)`,
      asked: "100,000",
      passed: seeds >= 100_000,
    },
    { what: "seeds that failed", measured: failed.length, asked: "0", passed: failed.length === 0 },
    { what: "requests of clients", measured: number(requests) },
    { what: "calls at servers", measured: number(calls) },
    ...(repeats === undefined ? [] : [{ what: "calls sent once more, their server lost", measured: number(repeats) }]),
    ...(states === undefined ? [] : [{ what: "servers that came into a state", measured: counts(states) }]),
    { what: "answers compared byte for byte", measured: number(compared) },
    { what: "steps; hours on the clock of the runs", measured: `${number(steps)}; ${number(virtualHours)}` },
    { what: "faults", measured: number(faults) },
  ];
}

const counts = (counted) =>
  Object.entries(counted)
    .map(([what, count]) => `${what} ${number(count)}`)
    .join(", ");

function simulationMore({ faultsByKind, planted }) {
  const kinds = Object.entries(faultsByKind).map(([kind, count]) => `- ${kind}: ${number(count)}`);
  const faults = `The faults:\n\n${kinds.join("\n")}`;
  if (planted === undefined) return faults;
  const found = planted.map(({ what, seeds }) => [what, seeds === undefined ? "not found in 300" : String(seeds)]);
  const table = markdown([["Defect", "Seeds until it was found"], ...found]);
  const about = "Defects that were put into tutti one at a time (`npm run simulate -- --planted`):";
  return `${faults}\n\n${about}\n\n${table}`;
}

function soakRows({ minutes, isComplete, warmUp, sides }) {
  const rows = [
    { what: "minutes", measured: isComplete ? minutes : `broken off, of ${minutes}` },
    ...(warmUp === undefined
      ? []
      : [{ what: "before that, to warm up", measured: `${number(warmUp.seconds)} s, ${number(warmUp.calls)} calls` }]),
  ];
  for (const { name, about, counts, faults, violations, verdicts } of sides) {
    const faulty = Object.values(faults).reduce((sum, one) => sum + one, 0);
    const bad = Object.values(violations).reduce((sum, one) => sum + one, 0);
    rows.push(
      { what: `${name}: calls, ${about}`, measured: number(counts.calls) },
      { what: `${name}: faults`, measured: number(faulty) },
      {
        what: `${name}: astray, unanswered, wrong, defects`,
        measured: number(bad),
        asked: "0",
        passed: bad === 0,
      },
    );
    rows.push(...verdictRows(name, verdicts));
  }
  return rows;
}

function comingsRows({ visits, wrong, parts }) {
  return [
    ...Object.entries(visits).map(([what, count]) => ({ what: `clients ${what}`, measured: number(count) })),
    { what: "not as it should be", measured: wrong.length, asked: "0", passed: wrong.length === 0 },
    ...parts.flatMap(({ name, count, seconds, verdicts }) => [
      { what: name, measured: `${number(count)} in ${number(seconds)} s` },
      ...verdictRows(name, verdicts),
    ]),
  ];
}

/** What `judge` says of the samples of `name`. */
function verdictRows(name, verdicts) {
  return verdicts.map(({ name: what, unit, slope, bound, least, most, passed }) => {
    const range = least === undefined ? "" : ` (${least} to ${most})`;
    const asked = bound === undefined ? {} : { asked: `< ${bound}`, passed };
    return { what: `${name}: ${words[what]}, ${unit}`, measured: `${slope}${range}`, ...asked };
  });
}

const howSoaked =
  "In a rest sessions end too, because what is kept so that a stream can be read on differs from one moment to the next. It is warmed up before, as long as stands above, at five times the rate, with another configuration every two seconds, because V8 goes on compiling what is used now and then; how much of the heap is such code is a row of its own. V8's young generation is held at its full size (`--min-semi-space-size=16`), so that its growing and shrinking by 32 MiB is not taken for ours.";

const words = {
  heapUsed: "heap",
  heldBytes: "heap without compiled code",
  rss: "resident memory",
  code: "compiled code, which is in the heap",
  drift: "resident memory",
  fds: "descriptors",
  timers: "timers",
  handles: "handles",
  listeners: "listeners",
  children: "processes below it",
};

function faultsOf({ sides, warmUp }) {
  const names = [...new Set(sides.flatMap(({ faults }) => Object.keys(faults)))].sort();
  const lines = names.map(
    (name) => `- ${name}: ${number(sides.reduce((sum, { faults }) => sum + (faults[name] ?? 0), 0))}`,
  );
  const how = warmUp === undefined ? "" : `${howSoaked}\n\n`;
  return `${how}![What the two processes held](soak.svg)\n\nThe faults, both sides together:\n\n${lines.join("\n")}`;
}
