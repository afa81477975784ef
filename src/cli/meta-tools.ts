import type { Config } from "../config/config.ts";
import { type MetaTools, noMetaTools } from "../metatools/index.ts";

/** The tools of tutti's own, as a configuration wants them. */
export function ownMetaTools(_config: Config): MetaTools {
  return noMetaTools;
}
