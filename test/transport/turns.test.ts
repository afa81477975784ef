import { expect, test } from "vitest";
import { Turns } from "../../src/transport/turns.ts";
import { fakeClock } from "../support/clock.ts";

/** Turns whose event loop is turned by hand, and links that note what is done to them. */
function loop() {
  let tasks: (() => void)[] = [];
  const turns = new Turns({ ...fakeClock(), soon: (task) => void tasks.push(task) });
  const log: string[] = [];
  const link = (name: string) => ({ pause: () => void log.push(`-${name}`), resume: () => void log.push(`+${name}`) });
  const turn = () => {
    const due = tasks;
    tasks = [];
    for (const task of due) task();
    return log.splice(0).join(" ");
  };
  return { turns, turn, log, a: link("a"), b: link("b"), c: link("c") };
}

test("a link that alone brings much, and is quickly read, is never paused", () => {
  const { turns, turn, log, a } = loop();
  for (let count = 0; count < 3; count++) {
    for (let chunk = 0; chunk < 5; chunk++) turns.take(a);
    turn();
  }
  expect(log).toEqual([]);
});

test("a link that takes long to read waits for the next turn, though it is alone", () => {
  const { turns, turn, log, a } = loop();
  turns.take(a, -1);
  expect(log).toEqual([]);
  turns.take(a, 0);
  expect(log).toEqual([]);
  expect(turn()).toBe("");
  turns.take(a, -2);
  expect(log.splice(0)).toEqual(["-a"]);
  expect([turn(), turn()]).toEqual(["+a", ""]);
});

test("links that bring much in the same turn are read one in each turn, in the order in which they came", () => {
  const { turns, turn, log, a, b, c } = loop();
  turns.take(a);
  turns.take(b);
  turns.take(c);
  turns.take(a);
  expect(log.splice(0)).toEqual(["-b", "-c", "-a"]);
  expect([turn(), turn(), turn(), turn()]).toEqual(["+b", "+c", "+a", ""]);
});

test("a link whose turn has come waits again when it brings more while others wait", () => {
  const { turns, turn, a, b, c } = loop();
  turns.take(a);
  turns.take(b);
  turns.take(c);
  expect(turn()).toBe("-b -c +b");
  turns.take(b);
  expect([turn(), turn()]).toEqual(["-b +c", "+b"]);
});

test("a link reads on alone when the others have had their turns", () => {
  const { turns, turn, a, b } = loop();
  turns.take(a);
  turns.take(b);
  expect([turn(), turn()]).toEqual(["-b +b", ""]);
  turns.take(a);
  expect(turn()).toBe("");
});
