// The attacks of test/fixtures/http-hostile.mjs by the fault of the catalogue that they are of.

/** What an attack has to come to: the code of its call's error, and whether it may have run; or an answer. */
type Fate = RegExp;

const tooLong: Fate = /^bad_reply true$/;
const lost: Fate = /^connection_lost true$/;
/** Each time that it comes again costs a little, and its call has one second. */
const lostOrLate: Fate = /^(?:connection_lost|timed_out) true$/;
const late: Fate = /^timed_out true$/;
/** On a machine that is busy the time is up before so much has come. */
const flooded: Fate = /^(?:connection_lost|bad_reply|timed_out) true$/;
const answered: Fate = /^answered$/;
const busy: Fate = /^(?:answered|timed_out true)$/;
const undone: Fate = /^unavailable false$/;
const login: Fate = /^login_required false$/;

/** Attacks by the fault that they are of, in sessions and without. */
const faults: readonly { readonly title: string; readonly attacks: Readonly<Record<string, Fate>> }[] = [
  {
    title: "F49: bombs of gzip and brotli, several layers of them, and what is none",
    attacks: {
      gzip_bomb: flooded,
      gzip_endless: flooded,
      gzip_endless_text: flooded,
      gzip_stream: flooded,
      gzip_comments: flooded,
      brotli_bomb: flooded,
      layered: flooded,
      layered_brotli: flooded,
      refusal_bomb: flooded,
      not_gzip: flooded,
    },
  },
  {
    title: "F50: endless lines, events, comments and heads, and answers that come byte by byte",
    attacks: {
      endless_event: flooded,
      endless_lines: flooded,
      endless_empty_lines: flooded,
      endless_field: flooded,
      endless_comments: flooded,
      endless_newlines: flooded,
      endless_progress: late,
      endless_replies: late,
      drip: late,
      endless_json: flooded,
      endless_nesting: flooded,
      endless_refusal: flooded,
      huge_length: late,
      endless_hints: flooded,
      endless_headers: lost,
      endless_status: lost,
      endless_chunk_extension: lost,
      endless_trailers: lost,
      huge_headers: lost,
    },
  },
  {
    title: "F51: resets and ends before, in and after the head, in the body and in a stream, and answers that are none",
    attacks: {
      two_answers: answered,
      two_lengths: lost,
      not_http: lost,
      reset_before: lost,
      reset_in_head: lost,
      reset_after_head: lost,
      reset_in_body: lost,
      end_in_body: lost,
      reset_in_stream: lost,
      end_of_stream: lost,
      empty: tooLong,
      no_content: tooLong,
      page: tooLong,
      array: tooLong,
      other_id: tooLong,
      status_nothing: tooLong,
    },
  },
  {
    title: "F52: redirects to private addresses, other origins, other schemes and itself",
    attacks: {
      to_other_origin: undone,
      to_private: undone,
      to_localhost: undone,
      to_file: undone,
      to_https: undone,
      to_itself: undone,
      to_nowhere: undone,
      to_secret: undone,
      to_see_other: undone,
    },
  },
  {
    title: "F53: 401, 403 and 407 again and again",
    attacks: { unauthorized: login, forbidden: login, proxy_login: undone },
  },
  {
    title: "F54: 429 and 503 that say to wait, also for a thousand million seconds",
    attacks: { too_many: undone, overloaded: undone, overloaded_oddly: tooLong },
  },
];
const inSessions: typeof faults = [
  {
    title: "F50: endless streams, events that tell when to come again, questions and pings without number",
    attacks: {
      many_questions: busy,
      many_pings: busy,
      long_id: busy,
      retry_never: late,
      retry_digits: late,
      retry_at_once: busy,
      hostile_ids: lostOrLate,
      get_lists_changed: busy,
      get_pings: busy,
      get_endless: busy,
      get_endless_event: busy,
      get_ends: busy,
    },
  },
  {
    title: "F55: a session that is forgotten, once and again and again",
    attacks: { forgets: undone, forgets_and_answers: undone, forgets_always: undone },
  },
];

/** Every fault in the ways in which a server can be spoken to. */
export const cells = [
  ...faults.map((fault) => ({ ...fault, how: "without sessions", path: "/modern" })),
  ...[...faults, ...inSessions].map((fault) => ({ ...fault, how: "in sessions", path: "/legacy" })),
];
