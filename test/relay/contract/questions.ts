import type { Question } from "../../support/fake-call.ts";

/** A client that can be asked everything. */
export const able = {
  capabilities: {
    elicitation: { form: {}, url: {} },
    sampling: { tools: {}, context: {} },
    roots: { listChanged: true },
  },
};

const schema = { type: "object", properties: { name: { type: "string", title: "Näme" } }, required: ["name"] };

export function form(message: string): Question {
  return { method: "elicitation/create", params: { mode: "form", message, requestedSchema: schema } };
}

/** `id`: where servers give one. */
export function address(message: string, id?: string): Question {
  const more = id === undefined ? {} : { elicitationId: id };
  return {
    method: "elicitation/create",
    params: { mode: "url", message, url: "https://example.org/a?b=c#d", ...more },
  };
}

export function sampling(text: string, more: object = {}): Question {
  const messages = [{ role: "user", content: { type: "text", text } }];
  return { method: "sampling/createMessage", params: { messages, maxTokens: 100, ...more } };
}

export const roots: Question = { method: "roots/list", params: {} };

export const accepted = { action: "accept", content: { name: "Ada", older: true, age: 36.5 } };

export const sampled = {
  role: "assistant",
  content: { type: "text", text: "It is." },
  model: "m-1",
  stopReason: "endTurn",
};
