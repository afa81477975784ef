import { except, legacy, modern, need, table } from "./requirement.ts";

/** How tutti is greeted, how it greets servers, and what it says of itself and of them. */
export const greeting = {
  "handshake.initialize": need(
    "LL LM",
    legacy("basic/lifecycle#initialization"),
    "initialize is answered at once, before any server is up, in the client's revision where tutti knows it",
  ),
  "handshake.negotiate-down": need(
    "LL LM",
    legacy("basic/lifecycle#version-negotiation"),
    "initialize in a revision that tutti does not know is answered with the newest that has initialize",
  ),
  "handshake.discover": need(
    "ML MM",
    modern("server/discover"),
    "server/discover is answered at once, before any server is up, with ttlMs 0 and for this client alone",
  ),
  "handshake.any-order": need(
    "none",
    modern("basic/versioning#backward-compatibility-with-initialization-based-versions"),
    "both handshakes are answered in any order on one pipe, and each request is served in the era it came in",
  ),
  "handshake.unsupported-version": need(
    "ML MM",
    modern("basic/versioning#protocol-version-negotiation"),
    "a request in a revision that tutti does not know gets -32022, with what is supported and what was asked for",
  ),
  "handshake.broken-envelope": need(
    "ML MM",
    modern("basic/index#meta"),
    "a request whose _meta lacks the version or the capabilities gets -32602, which says what is missing",
  ),
  "handshake.removed-methods": need(
    "ML MM",
    modern("changelog#major-changes"),
    "methods that the newer era has no more are not found in it: initialize, ping, logging/setLevel, subscribe",
  ),
  "handshake.ping": need("LL LM", legacy("basic/utilities/ping"), "ping is answered by tutti itself, at once"),
  "handshake.capabilities": need(
    "all",
    modern("architecture/index#capability-negotiation"),
    "the capabilities in both handshakes say what can be honoured, before the servers are up",
  ),
  "handshake.batch": need("all", table("batch arrays"), "an array of messages gets one -32600"),

  "instructions.digest": need(
    "all",
    table("instructions; serverInfo"),
    "instructions say in at most 2,048 characters which servers there are and what is wrong with any of them",
  ),
  "instructions.servers": need(
    "all",
    table("instructions; serverInfo"),
    "where the setting wants them, the servers' own instructions follow under their names",
  ),

  "era.discover": need(
    "none",
    modern("server/discover#when-to-call"),
    "a server that answers server/discover gets no initialize",
  ),
  "era.initialize": need(
    "none",
    modern("basic/transports/stdio#backward-compatibility"),
    "a server that answers server/discover with any other error, or not in time, gets initialize on the same pipe",
  ),
  "era.other-version": need(
    "none",
    modern("basic/versioning#protocol-version-negotiation"),
    "a server that refuses the version (-32022) is asked in one that it supports, and never gets initialize",
  ),
  "era.restart": need(
    "none",
    modern("basic/transports/stdio#backward-compatibility"),
    "a server that leaves on the probe is started once more and gets initialize at once",
    except(
      "servers over http",
      "none",
      "it is no process that ends with a request: the connection does, of that one request",
    ),
  ),
  "era.remembered": need(
    "none",
    modern("basic/versioning#backward-compatibility-with-initialization-based-versions"),
    "a server's era is remembered on disk per launch and version of tutti, with a date, and not probed again",
  ),
  "era.forgotten": need(
    "none",
    modern("basic/versioning#backward-compatibility-with-initialization-based-versions"),
    "an era that is remembered and turns out wrong is forgotten, and the server is probed again",
  ),

  "envelope.capabilities": need(
    "all",
    table("client caps, info"),
    "a server learns the capabilities that its client really has: in initialize, or in every request",
  ),
  "envelope.late": need(
    "LL ML",
    table("initialize / discover"),
    "a server that wants initialize gets it only when the first client has said what it can do",
  ),
  "envelope.added": need(
    "LM",
    modern("basic/index#meta"),
    "each request gets the version, capabilities and identity that the newer era wants",
  ),
  "envelope.removed": need(
    "ML",
    table("tools/call …"),
    "the newer era's keys of _meta are taken from each request, and every other key goes on",
  ),
  "envelope.passed": need("MM", table("client caps, info"), "the envelope of each request passes as it is"),
};
