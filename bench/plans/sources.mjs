/** Public data that is replayed where a folder has it. None of it is in this repository. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{ name: string, repository: string, commit: string, folder: string, licence: string, paths: Record<string, string> }} Source */

const bfcl = "berkeley-function-call-leaderboard/bfcl_eval/data";
const golden = "specs/065-evaluation-foundation/datasets";
const parts = ["parallel", "parallel_multiple", "live_parallel", "live_parallel_multiple"];

/** `folder`: the name of the clone in the folder given. */
export const sources = {
  nestful: {
    name: "NESTFUL",
    repository: "https://github.com/IBM/NESTFUL",
    commit: "053cbde",
    folder: "NESTFUL",
    licence: "Apache-2.0",
    paths: {
      executable: "data/executable/executable-data.json",
      executableTools: "data/executable/executable-spec.json",
      glaive: "data/non-executable/non-executable-glaive-data.json",
      glaiveTools: "data/non-executable/non-executable-glaive-spec.json",
      sgd: "data/non-executable/non-executable-sgd-data.json",
      sgdTools: "data/non-executable/non-executable-sgd-spec.json",
    },
  },
  bfcl: {
    name: "BFCL v4 parallel",
    repository: "https://github.com/ShishirPatil/gorilla",
    commit: "6ea5797",
    folder: "gorilla",
    licence: "Apache-2.0",
    paths: Object.fromEntries(
      parts.flatMap((part) => [
        [part, `${bfcl}/BFCL_v4_${part}.json`],
        [`${part} answers`, `${bfcl}/possible_answer/BFCL_v4_${part}.json`],
      ]),
    ),
  },
  golden: {
    name: "mcpproxy's golden set",
    repository: "https://github.com/smart-mcp-proxy/mcpproxy-go",
    commit: "20a3e50",
    folder: "mcpproxy-go",
    licence: "MIT",
    paths: {
      tools: `${golden}/corpus_v1.tools.json`,
      queries: `${golden}/retrieval_golden_v1.json`,
      baseline: `${golden}/baseline_v1.json`,
    },
  },
  liveMcp: {
    name: "the LiveMCPTool catalog",
    repository: "https://github.com/smart-mcp-proxy/mcpproxy-go",
    commit: "20a3e50",
    folder: "mcpproxy-go",
    licence: "Apache-2.0",
    paths: { tools: "specs/083-discovery-profiler/datasets/livemcptool_snapshot/tools.json" },
  },
};

/**
 * The files of a source by their keys, or what is missing and where it comes from.
 * @param {Source} source
 * @param {string | undefined} data
 * @returns {{ files: Record<string, string> } | { missing: string }}
 */
export function filesOf({ name, repository, commit, folder, paths }, data) {
  const files = Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, join(data ?? "", folder, path)]));
  const absent = Object.entries(files).flatMap(([key, file]) =>
    data !== undefined && existsSync(file) ? [] : [paths[key]],
  );
  if (absent.length === 0) return { files };
  const where = data === undefined ? `--data FOLDER, with FOLDER/${folder}` : join(data, folder);
  return {
    missing: `${name} is left out: it takes ${where}, a clone of ${repository} at ${commit}; missing: ${absent.join(", ")}`,
  };
}
