import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { staleOf } from "../../tools/mutate/harmless.mjs";
import { mutantsOf } from "../../tools/mutate/mutants.mjs";

test("every change that is left out because it changes nothing is a change of the code as it is", () => {
  const folders = ["src/wire", "src/relay", "src/downstream"];
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
  expect(staleOf(files.flatMap((file) => mutantsOf(file, readFileSync(file, "utf8"))))).toEqual([]);
});
