import dns, { type LookupAddress } from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AuthError } from "../../src/auth/auth-error.ts";
import { guardedFetch } from "../../src/auth/guarded-fetch.ts";
import { type AuthFaults, authorizationServer, type Json } from "../support/auth/authorization-server.ts";
import { person, serverAt } from "../support/auth/person.ts";
import { protectedServer } from "../support/auth/protected-server.ts";
import { answered, rawServer } from "../support/http-servers.ts";

/** What the resolver of the machine says, in the order in which it is asked; the last answer for good. */
const names = new Map<string, LookupAddress[][]>();
const asked: string[] = [];
const { lookup } = dns;

beforeEach(() => {
  dns.lookup = ((name: string, ...others: [object, (...given: unknown[]) => void]) => {
    const answers = names.get(name);
    const addresses = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0];
    if (addresses === undefined) {
      lookup(name, ...(others as [object, () => void]));
      return;
    }
    asked.push(name);
    const [options, done] = others;
    if ("all" in options && options.all === true) done(null, addresses);
    else done(null, addresses[0]?.address, addresses[0]?.family);
  }) as typeof lookup;
  syncBuiltinESMExports();
});

afterEach(() => {
  dns.lookup = lookup;
  syncBuiltinESMExports();
  names.clear();
  asked.length = 0;
});

function at(...addresses: readonly string[]): LookupAddress[] {
  return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
}

/** Fetches on behalf of a server. */
async function fetched(server: string, url: string, oauth?: object): Promise<unknown> {
  const guarded = guardedFetch(await serverAt(server, oauth), person().surroundings);
  try {
    return (await guarded.fetch(url, { method: "GET" })).status;
  } catch (cause) {
    return cause;
  } finally {
    guarded.close();
  }
}

async function refusal(server: string, url: string): Promise<AuthError> {
  const outcome = await fetched(server, url);
  expect(outcome, url).toBeInstanceOf(AuthError);
  return outcome as AuthError;
}

/** What a public server may not send us to, whatever it is written like. */
const forbidden = [
  // Other schemes, and no TLS.
  "http://as.example/token",
  "http://8.8.8.8/",
  "file:///etc/passwd",
  "ftp://as.example/",
  "gopher://127.0.0.1:6379/_FLUSHALL",
  "data:application/json,{}",
  "javascript:alert(1)",
  "ws://as.example/",
  // This machine.
  "https://127.0.0.1/",
  "https://127.0.0.1:6379/",
  "https://127.1/",
  "https://127.255.255.254/",
  "https://2130706433/",
  "https://0x7f.1/",
  "https://0x7f000001/",
  "https://0177.0.0.1/",
  "https://①②⑦.⓪.⓪.①/",
  "https://127.0.0.1./",
  "https://%31%32%37.0.0.1/",
  "https://localhost/",
  "https://LOCALHOST./",
  "https://sub.localhost/",
  "https://[::1]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::127.0.0.1]/",
  "https://[64:ff9b::127.0.0.1]/",
  "https://[2002:7f00:1::]/",
  "https://0.0.0.0/",
  "https://0/",
  "https://[::]/",
  // Networks of somebody's own, and what clouds tell their machines.
  "https://10.0.0.1/",
  "https://10.255.255.255/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.1.1/",
  "https://100.64.0.1/",
  "https://198.18.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://[::ffff:169.254.169.254]/",
  "https://[fe80::1]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/latest/meta-data/",
  "https://[fec0::1]/",
  // What no server stands at.
  "https://192.0.0.1/",
  "https://192.0.2.1/",
  "https://198.51.100.1/",
  "https://203.0.113.1/",
  "https://224.0.0.1/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://[ff02::1]/",
  "https://[2001:db8::1]/",
  // A login of somebody else's.
  "https://user:password@as.example/",
] as const;

