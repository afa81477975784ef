import { randomBytes } from "node:crypto";

/** So many bytes that nobody can guess. */
export const systemRandom = (count: number): Buffer => randomBytes(count);
