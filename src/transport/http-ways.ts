import type { Clock } from "../ports/clock.ts";
import type { Replies } from "./http-replies.ts";

/** What all ways of one listener to its clients share. */
export type HttpWays = { readonly clock: Clock; readonly replies: Replies };