describe("a public server sends tutti", () => {
  test(`to none of ${forbidden.length} addresses inside, or that are none`, async () => {
    expect(new Set(forbidden).size).toBeGreaterThanOrEqual(40);
    for (const url of forbidden)
      expect([url, (await refusal("https://mcp.example/mcp", url)).code]).toEqual([url, "unsafe_address"]);
    expect(asked).toEqual([]);
  });

  test.each<[string, readonly LookupAddress[]]>([
    ["this machine", at("127.0.0.1")],
    ["this machine, by IPv6", at("::1")],
    ["this machine, by IPv6 of IPv4", at("::ffff:127.0.0.1")],
    ["a network inside", at("10.1.2.3")],
    ["what clouds tell", at("169.254.169.254")],
    ["a public address and this machine", at("8.8.8.8", "127.0.0.1")],
    ["this machine and a public address", at("::1", "2606:4700::1111")],
    ["a link with a zone", at("fe80::1%eth0")],
    ["nowhere", at("0.0.0.0")],
  ])("to no name that is at %s", async (_, addresses) => {
    const inside = await rawServer(({ socket }) => void socket.end(answered(200, {}, "{}")));
    names.set("as.example", [[...addresses]]);
    const { code, message } = await refusal("https://mcp.example/mcp", `https://as.example:${inside.port}/token`);
    expect(code).toBe("unsafe_address");
    expect(message).toContain("oauth.origins");
    expect(inside.connections()).toBe(0);
  });

  test("to no name that is at a public address when it is looked at and at this machine when it is connected to", async () => {
    const inside = await rawServer(({ socket }) => void socket.end(answered(200, {}, "{}")));
    names.set("as.example", [at("8.8.8.8"), at("127.0.0.1")]);
    const first = await refusal("https://mcp.example/mcp", `https://as.example:${inside.port}/token`);
    // What was checked is what was connected to: there was one look-up, and it was public.
    expect([first.code, asked]).toEqual(["unreachable", ["as.example"]]);
    const second = await refusal("https://mcp.example/mcp", `https://as.example:${inside.port}/token`);
    expect(second.code).toBe("unsafe_address");
    expect(inside.connections()).toBe(0);
  }, 60_000);

  test("to no other origin by a redirect, not into the inside, not down to http, not in a ring", async () => {
    const inside = await rawServer(({ socket }) => void socket.end(answered(200, {}, "{}")));
    const targets = [
      `http://127.0.0.1:${inside.port}/`,
      `http://localhost:${inside.port}/`,
      "https://as.example/",
      "file:///etc/passwd",
      "/again",
    ];
    for (const location of targets) {
      const from = await rawServer(({ socket }) => void socket.end(answered(302, { location }, "")));
      const { code } = await refusal(`http://127.0.0.1:${from.port}/mcp`, `http://127.0.0.1:${from.port}/document`);
      expect([location, code]).toEqual([location, "unsafe_address"]);
      expect([location, from.requests.length]).toEqual([location, location === "/again" ? 4 : 1]);
    }
    expect(inside.connections()).toBe(0);
  });
});

test("a server inside may name others inside of its kind, and none of this machine", async () => {
  const { code } = await refusal("https://10.0.0.1/mcp", "https://127.0.0.1/token");
  expect(code).toBe("unsafe_address");
  const { code: onWire } = await refusal("https://10.0.0.1/mcp", "https://169.254.169.254/token");
  expect(onWire).toBe("unsafe_address");
});

test("what is longer than 256 KiB is not read to its end, and what never ends is given up", async () => {
  const long = await rawServer(({ socket }) => void socket.end(answered(200, {}, " ".repeat(300 * 1024))));
  expect((await refusal(long.url.href, long.url.href)).code).toBe("unsafe_address");
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const packed = await rawServer(({ socket }) => void socket.end(answered(200, { "content-encoding": "gzip" }, bomb)));
  expect((await refusal(packed.url.href, packed.url.href)).code).toMatch(/^(?:unsafe_address|unreachable)$/);
  const silent = await rawServer(() => {});
  expect((await refusal(silent.url.href, silent.url.href)).code).toBe("unreachable");
}, 60_000);

/** Where a server that is not on this machine could lead to this machine. */
const places: Readonly<Record<string, (inside: string) => { document?: Json; metadata?: AuthFaults["metadata"] }>> = {
  "its authorization server": (inside) => ({ document: { authorization_servers: [inside] } }),
  "the token endpoint": (inside) => ({ metadata: (usual) => ({ ...usual, token_endpoint: `${inside}/token` }) }),
  "the registration endpoint": (inside) => ({
    metadata: (usual) => ({ ...usual, registration_endpoint: `${inside}/x` }),
  }),
  "the address to sign in at": (inside) => ({
    metadata: (usual) => ({ ...usual, authorization_endpoint: `${inside}/x` }),
  }),
};

test.each(Object.entries(places))("%s of a server elsewhere leads nobody to this machine", async (_, lead) => {
  const inside = await rawServer(({ socket }) => void socket.end(answered(200, {}, "{}")));
  const authorization = await authorizationServer();
  const server = await protectedServer(authorization);
  // Both stand elsewhere as far as names go, and the person has said that http is right for them.
  const [mcp, as] = [new URL(server.url), new URL(authorization.origin)];
  mcp.hostname = "mcp.example";
  as.hostname = "as.example";
  for (const name of ["mcp.example", "as.example"]) names.set(name, [at("127.0.0.1")]);
  const { document, metadata } = lead(`http://127.0.0.1:${inside.port}`);
  server.faults.challenge = () => `Bearer resource_metadata="${mcp.origin}/.well-known/oauth-protected-resource/mcp"`;
  server.faults.document = () => ({ resource: mcp.href, authorization_servers: [as.origin], ...document });
  authorization.faults.metadata = (usual) => {
    const moved = JSON.parse(JSON.stringify(usual).replaceAll(authorization.origin, as.origin)) as Json;
    return metadata?.(moved) ?? moved;
  };
  authorization.faults.authorize = (back) => {
    back.searchParams.set("iss", as.origin);
    return back;
  };
  const one = person((address) => fetch(address.replace("as.example", "127.0.0.1")));
  const { code } = await one.failure(mcp.href, { origins: [mcp.origin, as.origin] });
  expect(code).toMatch(/^(?:unsafe_address|bad_metadata|no_client)$/);
  expect(inside.connections()).toBe(0);
  expect(one.shown.filter((address) => address.includes(`${inside.port}`))).toEqual([]);
});
