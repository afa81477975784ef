/** The whole configuration, checked and with every variable and default filled in. Never edited, only replaced. */
export type Config = {
  /** Absolute paths of the files it was read from, first one first. */
  readonly files: readonly string[];
  /** In the order of the files; names are unique. */
  readonly servers: readonly ServerConfig[];
  readonly startup: { readonly mode: StartupMode; readonly waitMs: number };
  readonly errors: "result" | "protocol";
  /** Whether the servers' own instructions are among those that clients are given. */
  readonly instructions: "digest" | "servers";
  readonly pins: PinMode;
  /** What happens to characters in definitions that nobody sees. */
  readonly hygiene: "flag" | "strip";
  readonly callTools: {
    readonly scope: "read-only" | "non-destructive" | "all" | "off";
    readonly deadlineMs: number;
    /** 0 means no bound. */
    readonly maxTokens: number;
  };
  /** 0: results pass as they are. */
  readonly results: { readonly maxTokens: number };
  readonly http: {
    readonly hosts: readonly string[];
    readonly origins: readonly string[];
    readonly idleMs: number;
    readonly maxClients: number;
    readonly maxSets: number;
  };
  /** Absolute. */
  readonly caFiles: readonly string[];
  readonly limits: {
    readonly maxMessageBytes: number;
    readonly maxDepth: number;
    /** Of one client. */
    readonly maxOpenRequests: number;
    /** Of all open requests, of what is not read yet, and of what has not come whole. */
    readonly maxHeldBytes: number;
  };
  /** `file`: whether a copy is kept for `tutti logs`. */
  readonly log: { readonly level: LogLevel; readonly file: boolean };
  /** Values that must never be shown: whatever came through a variable, `env` or `headers`, and is long enough to be told apart. */
  readonly secrets: readonly string[];
  /** What a person should know about the file though it works, one line each: keys of other clients that do nothing here. */
  readonly notices: readonly string[];
  /** Files that others may write too, one line each, with what to do. */
  readonly exposed: readonly string[];
};

/** What happens to definitions that are not as they were first seen. */
export type PinMode = "off" | "warn" | "quarantine";

/** Whether lists are answered with what servers offered at an earlier start, while they start. */
export type StartupMode = "cached" | "waiting" | "lazy";

export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

/** One server of the configuration. */
export type ServerConfig = {
  readonly name: string;
  readonly disabled: boolean;
  /** Whether its tools and prompts have its name before theirs. */
  readonly prefix: boolean;
  /** Whether clients over HTTP share one of it; undefined: where that is safe. */
  readonly shared: boolean | undefined;
  /** Undefined: as it is for all. */
  readonly pins: PinMode | undefined;
  readonly launch: StdioLaunch | RemoteLaunch;
  /** Calls running at once; 0 means no bound. */
  readonly maxConcurrentCalls: number;
  /** Calls waiting for one of those places; 0 means none may wait. */
  readonly maxQueuedCalls: number;
  /** Of calls that wait for a place, for the server's start, or for it to read. */
  readonly maxQueuedBytes: number;
  /** From a call's arrival to its reply; 0 means no deadline. */
  readonly callTimeoutMs: number;
  /** However much progress a call reports, it ends here; 0 means no cap. */
  readonly callTimeoutCapMs: number;
  /** From a question of the server to the client's answer; 0 means as long as the call may take. */
  readonly askTimeoutMs: number;
  /** From spawn to the complete list. */
  readonly connectTimeoutMs: number;
  /** The pause before it is started again, the first time. */
  readonly restartMinMs: number;
  /** The longest of these pauses; 0 means that it is not started again. */
  readonly restartMaxMs: number;
  /** Failures in a row after which calls are refused for a while; 0 means never. */
  readonly breakerFailures: number;
  /** How long they are, the first time. */
  readonly breakerPauseMs: number;
  /** Without a call for so long it is stopped until the next one; 0 means never. */
  readonly idleStopMs: number;
  /** Whether it starts only when a client wants something of it. */
  readonly lazyStart: boolean;
  readonly tools: ToolRules;
};

/** A server started as a child process that speaks over its stdin and stdout. */
export type StdioLaunch = {
  readonly kind: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  /** What the file adds to the child's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; the folder of the configuration file where the entry names none. */
  readonly cwd: string;
};

/** A server reached over the network. */
export type RemoteLaunch = {
  readonly kind: "http" | "sse";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** False: nobody signs in to it. Absent: nothing is configured of it. */
  readonly oauth?: OAuthConfig | false;
};

/** How tutti signs in to a server. */
export type OAuthConfig = {
  /** What its authorization server knows tutti as; undefined: tutti has itself registered. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** Undefined: those that the server names. */
  readonly scopes?: readonly string[] | undefined;
  /** Undefined: any that is free. */
  readonly callbackPort?: number | undefined;
  /** Where a document about tutti as a client lies. */
  readonly clientMetadataUrl?: string | undefined;
  /** Origins beside its own, whatever address they have, that the server may name. */
  readonly origins?: readonly string[];
  /** Whether an authorization server has to say that it knows PKCE; undefined: it has. */
  readonly pkce?: "required" | "unchecked";
};

/** Which of a server's tools are offered, and how. Patterns know `*` (any characters) and `?` (one). */
export type ToolRules = {
  /** Original names that are offered; empty means all. */
  readonly include: readonly string[];
  /** Original names that are not offered; stronger than `include`. */
  readonly exclude: readonly string[];
  /** Original name → the name it has after the server's prefix. */
  readonly rename: ReadonlyMap<string, string>;
  /** In file order; of two patterns that match, the later one wins field by field. */
  readonly annotations: readonly (readonly [pattern: string, hints: Readonly<Record<string, unknown>>])[];
};
