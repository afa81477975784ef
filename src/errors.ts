/**
 * Why a call got no reply of its own from its server. The list is closed; what a person can do about each is in
 * docs/errors.md.
 *
 * - `unknown_tool`: not in the catalog. Did not run.
 * - `bad_arguments`: the input of one of tutti's own tools is wrong. Did not run.
 * - `queue_full`: the server's queue is at its bound. Did not run.
 * - `unavailable`: the server is not connected, did not start in time, or is being stopped. Did not run.
 * - `timed_out`: no reply by the deadline. May have run.
 * - `connection_lost`: the link closed while the call was under way. May have run.
 * - `bad_reply`: the reply is not valid JSON, too long or too deep. May have run.
 * - `cancelled`: the client cancelled or left; nobody is told.
 * - `internal`: a defect of ours, logged with its cause.
 */
export type CallErrorCode =
  | "unknown_tool"
  | "bad_arguments"
  | "queue_full"
  | "unavailable"
  | "timed_out"
  | "connection_lost"
  | "bad_reply"
  | "cancelled"
  | "internal";
