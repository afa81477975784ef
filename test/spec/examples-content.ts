/** What both eras' messages hold: icons, annotations, contents of resources, blocks of content. */

export const icons = [
  { src: "https://scores.example/quaver.svg", mimeType: "image/svg+xml", sizes: ["any"], theme: "light" },
  { src: "data:image/png;base64,iVBORw0KGgo=", mimeType: "image/png", sizes: ["16x16", "64x64"], theme: "dark" },
  { src: "https://scores.example/plain.ico" },
];

export const annotations = { audience: ["user", "assistant"], priority: 0.25, lastModified: "2026-02-03T04:05:06Z" };

/** A key of a vendor's, with a value of every kind. */
export const vendorMeta = {
  "example.scores/engraving": { staff: 5, isDraft: false, clefs: ["G", "F"], rest: null, "a/b": { c: "d" } },
};

export const textContents = {
  uri: "score:///bolero/snare",
  mimeType: "text/x-abc",
  text: "X:1\nT:Two bars\nK:C\n|: C3 CCC :|\n",
  _meta: vendorMeta,
};

export const blobContents = {
  uri: "score:///bolero/cover",
  mimeType: "image/gif",
  blob: "R0lGODlhAQABAAAAACw=",
  _meta: vendorMeta,
};

/** With no more than they must have. */
export const bareContents = [
  { uri: "score:///bolero/empty", text: "" },
  { uri: "score:///bolero/silence", blob: "" },
];

export const text = {
  type: "text",
  text: "Eighteen “variations”, one crescendo — pp to ff.",
  annotations,
  _meta: vendorMeta,
};

export const image = {
  type: "image",
  data: "R0lGODlhAQABAAAAACw=",
  mimeType: "image/gif",
  annotations,
  _meta: vendorMeta,
};

export const audio = { type: "audio", data: "UklGRgQAAABXQVZF", mimeType: "audio/wav", annotations, _meta: vendorMeta };

export const resourceLink = {
  type: "resource_link",
  uri: "score:///bolero/full",
  name: "bolero_full",
  title: "Boléro, full score",
  description: "Every part, one below the other.",
  mimeType: "application/vnd.recordare.musicxml",
  size: 90_210,
  icons,
  annotations,
  _meta: vendorMeta,
};

export const embeddedText = { type: "resource", resource: textContents, annotations, _meta: vendorMeta };

export const embeddedBlob = { type: "resource", resource: blobContents, annotations, _meta: vendorMeta };

/** All blocks that a tool's result or a prompt's message may hold, each with everything and with nothing more than it must. */
export const blocks: readonly object[] = [
  text,
  image,
  audio,
  resourceLink,
  embeddedText,
  embeddedBlob,
  { type: "text", text: "" },
  { type: "image", data: "", mimeType: "image/png" },
  { type: "audio", data: "", mimeType: "audio/ogg" },
  { type: "resource_link", uri: "https://scores.example/42", name: "forty-two" },
  ...bareContents.map((resource) => ({ type: "resource", resource })),
];

/** Blocks of a conversation with a model that uses tools. */
export const toolUse = {
  type: "tool_use",
  id: "use-7",
  name: "count_bars",
  input: { part: "snare", from: 1, deep: { list: [1, "two", null] } },
  _meta: vendorMeta,
};

export const toolResult = {
  type: "tool_result",
  toolUseId: "use-7",
  content: [text, image, audio, resourceLink, embeddedText],
  structuredContent: { bars: 340 },
  isError: false,
  _meta: vendorMeta,
};
