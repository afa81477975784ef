import { metaName, withMembers } from "./envelope.ts";

/** What a listen asks to be told, or is granted. */
export type Filter = {
  readonly toolsListChanged?: boolean;
  readonly promptsListChanged?: boolean;
  readonly resourcesListChanged?: boolean;
  readonly resourceSubscriptions?: readonly string[];
};

/** What of a filter a server with these capabilities grants. */
// biome-ignore lint/suspicious/noExplicitAny: JSON.
export function grantedOf(filter: Filter, capabilities: any): Filter {
  const uris = filter.resourceSubscriptions ?? [];
  return {
    ...(filter.toolsListChanged && capabilities.tools?.listChanged ? { toolsListChanged: true } : {}),
    ...(filter.promptsListChanged && capabilities.prompts?.listChanged ? { promptsListChanged: true } : {}),
    ...(filter.resourcesListChanged && capabilities.resources?.listChanged ? { resourcesListChanged: true } : {}),
    ...(uris.length > 0 && capabilities.resources?.subscribe ? { resourceSubscriptions: uris } : {}),
  };
}

/** Whether a listen with this filter is told of it. `params`: those of the notification, as it stands. */
export function isHeard(filter: Filter, method: string, params: string): boolean {
  const uris = filter.resourceSubscriptions ?? [];
  switch (method) {
    case "notifications/tools/list_changed":
      return filter.toolsListChanged === true;
    case "notifications/prompts/list_changed":
      return filter.promptsListChanged === true;
    case "notifications/resources/list_changed":
      return filter.resourcesListChanged === true;
    case "notifications/resources/updated":
      return uris.some((uri) => isWithin(uri, JSON.parse(params).uri));
    default:
      return false;
  }
}

/** A notification on the listen with this id, both as they stand. `params` has no `_meta`. */
export function onListen(id: string, method: string, params = "{}"): string {
  const stamped = withMembers(params, `"_meta":{"${metaName.subscriptionId}":${id}}`);
  return `{"jsonrpc":"2.0","method":"${method}","params":${stamped}}`;
}

/** A resource that is told of may be a part of the one that was asked about. */
function isWithin(whole: string, uri: string): boolean {
  return uri === whole || uri.startsWith(whole.endsWith("/") ? whole : `${whole}/`);
}
