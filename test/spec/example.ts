/** The members of an object of a message. */
export type Members = Readonly<Record<string, unknown>>;

type Reply = { readonly result: Members } | { readonly error: Members };

/** A request and what it is answered with. */
export type Exchange = {
  readonly kind: "exchange";
  /** What is particular about it. */
  readonly what: string;
  readonly from: "client" | "server";
  readonly method: string;
  readonly params: Members | undefined;
  readonly reply: Reply;
};

/** A notification. */
export type Told = {
  readonly kind: "notification";
  readonly what: string;
  readonly from: "client" | "server";
  readonly method: string;
  readonly params: Members | undefined;
};

/** Messages of our own making, in one of the shapes of a revision's schema. Ids are given where they are sent. */
export type Example = Exchange | Told;

type From = Exchange["from"];

/** `what` is the method, and after a colon what is particular. */
export function exchange(from: From, what: string, params: Members | undefined, reply: Reply): Exchange {
  return { kind: "exchange", what, from, method: methodIn(what), params, reply };
}

/** `what` is the method, and after a colon what is particular. */
export function told(from: From, what: string, params?: Members): Told {
  return { kind: "notification", what, from, method: methodIn(what), params };
}

function methodIn(what: string): string {
  return what.split(":")[0] ?? what;
}
