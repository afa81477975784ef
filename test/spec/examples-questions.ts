import type { Members } from "./example.ts";
import { audio, image, text, toolResult, toolUse, vendorMeta } from "./examples-content.ts";
import { tools } from "./examples-definitions.ts";

/** What a server asks of a client, and what the client answers: as requests of the older era, and within results of the newer. */
export type Question = {
  readonly what: string;
  readonly method: string;
  readonly params: Members | undefined;
  readonly answer: Members;
};

function form(message: string, properties: Members, more: Members = {}): Members {
  return { message, requestedSchema: { type: "object", properties }, ...more };
}

const everyField = {
  nick: { type: "string", title: "Name", description: "As on the door.", minLength: 1, maxLength: 40, default: "Ida" },
  mail: { type: "string", format: "email" },
  page: { type: "string", format: "uri" },
  day: { type: "string", format: "date" },
  at: { type: "string", format: "date-time" },
  bpm: { type: "integer", title: "Beats", description: "In a minute.", minimum: 20, maximum: 300, default: 72 },
  gain: { type: "number", minimum: -6.5, maximum: 6.5, default: 0.5 },
  isLoud: { type: "boolean", title: "Loud", description: "Or not.", default: true },
  key: { type: "string", title: "Key", description: "One.", enum: ["C", "F"], default: "C" },
  mode: {
    type: "string",
    title: "Mode",
    description: "One.",
    oneOf: [
      { const: "maj", title: "Major" },
      { const: "min", title: "Minor" },
    ],
    default: "min",
  },
  winds: {
    type: "array",
    title: "Winds",
    description: "Some.",
    items: { type: "string", enum: ["oboe", "horn"] },
    minItems: 0,
    maxItems: 2,
    default: ["oboe"],
  },
  strings: {
    type: "array",
    title: "Strings",
    description: "Some.",
    items: {
      anyOf: [
        { const: "vn", title: "Violin" },
        { const: "vc", title: "Cello" },
      ],
    },
    minItems: 1,
    maxItems: 2,
    default: ["vn", "vc"],
  },
  clef: {
    type: "string",
    title: "Clef",
    description: "One.",
    enum: ["g", "f"],
    enumNames: ["Treble", "Bass"],
    default: "g",
  },
};

export const forms: readonly Question[] = [
  {
    what: "a form with every kind of field, accepted",
    method: "elicitation/create",
    params: {
      mode: "form",
      message: "Who plays, and how?",
      requestedSchema: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: everyField,
        required: ["nick", "bpm"],
      },
    },
    answer: { action: "accept", content: { nick: "Nils", bpm: 60, isLoud: false, winds: ["horn"], strings: [] } },
  },
  {
    what: "a form without a mode, declined",
    method: "elicitation/create",
    params: form("Repeat?", { again: { type: "boolean" } }),
    answer: { action: "decline" },
  },
  {
    what: "a form with nothing to fill in, cancelled",
    method: "elicitation/create",
    params: form("Shall we?", {}, { mode: "form" }),
    answer: { action: "cancel" },
  },
];

/** A URL, without the id that only the older era gives it. */
export const url: Question = {
  what: "a URL",
  method: "elicitation/create",
  params: { mode: "url", message: "Sign the contract there.", url: "https://sign.example/c?id=a%20b&x=1#here" },
  answer: { action: "accept" },
};

const say = (role: "user" | "assistant", content: unknown, more: Members = {}) => ({ role, content, ...more });

const model = "muse-2-large";

export const samplings: readonly Question[] = [
  {
    what: "sampling with everything that it may have",
    method: "sampling/createMessage",
    params: {
      messages: [
        say("user", text, { _meta: vendorMeta }),
        say("user", image),
        say("user", audio),
        say("assistant", toolUse),
        say("user", toolResult),
        say("assistant", [text, image, audio, toolUse]),
        say("user", [toolResult]),
      ],
      modelPreferences: {
        hints: [{ name: "muse" }, {}],
        costPriority: 0,
        speedPriority: 0.5,
        intelligencePriority: 1,
      },
      systemPrompt: "You play second violin.",
      includeContext: "none",
      temperature: 0.7,
      maxTokens: 512,
      stopSequences: ["\n\n", "FINE"],
      metadata: { opus: 9, movement: "scherzo" },
      tools,
      toolChoice: { mode: "auto" },
    },
    answer: { role: "assistant", content: [text, toolUse], model, stopReason: "toolUse", _meta: vendorMeta },
  },
  ...[
    { what: "text", content: text, stopReason: "endTurn", includeContext: "thisServer", mode: "required" },
    { what: "an image", content: image, stopReason: "maxTokens", includeContext: "allServers", mode: "none" },
    { what: "sound", content: audio, stopReason: "stopSequence" },
    { what: "the use of a tool", content: toolUse, stopReason: "toolUse" },
    { what: "the result of a tool", content: toolResult, stopReason: "example.vendor/paused" },
  ].map(({ what, content, stopReason, includeContext, mode }) => ({
    what: `sampling answered with ${what}`,
    method: "sampling/createMessage",
    params: {
      messages: [say("user", { type: "text", text: "Your turn." })],
      maxTokens: 1,
      ...(includeContext === undefined ? {} : { includeContext }),
      ...(mode === undefined ? {} : { tools, toolChoice: { mode } }),
    },
    answer: { role: "assistant", content, model, stopReason },
  })),
];

export const roots: readonly Question[] = [
  {
    what: "roots",
    method: "roots/list",
    params: { _meta: vendorMeta },
    answer: { roots: [{ uri: "file:///home/ida/scores", name: "Scores", _meta: vendorMeta }, { uri: "file:///srv" }] },
  },
  { what: "no roots", method: "roots/list", params: undefined, answer: { roots: [] } },
];
