import { legacy, modern, need, table } from "./requirement.ts";

/** What servers offer: lists, requests for it, changes and logs. */
export const offer = {
  "tools.list": need(
    "all",
    modern("server/tools#listing-tools"),
    "tools of all servers, all pages, come as one page, renamed, in the order of the config",
  ),
  "prompts.list": need(
    "all",
    modern("server/prompts#listing-prompts"),
    "prompts of all servers come as one page, renamed as tools are",
  ),
  "resources.list": need(
    "all",
    modern("server/resources#listing-resources"),
    "resources of all servers come as one page, their URIs unchanged",
  ),
  "templates.list": need(
    "all",
    modern("server/resources#resource-templates"),
    "resource templates of all servers come as one page, unchanged",
  ),
  "lists.verbatim": need(
    "all",
    table("extension caps, _meta, icons"),
    "definitions keep icons, titles, annotations, _meta and fields that nobody knows",
  ),
  "lists.late": need(
    "all",
    table("list methods"),
    "a slow server delays no list: the others' come, and a change is told when it is there",
  ),
  "lists.hints": need(
    "ML MM",
    modern("server/utilities/caching#cacheable-results"),
    "lists have the smallest ttlMs of all servers, and are public only where all servers' are; else 0 and private",
  ),
  "lists.no-hints": need(
    "LL LM",
    table("list methods"),
    "lists towards the older era have no resultType, ttlMs or cacheScope",
  ),
  "lists.changed": need(
    "all",
    modern("server/tools#list-changed-notification"),
    "changes of tools, prompts and resources, several as one, reach every client that asked for them",
  ),
  "lists.unasked": need(
    "ML MM",
    modern("basic/patterns/subscriptions#receiving-notifications"),
    "a client that has not asked for changes is told of none",
  ),
  "lists.output-schema": need(
    "LM",
    table("newer shapes for older clients"),
    "an output schema that is no object, and what is made by it, are wrapped as {result: …}",
  ),

  "tools.call": need(
    "all",
    modern("server/tools#calling-tools"),
    "a call reaches the tool's server under its original name, and its result comes back as it is",
  ),
  "tools.call.original-name": need(
    "all",
    table("MCP Apps"),
    "a tool is also called by its server's own name, where only one server has it",
  ),
  "tools.call.error-result": need("all", modern("server/tools#error-handling"), "an isError result passes unchanged"),
  "prompts.get": need(
    "all",
    modern("server/prompts#getting-a-prompt"),
    "a prompt is asked for at its server under its original name",
  ),
  "resources.read": need(
    "all",
    modern("server/resources#reading-resources"),
    "a resource is read at the server that lists its URI",
  ),
  "resources.template": need(
    "all",
    modern("server/resources#resource-templates"),
    "a URI that no server lists is read at the server whose template it matches",
  ),
  "resources.same-uri": need(
    "all",
    table("resource URIs"),
    "a URI of two servers means the first in the config; the other stays reachable, and it is said which one wins",
  ),
  "resources.uris": need(
    "all",
    table("resource URIs"),
    "URIs in results, links and embedded resources are not rewritten",
  ),
  "resources.read-hints": need(
    "LM ML MM",
    modern("server/utilities/caching#cacheable-results"),
    "what is read carries hints towards the newer era, its server's or 0 and private, and none towards the older",
  ),
  "completion.prompt": need(
    "all",
    modern("server/utilities/completion#reference-types"),
    "an argument of a prompt is completed by the prompt's server, under its original name",
  ),
  "completion.resource": need(
    "all",
    modern("server/utilities/completion#reference-types"),
    "a variable of a template is completed by the template's server",
  ),

  "requests.vendor": need(
    "all",
    table("vendor methods"),
    "a method that tutti does not know goes to the only server that declares its extension",
  ),
  "requests.ambiguous": need(
    "all",
    table("vendor methods"),
    "a method that no server or several could mean gets -32601, which says why",
  ),
  "requests.verbatim": need(
    "all",
    modern("basic/index#meta"),
    "members, _meta keys and extensions that nobody knows pass both ways",
  ),
  "tasks.core": need(
    "LL",
    legacy("basic/utilities/tasks"),
    "a call as a task passes, and tasks/* go to the server that made the task",
  ),
  "tasks.hidden": need(
    "ML",
    table("tasks, core 2025"),
    "that a tool may run as a task is not shown to a client that cannot ask so",
  ),
  "tasks.extension": need(
    "MM",
    table("tasks extension"),
    "a result of the type task passes, and tasks/* go to the server that made the task",
  ),
  "apps.resources": need(
    "all",
    table("MCP Apps"),
    "_meta.ui of a tool is unchanged, and its ui:// resource is read at its server",
  ),
  "extensions.capabilities": need(
    "all",
    table("extension caps, _meta, icons"),
    "extensions that servers declare are declared to clients where they can be routed",
  ),

  "results.type": need(
    "all",
    table("tools/call …"),
    "resultType is added towards the newer era, taken away towards the older, and else unchanged",
  ),
  "results.unknown-type": need(
    "LM MM",
    modern("schema#resulttype"),
    "a resultType that nobody knows passes to a client of the newer era, and is an error towards the older",
  ),
  "results.server-info": need(
    "LM ML MM",
    table("instructions; serverInfo"),
    "results say which server they are of, as the client's era does: its own, tutti's, or none",
  ),
  "errors.passed": need(
    "all",
    modern("basic/index#error-responses"),
    "a server's error passes with its code, message and data",
  ),
  "errors.not-found": need(
    "LL LM ML MM",
    table("-32002"),
    "-32002 becomes -32602 towards the newer era, and no other code is translated",
  ),
  "errors.unknown": need(
    "all",
    modern("server/prompts#error-handling"),
    "an unknown prompt, resource or reference gets -32602 or what its era has for it",
  ),

  "subscriptions.updated": need(
    "all",
    modern("server/resources#subscriptions"),
    "updates of a resource reach the clients that subscribed to it, and no other",
  ),
  "subscriptions.counted": need(
    "all",
    table("resources/subscribe"),
    "a server is subscribed once per URI, for any number of clients, until the last of them ends it or leaves",
  ),
  "subscriptions.restart": need(
    "LM MM",
    table("list_changed"),
    "what clients are subscribed to is asked for anew when a server ends its stream of notices",
  ),
  "listen.acknowledged": need(
    "ML MM",
    modern("basic/patterns/subscriptions#acknowledgment"),
    "a listen is first acknowledged, with the part of the filter that is granted",
  ),
  "listen.tagged": need(
    "ML MM",
    modern("basic/patterns/subscriptions#multiple-concurrent-subscriptions"),
    "each notification of a listen carries its id, in its type; several listens stay apart",
  ),
  "listen.cancelled": need(
    "ML MM",
    modern("basic/patterns/subscriptions#cancellation"),
    "a listen that the client cancels ends, and nothing comes for it any more",
  ),
  "listen.untagged": need("LM", table("list_changed"), "notifications towards the older era carry no id of a listen"),

  "logging.level": need(
    "all",
    table("logging"),
    "the level a client wants reaches every server, in the way of the server's era",
  ),
  "logging.message": need(
    "all",
    modern("server/utilities/logging#log-message-notifications"),
    "a log message reaches the client that wants its level, marked with the server",
  ),
  "logging.unasked": need(
    "LM ML MM",
    modern("server/utilities/logging#per-request-log-level"),
    "where no level was asked for, a server of the newer era is asked for none, and a client of it gets none",
  ),
  "logging.attribution": need(
    "ML",
    table("logging"),
    "a message of a server that cannot say for which call it is goes to the newest waiting call that asked",
  ),
  "logging.bad-level": need(
    "all",
    modern("server/utilities/logging#error-handling"),
    "a level that does not exist gets -32602",
  ),
};
