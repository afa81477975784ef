import { annotations, icons, vendorMeta } from "./examples-content.ts";

/** What servers offer, as both eras define it. */

const inputSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: { part: { type: "string", enum: ["snare", "flute"] }, bars: { type: "integer", minimum: 1 } },
  required: ["part"],
  additionalProperties: false,
};

export const tools = [
  {
    name: "transpose",
    title: "Transpose a part",
    description: "Moves every note of a part by some half-tones.",
    inputSchema,
    outputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { moved: { type: "integer" } },
      required: ["moved"],
    },
    annotations: {
      title: "Transpose",
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false,
    },
    icons,
    _meta: vendorMeta,
  },
  { name: "metronome", inputSchema: { type: "object" } },
  {
    name: "tune",
    inputSchema: { $schema: "http://json-schema.org/draft-07/schema#", type: "object", definitions: {} },
  },
];

/** Tools that only the last revision of the older era defines: they say whether they run as tasks. */
export const taskTools = ["forbidden", "optional", "required"].map((taskSupport) => ({
  name: `engrave_${taskSupport}`,
  inputSchema: { type: "object", properties: {} },
  execution: { taskSupport },
}));

/** Tools that only the newer era defines: schemas of any kind. */
export const newerTools = [
  {
    name: "list_parts",
    inputSchema: { type: "object", oneOf: [{ required: ["work"] }, { required: ["composer"] }] },
    outputSchema: { type: "array", items: { type: "string" }, $comment: "names" },
  },
  { name: "tempo", inputSchema: { type: "object" }, outputSchema: { type: ["number", "null"] } },
];

export const prompts = [
  {
    name: "programme_note",
    title: "Note for the programme",
    description: "Asks for a few lines on a work.",
    arguments: [
      { name: "work", title: "Work", description: "Its name, or its number in the catalogue.", required: true },
      { name: "length", required: false },
    ],
    icons,
    _meta: vendorMeta,
  },
  { name: "warm_up" },
];

export const resources = [
  {
    uri: "score:///bolero/snare",
    name: "bolero_snare",
    title: "Boléro, snare drum",
    description: "Two bars, 169 times.",
    mimeType: "text/x-abc",
    size: 34,
    icons,
    annotations,
    _meta: vendorMeta,
  },
  { uri: "score:///bolero/cover", name: "cover" },
];

export const templates = [
  {
    uriTemplate: "score:///{work}/{part}",
    name: "part",
    title: "One part of a work",
    description: "By the names of both.",
    mimeType: "text/x-abc",
    icons,
    annotations,
    _meta: vendorMeta,
  },
  { uriTemplate: "shelf://rooms{/room}{?row}", name: "shelf" },
];

/** Who somebody is, with everything that may be said. */
export const implementation = {
  name: "podium",
  title: "Podium",
  version: "3.1.4-rc.1+build.5",
  description: "Where the conductor stands.",
  websiteUrl: "https://podium.example/about",
  icons,
};
