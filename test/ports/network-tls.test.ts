import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  answered,
  httpServer,
  proxyServer,
  type RawRequest,
  type RawServer,
  rawServer,
  type TlsIdentity,
} from "../support/http-servers.ts";
import { failure, network, post, whole } from "../support/outbound.ts";

const caFile = fileURLToPath(new URL("../fixtures/self-signed.pem", import.meta.url));
const pem = readFileSync(caFile, "utf8");
const identity: TlsIdentity = { key: pem, cert: pem };

const ok = ({ socket }: RawRequest): void => void socket.write(answered(200, {}, "{}"));

function temporaryFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tutti-ca-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "ca.pem");
  writeFileSync(path, text);
  return path;
}

/** The server's URL under a name that only a proxy knows. */
function named(server: RawServer): URL {
  const url = new URL(server.url);
  url.hostname = "server.test";
  return url;
}

describe("a certificate", () => {
  test("that nobody vouches for is refused, and the server gets no request", async () => {
    const server = await rawServer(ok, identity);
    expect(await failure(network().request(post(server.url)).response)).toEqual({
      text: "the certificate of SERVER is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT); SSL_CERT_FILE can name the authority's PEM file",
      isSent: false,
    });
    expect(server.requests).toEqual([]);
  });

  test("is refused even where the environment turns checking off", async () => {
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    onTestFinished(() => {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    const server = await rawServer(ok, identity);
    expect((await failure(network().request(post(server.url)).response)).isSent).toBe(false);
    expect(server.requests).toEqual([]);
  });

  for (const [what, options] of [
    ["a CA file of ours", { caFiles: [caFile] }],
    ["SSL_CERT_FILE", { env: { SSL_CERT_FILE: caFile } }],
    ["NODE_EXTRA_CA_CERTS beside another CA file", { caFiles: [caFile], env: { NODE_EXTRA_CA_CERTS: caFile } }],
  ] as const) {
    test(`that ${what} vouches for is taken, and its connection is kept`, async () => {
      const server = await rawServer(ok, identity);
      const outbound = network(options);
      for (const _ of [1, 2]) expect(String(await whole(await outbound.request(post(server.url)).response))).toBe("{}");
      expect(server.connections()).toBe(1);
    });
  }

  test("for another host is refused", async () => {
    const server = await rawServer(ok, identity);
    const url = new URL(server.url);
    url.hostname = "localhost";
    const { text, isSent } = await failure(network({ caFiles: [caFile] }).request(post(url)).response);
    expect([text.replace(/:\d+/, ""), isSent]).toEqual([
      "the certificate of localhost is for another host (ERR_TLS_CERT_ALTNAME_INVALID)",
      false,
    ]);
  });

  test("is not expected of a server without TLS", async () => {
    const server = await httpServer((_, response) => void response.end());
    const url = new URL(server.url.href.replace("http:", "https:"));
    const { text, isSent } = await failure(network().request(post(url)).response);
    expect(isSent).toBe(false);
    expect(text).toMatch(/^SERVER does not speak TLS; is it http:|^TLS with SERVER failed/);
  });
});

describe("a CA file", () => {
  const broken = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n";
  for (const [what, path, problem] of [
    ["is not there", () => "/nowhere/ca.pem", "cannot be read (ENOENT)"],
    ["holds no certificate", () => temporaryFile("nothing"), "holds no certificate; it must be in PEM form"],
    ["is damaged", () => temporaryFile(`${pem}${broken}`), "cannot be read"],
  ] as const) {
    test(`that ${what} fails requests over TLS, named, and no others`, async () => {
      const [secure, plain] = [await rawServer(ok, identity), await rawServer(ok)];
      const file = path();
      const outbound = network({ caFiles: [file] });
      const { text, isSent } = await failure(outbound.request(post(secure.url)).response);
      expect(text).toContain(`the CA file ${file} `);
      expect(text.endsWith(problem) || text.startsWith("certificate 2 in ")).toBe(true);
      expect(isSent).toBe(false);
      expect((await outbound.request(post(plain.url)).response).status).toBe(200);
    });
  }

  test("that SSL_CERT_FILE names and that is not there is passed over, as others do", async () => {
    const server = await rawServer(ok, identity);
    const { text } = await failure(network({ env: { SSL_CERT_FILE: "/nowhere" } }).request(post(server.url)).response);
    expect(text).toContain("is not trusted");
  });
});

describe("a proxy", () => {
  test("makes a tunnel for https, gets its own login and sees none of the rest", async () => {
    const server = await rawServer(ok, identity);
    const proxy = await proxyServer(server.port);
    const env = { HTTPS_PROXY: `http://me:p%40ss@127.0.0.1:${proxy.port}` };
    const outbound = network({ env, caFiles: [caFile] });
    for (const _ of [1, 2]) {
      const { response } = outbound.request(post(named(server), "{}", { authorization: "Bearer x" }));
      expect(String(await whole(await response))).toBe("{}");
    }
    expect(proxy.tunnels).toEqual([`server.test:${server.port}`]);
    expect(proxy.requests.map(({ headers }) => headers)).toEqual([
      {
        host: `server.test:${server.port}`,
        "proxy-authorization": `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
        connection: expect.any(String) as string,
      },
    ]);
    expect(server.requests.map(({ headers }) => headers["proxy-authorization"])).toEqual([undefined, undefined]);
  });

  test("of plain http gets whole URLs, without the server's login in them", async () => {
    const server = await rawServer(ok);
    const proxy = await proxyServer(server.port);
    const url = named(server);
    [url.username, url.password] = ["you", "secret"];
    const outbound = network({ env: { http_proxy: `me:too@127.0.0.1:${proxy.port}` } });
    expect((await outbound.request(post(url)).response).status).toBe(200);
    expect(proxy.requests[0]?.line).toBe(`POST http://server.test:${server.port}/mcp HTTP/1.1`);
    expect(proxy.requests[0]?.headers["proxy-authorization"]).toBe(`Basic ${Buffer.from("me:too").toString("base64")}`);
    expect(server.requests[0]?.headers["authorization"]).toBe(`Basic ${Buffer.from("you:secret").toString("base64")}`);
  });

  const login = answered(407, { "proxy-authenticate": "Basic" }, "");
  for (const [what, scheme, refusal, problem] of [
    [
      "wants a login",
      "https",
      login,
      /^SERVER wants another user and password: HTTP 407 \(through the proxy of HTTPS_PROXY\)$/,
    ],
    ["wants a login", "http", login, /^SERVER wants another user and password: HTTP 407 \(HTTP_PROXY\)$/],
    ["refuses", "https", answered(403, {}, "no"), /^SERVER does not connect to server\.test:\d+: HTTP 403 \(through/],
    [
      "hangs up",
      "https",
      Buffer.alloc(0),
      /^SERVER ended the connection to server\.test:\d+ before it was made \(through/,
    ],
  ] as const) {
    test(`that ${what} for ${scheme} has certainly sent nothing`, async () => {
      const server = await rawServer(ok, scheme === "https" ? identity : undefined);
      const proxy = `http://me:secret@127.0.0.1:${(await proxyServer(server.port, refusal)).port}`;
      const outbound = network({ env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy } });
      const { text, isSent } = await failure(outbound.request(post(named(server))).response);
      expect(text).toMatch(problem);
      expect(isSent).toBe(false);
      expect(server.requests).toEqual([]);
    });
  }

  test("over TLS is spoken to over TLS", async () => {
    const server = await rawServer(ok, identity);
    const proxy = await rawServer(() => {}, identity);
    const outbound = network({ env: { HTTPS_PROXY: `https://127.0.0.1:${proxy.port}` }, caFiles: [caFile] });
    const exchange = outbound.request(post(named(server)));
    const failed = failure(exchange.response);
    await expect.poll(() => proxy.requests.length).toBe(1);
    expect(proxy.requests[0]?.line).toBe(`CONNECT server.test:${server.port} HTTP/1.1`);
    outbound.close();
    expect((await failed).isSent).toBe(false);
  });
});
