import { describe, expect, test } from "vitest";
import { credentialOf, principalOf } from "../../src/transport/http-credentials.ts";
import {
  bracketed,
  type Head,
  isLoopback,
  judge,
  type Rules,
  readHeaders,
  sharing,
} from "../../src/transport/http-guards.ts";
import { accepts, isJson } from "../../src/transport/http-media.ts";

const rules: Rules = {
  names: ["127.0.0.1", "[::1]", "localhost"],
  isAddressAllowed: false,
  hosts: new Set(),
  origins: new Set(),
  credentials: [],
  maxBodyBytes: 100,
};

function head(changes: Partial<Head> = {}, fields: Readonly<Record<string, string>> = {}): Head {
  const usual = { host: "localhost:8080", accept: "text/event-stream" };
  const headers = readHeaders(Object.entries({ ...usual, ...fields }).flat());
  return {
    method: "GET",
    target: "/mcp",
    version: "1.1",
    localAddress: "127.0.0.1",
    localPort: 8080,
    ...changes,
    headers,
  };
}

function statusOf(one: Head, others: Partial<Rules> = {}): number | string {
  const verdict = judge(one, { ...rules, ...others });
  return verdict.kind === "refused" ? verdict.refusal.status : verdict.kind;
}

describe("a request is judged", () => {
  test("by its path first, then Host, Origin, token, what comes twice, method, and what it brings and takes", () => {
    const credentials = [credentialOf("a-token-of-ours-1")];
    const wrong = { host: "evil", origin: "evil", authorization: "evil", expect: "evil" };
    const right = { host: "localhost:8080", origin: "https://a", authorization: "Bearer a-token-of-ours-1" };
    const all = { credentials, origins: new Set(["https://a"]) };
    expect([
      statusOf(head({ target: "/evil", method: "PUT" }, wrong), all),
      statusOf(head({ method: "PUT" }, wrong), all),
      statusOf(head({ method: "PUT" }, { ...wrong, host: right.host }), all),
      statusOf(head({ method: "PUT" }, { ...right, authorization: "evil" }), all),
      statusOf(head({ method: "PUT" }, { ...right, "Mcp-Name": "1", "mcp-name": "2" }), all),
      statusOf(head({ method: "PUT" }, right), all),
      statusOf(head({}, { ...right, expect: "evil" }), all),
      statusOf(head({}, right), all),
    ]).toEqual([404, 403, 403, 401, 400, 405, 417, "call"]);
  });

  test("by a configured Host, in whatever case, with its port or without one, as it was configured", () => {
    const hosts = new Set(["mcp.example", "other.example:8443"]);
    const said = [
      "mcp.example",
      "MCP.example",
      "other.example:8443",
      "mcp.example:8080",
      "other.example",
      "localhost:8080",
    ];
    expect(said.map((host) => statusOf(head({}, { host }), { hosts }))).toEqual([
      "call",
      "call",
      "call",
      403,
      403,
      "call",
    ]);
  });

  test("by the address at which it came in only where others reach us", () => {
    const address = head({ localAddress: "::ffff:192.0.2.1" }, { host: "192.0.2.1:8080" });
    const six = head({ localAddress: "2001:db8::1" }, { host: "[2001:DB8::1]:8080" });
    expect([address, six].map((one) => statusOf(one))).toEqual([403, 403]);
    expect([address, six].map((one) => statusOf(one, { isAddressAllowed: true }))).toEqual(["call", "call"]);
    const other = head({ localAddress: "192.0.2.1" }, { host: "192.0.2.2:8080" });
    expect(statusOf(other, { isAddressAllowed: true })).toBe(403);
  });

  test("with no port in Host only where it is the usual one", () => {
    expect(statusOf(head({ localPort: 80 }, { host: "localhost" }))).toBe("call");
    expect(statusOf(head({ localPort: 8080 }, { host: "localhost" }))).toBe(403);
  });

  test("by nothing else where it only asks whether we live", () => {
    const credentials = [credentialOf("a-token-of-ours-1")];
    expect(statusOf(head({ target: "/healthz" }), { credentials })).toBe("health");
    expect(statusOf(head({ target: "/readyz?verbose", method: "HEAD" }), { credentials })).toBe("readiness");
    expect(statusOf(head({ target: "/readyz", method: "DELETE" }), { credentials })).toBe(405);
  });
});

