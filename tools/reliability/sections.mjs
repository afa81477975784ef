// sections.mjs: the parts of docs/reliability.md, each printed from bench/results/<name>.json. Results that bring `rows`
// ({ what, measured, asked?, passed? }) are printed as they are.

const rowsOf = ({ rows = [] }) => rows;

export const sections = [
  {
    name: "simulation",
    title: "Simulation",
    about:
      "The whole relay with a clock, random numbers, links and processes that are injected; clients and servers of both eras that behave, misbehave and die at random. A seed replays exactly. `npm run simulate`.",
    rowsOf,
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
    about: "How long the event loop stood still while a server did its worst, and what that cost the others.",
    rowsOf,
  },
  {
    name: "overload",
    title: "Overload",
    about: "More calls than the machine can make.",
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
    name: "mutation",
    title: "Mutation",
    about:
      "One thing of the code is changed at a time, and the tests that belong to the file are run: a change that no test notices survives. `npm run mutate`.",
    rowsOf,
  },
];

const number = (value) => Math.round(value).toLocaleString("en-US");

function soakRows({ minutes, isComplete, sides }) {
  const rows = [{ what: "minutes", measured: isComplete ? minutes : `broken off, of ${minutes}` }];
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
    for (const { name: what, unit, slope, bound, least, most, passed } of verdicts) {
      const range = least === undefined ? "" : ` (${least} to ${most})`;
      rows.push({
        what: `${name}: ${words[what]}, ${unit}`,
        measured: `${slope}${range}`,
        asked: `< ${bound}`,
        passed,
      });
    }
  }
  return rows;
}

const words = {
  heapUsed: "heap",
  rss: "resident memory",
  fds: "descriptors",
  timers: "timers",
  handles: "handles",
  listeners: "listeners",
  children: "processes below it",
};

function faultsOf({ sides }) {
  const names = [...new Set(sides.flatMap(({ faults }) => Object.keys(faults)))].sort();
  const lines = names.map(
    (name) => `- ${name}: ${number(sides.reduce((sum, { faults }) => sum + (faults[name] ?? 0), 0))}`,
  );
  return `![What the two processes held](soak.svg)\n\nThe faults, both sides together:\n\n${lines.join("\n")}`;
}
