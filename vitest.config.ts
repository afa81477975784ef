import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { contractFiles, contractRuns, wayVariable } from "./test/requirements/ways.ts";

const isWhole = process.env["TUTTI_CONTRACT"] === "all";

export default defineConfig({
  test: {
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // Much of what tests do is waiting for processes: one file at a time would leave a machine of two cores idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
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
