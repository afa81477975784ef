import type { LinkFailure } from "./link.ts";

/** How requests to a server say as whom we are signed in. */
export type SignIn = {
  /** What goes as `Authorization`; undefined: nothing yet. A promise where it has to be asked for, which never rejects. */
  readonly authorization: () => string | undefined | Promise<string | undefined>;
  /** The server has let in a request that said this as `Authorization`. */
  readonly accepted: (sent: string | undefined) => void;
  /**
   * The server has refused a request. "again": the same may be sent once more, with what `authorization` says then. A
   * failure: why not. Undefined: this has nothing to do with who we are. Never rejects.
   */
  readonly again: (refusal: Refusal) => Promise<"again" | LinkFailure | undefined>;
  /** Has `then` run once when it may be tried again, because the user has signed in; what is given ends that. */
  readonly signedIn: (then: () => void) => () => void;
  /** What to do about a refusal of another kind: the end of a line. */
  readonly cure: () => string;
};

export type Refusal = {
  readonly status: 401 | 403;
  /** `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  /** What the request said as `Authorization`. */
  readonly sent: string | undefined;
  /** It was sent twice already: there is no "again". */
  readonly isRepeated: boolean;
};

/** A request was refused, and is not sent again, for who we are or are not. */
export class NotSignedIn extends Error {
  override readonly name = "NotSignedIn";
  readonly failure: LinkFailure;

  constructor(failure: LinkFailure) {
    super(failure.text);
    this.failure = failure;
  }
}
