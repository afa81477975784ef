import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { contractFiles, contractRuns, wayVariable } from "./test/requirements/ways.ts";

const isWhole = process.env["TUTTI_CONTRACT"] === "all";

/** Short files whose tests take long: begun first, so that not one of them is what everybody waits for in the end. */
const longest = [
  "test/simulation/simulation.test.ts",
  "test/faults/http-servers.test.ts",
  "test/faults/own-end.test.ts",
  "test/e2e/http-cells.test.ts",
  "test/tools/fuzz.test.ts",
  "test/tools/soak.test.ts",
  "test/faults/own-death.test.ts",
  "test/faults/swarm.test.ts",
  "test/faults/same-ids.test.ts",
  "test/faults/http-clients.test.ts",
  "test/faults/reload-often.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // A third of the time of a run went into loading the same modules again for each file. No module of ours keeps a state.
    isolate: false,
    // More than half of what tests do is waiting for processes: as many files at once as there are cores would leave them idle.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "tests", include: ["test/**/*.test.ts"] } },
      ...contractRuns
        .filter(({ isExtra }) => isWhole || !isExtra)
        .map(({ name }) => ({
          extends: true as const,
          test: { name, include: contractFiles, env: { [wayVariable]: name } },
        })),
    ],
  },
});
