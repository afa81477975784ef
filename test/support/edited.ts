import type { Era } from "../../src/downstream/handshake.ts";
import { type Slot, slot } from "../../src/wire/members.ts";
import type { Edit, Message } from "../../src/wire/message.ts";
import { type Cuts, messageOf } from "../wire/drive.ts";

export type Json = Record<string, unknown>;

export const eras: readonly Era[] = ["legacy", "modern"];

/** The message's text with `edits` made beside those that every message gets on its way. */
export function textOf(message: Message, edits: readonly Edit[]): string {
  const own = [slot.id, slot.name, slot.wantedToken, slot.token]
    .filter((member) => message.has(member))
    .map((member) => replacing(message, member, '"ours"'));
  const out = message.splice([...own, ...marksOf(message), ...edits]);
  return typeof out === "string" ? Buffer.from(out, "latin1").toString() : Buffer.concat(out).toString();
}

function replacing(message: Message, member: Slot, bytes: string): Edit {
  return { start: message.start(member), end: message.end(member), bytes };
}

function marksOf({ reservedNames }: Message): Edit[] {
  const starts = reservedNames.filter((_, index) => index % 2 === 0);
  return starts.map((start, index) => ({ start, end: reservedNames[2 * index + 1] as number, bytes: '"foreign"' }));
}

/** The text of a message with the edits that `editsOf` gives for it, beside those that every message gets. */
export function edited(text: string, editsOf: (message: Message) => Edit[], at: Cuts = []): string {
  const message = messageOf(text, at);
  return textOf(message, editsOf(message));
}

/** The text of a message on its way within an era. */
export function unchanged(text: string): string {
  return edited(text, () => []);
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `value` without the members in `names`. */
export function without(value: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
