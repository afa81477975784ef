/** What a client says of itself: JSON objects in bytes, one to a character. */
export type Identity = {
  /** What it can do. */
  readonly capabilities: string;
  /** Its name and version, at least; for display only. */
  readonly info: string;
  /** Whether it can be asked this; `params` are those of the question, parsed. */
  readonly canAsk: (method: string, params: unknown) => boolean;
};

type Members = Readonly<Record<string, unknown>>;

/** Stands for a client that does not say who it is. */
const unnamed = '{"name":"unknown","version":"0"}';

/**
 * What stands in a message under these members, in bytes: whatever is there goes on as it is, unless it is of the wrong
 * kind, in which case strict servers would refuse all that comes with it.
 */
export function readIdentity(capabilities: string | undefined, info: string | undefined): Identity {
  const declared = membersOf(parse(capabilities));
  const { name, version } = membersOf(parse(info)) ?? {};
  return {
    capabilities: declared === undefined ? "{}" : (capabilities as string),
    info: typeof name === "string" && typeof version === "string" ? (info as string) : unnamed,
    canAsk: (method, params) => canAsk(declared ?? {}, method, membersOf(params) ?? {}),
  };
}

/** JSON in bytes as a value; undefined where there is none. */
export function parse(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(Buffer.from(json, "latin1").toString());
}

function canAsk({ elicitation, sampling, roots }: Members, method: string, params: Members): boolean {
  if (method === "elicitation/create") return canElicit(membersOf(elicitation), params["mode"] ?? "form");
  if (method === "roots/list") return membersOf(roots) !== undefined;
  if (method !== "sampling/createMessage") return false;
  const needsTools = params["tools"] !== undefined || params["toolChoice"] !== undefined;
  const able = membersOf(sampling);
  return able !== undefined && (!needsTools || membersOf(able["tools"]) !== undefined);
}

/** Without any mode it is forms, as before there were modes. */
function canElicit(elicitation: Members | undefined, mode: unknown): boolean {
  const { form, url } = elicitation ?? {};
  if (mode === "url") return membersOf(url) !== undefined;
  return mode === "form" && elicitation !== undefined && (membersOf(form) !== undefined || url === undefined);
}

function membersOf(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}
