import { defineConfig } from "vitest/config";
import { contractFiles, contractRuns, wayVariable } from "./test/requirements/ways.ts";

const isWhole = process.env["TUTTI_CONTRACT"] === "all";

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
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
