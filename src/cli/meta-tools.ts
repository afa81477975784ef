import type { Config } from "../config/config.ts";
import { callTool } from "../metatools/call-tool.ts";
import { callTools } from "../metatools/call-tools.ts";
import { Handles } from "../metatools/handles.ts";
import type { MetaTools } from "../metatools/index.ts";
import { longResults } from "../metatools/long-results.ts";
import { readResult } from "../metatools/read-result.ts";
import { searchTools } from "../metatools/search-tools.ts";
import { Shapes } from "../metatools/shapes.ts";
import type { System } from "../ports/system.ts";

/** The tools of tutti's own, as a configuration wants them. */
export function ownMetaTools({ callTools: together, results }: Config, { clock, random }: System): MetaTools {
  const { scope, deadlineMs, maxTokens } = together;
  const handles = new Handles({ clock, random });
  const shapes = new Shapes();
  const several = scope === "off" ? [] : [callTools({ scope, deadlineMs, maxTokens, clock, handles, shapes })];
  const bounded = results.maxTokens === 0 ? undefined : longResults(handles, results.maxTokens);
  const rest = readResult({ handles, maxTokens: results.maxTokens || maxTokens });
  return {
    direct: bounded === undefined ? several : [...several, rest],
    lazy: [searchTools(shapes), ...several, callTool(shapes), rest],
    longResults: bounded,
  };
}
