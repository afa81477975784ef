import type { Catalog } from "../catalog/catalog.ts";

/** A tool that tutti itself answers. */
export type MetaTool = {
  readonly name: string;
  /** Whether one call of another stands for it, so that what its server tells of progress is the client's. */
  readonly isOneCall?: boolean;
  /** Its definition, to be written as JSON; `catalog`: what it can reach. */
  readonly definition: (catalog: Catalog) => object;
  /** Begins one call of it. It ends with exactly one `reply` of the request, unless it is cancelled first. */
  readonly begin: (request: MetaRequest) => MetaCall;
};

/** A call of a meta-tool under way, as its client's side sees it. */
export type MetaCall = {
  /** Its client has taken it back, or is gone: everything it has begun is taken back. It replies no more. */
  readonly cancel: (reason: string) => void;
  /** Its client is asked something by a request: its own time stands still until what this gives is called. */
  readonly hold?: () => () => void;
};

/** What a call of a meta-tool was given, and all that it can do. */
export type MetaRequest = {
  /** `params.arguments` as they came: JSON in UTF-8, checked; `{}` where there were none. */
  readonly arguments: Buffer;
  /** The same object for everything that belongs to one client. Nothing of one is ever given to another. */
  readonly owner: object;
  /** What is offered now. */
  readonly catalog: () => Catalog;
  /** Tells how far it is: `progress` of `total`, both whole; undefined where the client does not want to know. */
  readonly progress: ((progress: number, total: number, message: string) => void) | undefined;
  /**
   * Calls a tool by its exposed name, on the way of any other call: the same gates, deadlines and events. `args`: a JSON
   * object. `answers`: where it was called before and asked something. `settled` is called once, never before this returns,
   * unless it is cancelled: then it is told whether the server may have worked on it. `label` is what observers know the call by.
   */
  readonly call: (
    tool: string,
    args: Buffer,
    settled: (outcome: Outcome) => void,
    answers?: Answers,
    label?: string,
  ) => InnerCallHandle;
  /**
   * Ends this request of the client with questions, `{"key": {"method", "params"}, …}`, and waits for its next one.
   * `resumed` gets the answers, `{"key": …, …}`, some of which may be missing, or keys that nobody has asked for; what it
   * replies from then on goes to that request.
   * `abandoned`: it did not come back in time, or cannot. Only where an outcome asked.
   */
  readonly ask: (inputRequests: Buffer, resumed: (inputResponses: Buffer) => void, abandoned: () => void) => void;
  /** The whole result, a JSON object in bytes, one to a character, without what the protocol's era adds. */
  readonly reply: (result: string) => void;
  /** In the place of `reply`: a server's error with which the protocol itself works, as it came. */
  readonly refuse: (error: Extract<Outcome, { readonly kind: "error" }>) => void;
};

/** An inner call under way. */
export type InnerCallHandle = {
  /** Takes it back; whether its server may have worked on it. */
  readonly cancel: (reason: string) => boolean;
};

/** What became of an inner call. */
export type Outcome =
  /** Its result as it stands, a JSON object; one with `isError` too. tutti's own failures are such results, with `_meta["tutti/error"]`. */
  | { readonly kind: "result"; readonly result: Buffer }
  /** A JSON-RPC error; `data` as it stands. */
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data: Buffer | undefined }
  /** It asks the client something first: `inputRequests` an object, `requestState` a JSON string, as they stand. */
  | {
      readonly kind: "asks";
      readonly inputRequests: Buffer | undefined;
      readonly requestState: Buffer | undefined;
      /** Nobody will answer: its server, which may still be at work on the call, is told so. */
      readonly drop?: (reason: string) => void;
    };

/** With what an inner call that has asked something is called again: as they stand. */
export type Answers = { readonly inputResponses: Buffer; readonly requestState: Buffer | undefined };