describe("a preflight", () => {
  const asks = { origin: "https://a", "access-control-request-method": "POST" };
  const origins = new Set(["https://a"]);

  test("is allowed what MCP needs, and nothing else", () => {
    const fields = {
      ...asks,
      "access-control-request-headers": "Content-Type, mcp-param-a_1,x-evil, authorization,mcp-param-<",
    };
    const verdict = judge(head({ method: "OPTIONS" }, fields), { ...rules, origins });
    expect(verdict).toEqual({
      kind: "preflight",
      headers: {
        "access-control-allow-methods": "POST, GET, DELETE",
        "access-control-allow-headers": "content-type, mcp-param-a_1, authorization",
        "access-control-max-age": "600",
      },
    });
  });

  test("of another origin is refused, and so are OPTIONS that are none", () => {
    expect(statusOf(head({ method: "OPTIONS" }, { ...asks, origin: "https://b" }), { origins })).toBe(403);
    expect(statusOf(head({ method: "OPTIONS" }, { origin: "https://a" }), { origins })).toBe(405);
    expect(statusOf(head({ method: "OPTIONS" }, asks))).toBe(403);
  });

  test("gets no more than its own origin said back", () => {
    expect(sharing(head({}, asks).headers, { ...rules, origins })["access-control-allow-origin"]).toBe("https://a");
    expect(sharing(head({}, asks).headers, rules)).toEqual({});
    expect(sharing(head().headers, { ...rules, origins })).toEqual({});
  });
});

describe("a token", () => {
  const credentials = ["first-token-of-ours", "second-token-of-ours"].map(credentialOf);

  test("is found whichever it is, by the whole of it", () => {
    const [first, second] = credentials.map(({ principal }) => principal);
    const tell = (text: string | undefined) => principalOf(text, credentials);
    expect(tell("Bearer first-token-of-ours")).toBe(first);
    expect(tell("bearer   second-token-of-ours")).toBe(second);
    expect([undefined, "", "Bearer", "Bearer first-token-of-our", "Basic first-token-of-ours"].map(tell)).toEqual(
      Array.from({ length: 5 }),
    );
  });

  test("is kept as two hashes that do not tell it, or one another", () => {
    for (const { digest, principal } of credentials) {
      expect(digest).toHaveLength(32);
      expect(principal).toMatch(/^[\da-f]{16}$/);
      expect(digest.toString("hex")).not.toContain(principal);
    }
    expect(credentialOf("first-token-of-ours")).toEqual(credentials[0]);
    expect(credentials[0]?.principal).not.toBe(credentials[1]?.principal);
  });
});

test.each<[string | undefined, boolean]>([
  ["application/json", true],
  ["APPLICATION/JSON", true],
  ["application/json;charset=utf-8", true],
  ['application/json; charset="UTF-8"', true],
  ["application/json; charset=utf8; version=1", true],
  ["application/json;", true],
  [undefined, false],
  ["", false],
  ["application/json; charset=latin1", false],
  ["application/json; charset=utf-8; charset=utf-16", false],
  ["application/json; charset", false],
  ["application/json; =utf-8", false],
  ["application/json;charset=utf-8, text/plain", false],
  ["application/vnd.api+json", false],
  ["text/json", false],
])("Content-Type %s is JSON in UTF-8: %s", (type, expected) => {
  expect(isJson(type)).toBe(expected);
});

test.each<[readonly string[] | undefined, boolean]>([
  [undefined, true],
  [["text/event-stream"], true],
  [["application/json, text/event-stream"], true],
  [["application/json", "TEXT/Event-Stream;q=0.1"], true],
  [["*/*"], true],
  [["text/*;q=0.001"], true],
  [["*/*;q=0, text/event-stream"], true],
  [["text/event-stream, */*;q=0"], true],
  [[""], false],
  [["application/json"], false],
  [["text/html"], false],
  [["text/event-stream;q=0"], false],
  [["text/event-stream; q=0.000, */*"], false],
  [["text/*;q=0, */*"], false],
  [["text/event-streams"], false],
])("Accept %j covers streams: %s", (accept, expected) => {
  expect(accepts(accept, "text/event-stream")).toBe(expected);
});

test.each(["localhost", "127.0.0.1", "127.255.0.9", "::1"])("%s is reached from this machine alone", (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(["0.0.0.0", "::", "192.168.1.5", "127.0.0.1.example", "localhost.example", "my-box", "1127.0.0.1"])(
  "%s is reached by others",
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

test("an address stands in Host in its shortest form", () => {
  expect(["127.0.0.1", "::1", "::ffff:10.0.0.1", "::ffff:a:1"].map(bracketed)).toEqual([
    "127.0.0.1",
    "[::1]",
    "10.0.0.1",
    "[::ffff:a:1]",
  ]);
});
