import * as z from "zod";

/** The longest time that Node's timers hold, about 24 days. */
export const longestMs = 2_147_483_647;

/** A whole number within bounds, both included. */
export const wholeNumber = (least: number, most: number) => z.int().min(least).max(most);

/** A text with at least one character. */
export const text = z.string().min(1);

/** Patterns of tools' names. */
export const toolPatterns = z.array(text);
