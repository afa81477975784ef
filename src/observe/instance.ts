import { type Observer, troubles } from "../events.ts";

/** Errors that are kept for who asks. */
const mostErrors = 10;

/** What a running tutti tells of itself to those who ask from outside. */
export type InstanceRecord = {
  readonly format: 1;
  readonly pid: number;
  readonly version: string;
  /** In ms since 1970. */
  readonly startedAt: number;
  /** The configuration files. */
  readonly files: readonly string[];
  /** How clients reach it: `stdio`, and addresses. */
  readonly serves: readonly string[];
  /** The client over stdio, as it calls itself; undefined until it has. */
  readonly client: string | undefined;
  /** The log file; undefined: it writes none. */
  readonly log: string | undefined;
  readonly servers: Readonly<Record<string, { readonly state: string; readonly text: string; readonly at: number }>>;
  /** The last ones, oldest first. */
  readonly errors: readonly { readonly at: number; readonly server?: string; readonly text: string }[];
};

export type InstanceOptions = {
  readonly begin: InstanceRecord;
  /** In ms since 1970. */
  readonly date: () => number;
  readonly redact: (text: string) => string;
  /** The record is another. */
  readonly changed: (record: InstanceRecord) => void;
};

/** How a server is before anything is heard of it. */
export function firstState(isIdle: boolean, at: number): InstanceRecord["servers"][string] {
  return isIdle
    ? { state: "idle", text: "started by the first call", at }
    : { state: "starting", text: "still starting", at };
}

/** Keeps the record of a running tutti by what happens in it. `greeted`: the client over stdio has said who it is. */
export function observeInstance({
  begin,
  date,
  redact,
  changed,
}: InstanceOptions): Observer & { greeted: (client: string) => void } {
  let record = begin;
  const become = (changes: Partial<InstanceRecord>): void => {
    record = { ...record, ...changes };
    changed(record);
  };
  const fail = (text: string, server?: string): InstanceRecord["errors"] => {
    const error = { at: date(), text: redact(text), ...(server === undefined ? {} : { server }) };
    return [...record.errors, error].slice(-mostErrors);
  };
  return {
    greeted: (client) => become({ client }),
    serverChanged: ({ server, state, text }) => {
      const now = { state: state === "breaker closed" ? "ready" : state, text: redact(text), at: date() };
      const errors = troubles.has(state) ? { errors: fail(text, server) } : {};
      become({ servers: { ...record.servers, [server]: now }, ...errors });
    },
    listening: ({ urls }) => become({ serves: [...record.serves, ...urls] }),
    reloaded: ({ servers, idle }) => {
      const added = (name: string) => firstState(idle.includes(name), date());
      become({ servers: Object.fromEntries(servers.map((name) => [name, record.servers[name] ?? added(name)])) });
    },
    unusable: ({ text }) => become({ errors: fail(text) }),
    defect: ({ cause }) => become({ errors: fail(`a defect in tutti: ${String(cause)}`) }),
  };
}
