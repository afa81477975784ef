import { expect, test } from "vitest";
import { firstComplaint, lastWords } from "../../src/process/complaint.ts";

const inNode = [
  "file:///servers/files.mjs:3",
  '  throw new Error("no folder given");',
  "        ^",
  "",
  "Error: no folder given",
  "    at file:///servers/files.mjs:3:9",
  "    at node:internal/errors:1 {",
  "  code: 'ERR_NO_FOLDER'",
  "}",
  "",
  "Node.js v24.22.3",
];
const inPython = [
  "Traceback (most recent call last):",
  '  File "server.py", line 3, in <module>',
  '    raise ValueError("x")',
  "ValueError: x",
];
const ofNpm = [
  "npm error code E404",
  "npm error 404 Not Found - GET https://registry.example/no-such-server - Not found",
  "npm error 404",
  "npm error 404  'no-such-server@*' is not in this registry.",
  "npm error A complete log of this run can be found in: /home/ann/.npm/_logs/debug-0.log",
];
const ofNpmWithoutPackage = [
  "npm error code ENOENT",
  "npm error syscall open",
  "npm error path /srv/package.json",
  "npm error errno -2",
  "npm error enoent Could not read package.json",
];

test.each([
  [["Traceback (most recent call last):", '  File "x.py"', "ModuleNotFoundError: No module named 'x'"], 2],
  [["node:internal/modules/cjs/loader:1215", "  throw err;", "", "Error: Cannot find module 'x'", "Node.js v20"], 3],
  [["starting", "npm ERR! code E404", "npm ERR! 404 Not Found"], 2],
  [["thread 'main' panicked: panic", "x"], 0],
  [["Listening", "all is well"], undefined],
  [["found errorless things"], undefined],
  [[], undefined],
])("of the lines of a stderr the one that says what went wrong is found: %j", (lines, index) => {
  expect(firstComplaint(lines)).toBe(index === undefined ? undefined : lines[index]?.trim());
});

test.each([
  ["an exception in Node", inNode, 4],
  ["an exception in Python", inPython, 3],
  ["a package that does not exist", ofNpm, 1],
  ["another failure of npm", ofNpmWithoutPackage, 4],
  ["an error beside other lines", ["reading", "cannot open the database", "bye"], 1],
  ["no error at all", ["reading", "bye", "  ", ""], 1],
  ["nothing but what Node adds", ["bye", "Node.js v20.19.0"], 0],
  ["nothing", ["", " "], undefined],
])("the last words after %s say what went wrong", (_, lines, index) => {
  expect(lastWords(lines)).toBe(index === undefined ? undefined : lines[index]);
});
