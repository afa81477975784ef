import { type Era, metaName, revisionOf } from "./envelope.ts";
import { complete } from "./fake-call.ts";

/** What a server lists. */
export type Listed = "tools" | "prompts" | "resources" | "templates";

/** Names or addresses, or whole definitions: objects, or JSON as it stands. */
export type Definitions = readonly (string | object)[];

/** What a fake server says of itself. */
export type About = Partial<Readonly<Record<Listed, Definitions>>> & {
  readonly revision?: string;
  /** Laid over what it says of itself because of what it has. */
  readonly capabilities?: object;
  readonly instructions?: string;
  /** How long its lists may be kept and by whom, members as they stand, where its era says so. */
  readonly hints?: string;
};

const serverInfo = '{"name":"fake","version":"1"}';

const listMethods: Readonly<Record<string, Listed>> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "templates",
};

type Capabilities = Readonly<Record<string, unknown>> & {
  readonly resources?: { readonly subscribe?: boolean; readonly listChanged?: boolean };
};

export function capabilitiesOf({ prompts, resources, templates, capabilities }: About): Capabilities {
  return {
    tools: { listChanged: true },
    ...(prompts === undefined ? {} : { prompts: { listChanged: true } }),
    ...(resources === undefined && templates === undefined
      ? {}
      : { resources: { subscribe: true, listChanged: true } }),
    ...capabilities,
  };
}

/** The reply's members to a handshake or a list, in the server's own era; undefined for all else. */
export function answerTo(method: string, era: Era, about: About): string | undefined {
  const kind = listMethods[method];
  if (kind !== undefined) {
    const declared = capabilitiesOf(about)[kind === "templates" ? "resources" : kind];
    if (declared === undefined) return '"error":{"code":-32601,"message":"Method not found"}';
    const items = (about[kind] ?? []).map((item) => definition(item, kind)).join(",");
    const hints = era === "legacy" || about.hints === undefined ? "" : `,${about.hints}`;
    const member = kind === "templates" ? "resourceTemplates" : kind;
    return `"result":${complete(era, method, `{"${member}":[${items}]${hints}}`)}`;
  }
  if (method === "initialize") return era === "legacy" ? initialized(about) : notThisVersion;
  if (method !== "server/discover") return undefined;
  return era === "legacy" ? '"error":{"code":-32601,"message":"Method not found"}' : discovered(about);
}

const supported = `"supported":["${revisionOf.modern}"],"requested":"${revisionOf.legacy}"`;
const notThisVersion = `"error":{"code":-32022,"message":"Unsupported protocol version","data":{${supported}}}`;

function initialized(about: About): string {
  const revision = about.revision ?? revisionOf.legacy;
  return `"result":{"protocolVersion":"${revision}",${commonIn(about)},"serverInfo":${serverInfo}}`;
}

function discovered(about: About): string {
  const meta = `"_meta":{"${metaName.serverInfo}":${serverInfo}}`;
  const result = `{"supportedVersions":["${revisionOf.modern}"],${commonIn(about)},${meta}}`;
  return `"result":${complete("modern", "server/discover", result)}`;
}

function commonIn(about: About): string {
  const { instructions } = about;
  const more = instructions === undefined ? "" : `,"instructions":${JSON.stringify(instructions)}`;
  return `"capabilities":${JSON.stringify(capabilitiesOf(about))}${more}`;
}

/** A definition as it stands: of its name or address, an object, or already one. */
export function definition(item: string | object, kind: Listed = "tools"): string {
  if (typeof item === "object") return JSON.stringify(item);
  if (/^\{ *"/.test(item)) return item;
  const [text, name] = [JSON.stringify(item), JSON.stringify(`the ${item}`)];
  switch (kind) {
    case "tools":
      return `{"name":${text},"inputSchema":{"type":"object"}}`;
    case "prompts":
      return `{"name":${text}}`;
    case "resources":
      return `{"uri":${text},"name":${name}}`;
    case "templates":
      return `{"uriTemplate":${text},"name":${name}}`;
  }
}
