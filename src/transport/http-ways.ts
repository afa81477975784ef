import type { Clock } from "../ports/clock.ts";
import type { Holds } from "./holds.ts";
import type { Replies } from "./http-replies.ts";

/** What all ways of one listener to its clients share. */
export type HttpWays = { readonly clock: Clock; readonly holds: Holds; readonly replies: Replies };
