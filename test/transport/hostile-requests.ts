import { type Changes, get, post } from "./http-raw.ts";

export const token = "a-token-that-nobody-guesses";
export const origin = "https://app.example";

const http = "https://www.rfc-editor.org/rfc/rfc9110#section-";
const framing = "https://www.rfc-editor.org/rfc/rfc9112#section-";
const bearer = "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
const mcp = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#";
const rebinding = `${mcp}security-warning`;
const sending = `${mcp}sending-messages-to-the-server`;
const listening = `${mcp}listening-for-messages-from-the-server`;
const fetchMetadata = "https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header";
const preflight = "https://fetch.spec.whatwg.org/#cors-preflight-fetch";

/** A request that must not be served. `{port}` in its bytes is the server's own. */
export type Hostile = {
  readonly name: string;
  readonly bytes: string;
  /** Several: the parsers of Node's versions differ. */
  readonly status: number | readonly number[];
  readonly source: string;
};

const port = "{port}" as unknown as number;
const known: Changes = { authorization: `Bearer ${token}` };
const posted = (changes: Changes, body?: string, line?: string) => post(port, { ...known, ...changes }, body, line);
const asked = (changes: Changes, line?: string) => get(port, { ...known, ...changes }, line);
const aimed = (target: string) => posted({}, "{}", `POST ${target} HTTP/1.1`);
const chunked: Changes = { "content-length": undefined, "transfer-encoding": "chunked" };
const chunks = "2\r\n{}\r\n0\r\n\r\n";

function rows(source: string, status: Hostile["status"], bytesByName: Readonly<Record<string, string>>): Hostile[] {
  return Object.entries(bytesByName).map(([name, bytes]) => ({ name, bytes, status, source }));
}

function hosts(status: number, source: string, ...values: readonly string[]): Hostile[] {
  return values.map((host) => ({ name: `Host: ${host}`, bytes: posted({ host }), status, source }));
}

/** What is refused, by what is wrong with it. Each would be served but for that one thing. */
export const hostile: readonly Hostile[] = [
  ...rows(`${http}15.5.5`, 404, {
    "another path": aimed("/evil"),
    "a slash behind": aimed("/mcp/"),
    "a slash before": aimed("//mcp"),
    "dots within": aimed("/mcp/../mcp"),
    "a path percent-encoded": aimed("/%6dcp"),
    "a path in capitals": aimed("/MCP"),
    "a null byte in the path": aimed("/mcp%00"),
    "a path parameter": aimed("/mcp;evil"),
    "a fragment": aimed("/mcp#evil"),
    "a relative target": aimed("*"),
    "an absolute target of https": aimed("https://127.0.0.1:{port}/mcp"),
    "an absolute target without a path": aimed("http://127.0.0.1:{port}"),
    "a path of the protocol from before": asked({}, "GET /sse HTTP/1.1"),
    "a configuration": asked({}, "GET /servers.json HTTP/1.1"),
  }),
  ...rows(`${framing}3.2`, 400, {
    "no Host": posted({ host: undefined }),
    "two Hosts": posted({ host: ["127.0.0.1:{port}", "evil.example"] }),
    "the same Host twice": posted({ host: ["127.0.0.1:{port}", "127.0.0.1:{port}"] }),
    "HTTP/1.0 without a Host": posted({ host: undefined }, "{}", "POST /mcp HTTP/1.0"),
  }),
  ...hosts(403, rebinding, "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost:0{port}"),
  ...hosts(403, rebinding, "localhost.:{port}", "localhost.evil.example:{port}", "127.0.0.1:{port}.evil.example"),
  ...hosts(403, rebinding, "evil@127.0.0.1:{port}", "127.1:{port}", "0x7f000001:{port}", "2130706433:{port}"),
  ...hosts(403, rebinding, "0.0.0.0:{port}", "[::]:{port}", "[::ffff:127.0.0.1]:{port}", "[0:0:0:0:0:0:0:1]:{port}"),
  ...hosts(403, rebinding, "::1:{port}", "", "127.0.0.1:{port}, evil.example", "127.0.0.1:{port}/evil", "localhost"),
  ...rows(rebinding, 403, {
    "an absolute target elsewhere": aimed("http://evil.example/mcp"),
    "an absolute target elsewhere, at our port": aimed("http://evil.example:{port}/mcp"),
    "an absolute target with a user": aimed("http://evil@127.0.0.1:{port}/mcp"),
    "an absolute target that is not the Host": aimed("http://localhost:{port}/mcp"),
    "our target, and a Host elsewhere": posted(
      { host: "evil.example" },
      "{}",
      "POST http://127.0.0.1:{port}/mcp HTTP/1.1",
    ),
    "health by a Host elsewhere": asked({ host: "evil.example" }, "GET /healthz HTTP/1.1"),
    "readiness by a Host elsewhere": asked({ host: "evil.example" }, "GET /readyz HTTP/1.1"),
    "a foreign Origin": posted({ origin: "https://evil.example" }),
    "an Origin of this machine": posted({ origin: "http://localhost:3000" }),
    "the Origin null": posted({ origin: "null" }),
    "an empty Origin": posted({ origin: "" }),
    "two Origins": posted({ origin: [origin, "https://evil.example"] }),
    "an allowed Origin twice": posted({ origin: [origin, origin] }),
    "two Origins in one line": posted({ origin: `${origin}, https://evil.example` }),
    "an Origin that begins like an allowed one": posted({ origin: `${origin}.evil.example` }),
    "an Origin that ends like an allowed one": posted({ origin: "https://evil-app.example" }),
    "an allowed Origin by another scheme": posted({ origin: "http://app.example" }),
    "an allowed Origin at another port": posted({ origin: `${origin}:8443` }),
    "an Origin with a path": posted({ origin: `${origin}/` }),
    "a foreign Origin's GET": asked({ origin: "https://evil.example" }),
    "a foreign Origin's DELETE": asked({ origin: "https://evil.example" }, "DELETE /mcp HTTP/1.1"),
    "an extension's Origin": posted({ origin: "chrome-extension://evil" }),
  }),
  ...rows(fetchMetadata, 403, {
    "a picture on a foreign page": asked({ "sec-fetch-site": "cross-site" }),
    "a page at another port of this machine": asked({ "sec-fetch-site": "same-site" }),
    "two sites": asked({ "sec-fetch-site": ["none", "cross-site"] }),
  }),
  ...rows(preflight, 403, {
    "a foreign preflight": asked(
      { origin: "https://evil.example", "access-control-request-method": "POST" },
      "OPTIONS /mcp HTTP/1.1",
    ),
  }),
  ...rows(bearer, 401, {
    "no token": posted({ authorization: undefined }),
    "an empty token": posted({ authorization: "Bearer " }),
    "a wrong token": posted({ authorization: "Bearer evil-evil-evil-evil" }),
    "a token that begins like ours": posted({ authorization: `Bearer ${token}x` }),
    "the beginning of a token": posted({ authorization: `Bearer ${token.slice(0, -1)}` }),
    "a token in capitals": posted({ authorization: `Bearer ${token.toUpperCase()}` }),
    "a token by another scheme": posted({ authorization: `Basic ${token}` }),
    "a token without a scheme": posted({ authorization: token }),
    "two tokens in one line": posted({ authorization: `Bearer ${token}, Bearer evil` }),
    "a token in the query": posted({ authorization: undefined }, "{}", `POST /mcp?token=${token} HTTP/1.1`),
    "a token in a cookie": posted({ authorization: undefined, cookie: `token=${token}` }),
    "a GET without a token": asked({ authorization: undefined }),
    "a DELETE without a token": asked({ authorization: undefined }, "DELETE /mcp HTTP/1.1"),
    "/mcp/lazy without a token": posted({ authorization: undefined }, "{}", "POST /mcp/lazy HTTP/1.1"),
    "an unknown method without a token": asked({ authorization: undefined }, "PUT /mcp HTTP/1.1"),
    "a page of an allowed origin without a token": posted({ authorization: undefined, origin }),
  }),
  ...rows(`${http}5.3`, 400, {
    "two Authorizations": posted({ authorization: [`Bearer ${token}`, "Bearer evil"] }),
    "two Content-Types": posted({ "content-type": ["application/json", "text/plain"] }),
    "two session ids": posted({ "mcp-session-id": ["1", "evil"] }),
    "two protocol versions": posted({ "mcp-protocol-version": ["1", "2"] }),
    "two methods": posted({ "Mcp-Method": "tools/list", "mcp-method": "tools/call" }),
    "two parameters": posted({ "mcp-param-id": ["1", "2"] }),
    "two last event ids": asked({ "last-event-id": ["1", "2"] }),
  }),
  ...rows(`${http}15.5.6`, 405, {
    PUT: posted({}, "{}", "PUT /mcp HTTP/1.1"),
    PATCH: posted({}, "{}", "PATCH /mcp HTTP/1.1"),
    TRACE: asked({}, "TRACE /mcp HTTP/1.1"),
    PROPFIND: asked({}, "PROPFIND /mcp HTTP/1.1"),
    "OPTIONS by nobody": asked({}, "OPTIONS /mcp HTTP/1.1"),
    "a tunnel": "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "a tunnel to ourselves": "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
    "a POST of health": posted({}, "{}", "POST /healthz HTTP/1.1"),
  }),
  ...rows(`${http}15.5.16`, 415, {
    "no Content-Type": posted({ "content-type": undefined }),
    "JSON as text": posted({ "content-type": "text/plain" }),
    "a form": posted({ "content-type": "application/x-www-form-urlencoded" }, "evil=1"),
    "a form with files": posted({ "content-type": "multipart/form-data; boundary=evil" }),
    "two types in one line": posted({ "content-type": "application/json, text/plain" }),
    "a type that begins like JSON": posted({ "content-type": "application/json-evil" }),
    "text that mentions JSON": posted({ "content-type": "text/plain; application/json" }),
    "JSON in UTF-16": posted({ "content-type": "application/json; charset=utf-16" }),
    "a compressed body": posted({ "content-encoding": "gzip" }),
    "a body compressed twice": posted({ "content-encoding": ["identity", "br"] }),
  }),
  ...rows(sending, 406, {
    "who takes no stream": posted({ accept: "application/json" }),
    "who takes only a stream": posted({ accept: "text/event-stream" }),
    "who takes pages": posted({ accept: "text/html" }),
    "who refuses streams": posted({ accept: "*/*, text/event-stream;q=0" }),
    "who takes nothing": posted({ accept: "" }),
  }),
  ...rows(listening, 406, { "a GET for a page": asked({ accept: "text/html" }) }),
  ...rows(`${http}10.1.1`, 417, { "an expectation": posted({ expect: "200-evil" }) }),
  ...rows(`${framing}6.3`, 400, {
    "a POST without a body": posted({ "content-length": undefined }, ""),
    "an empty POST": posted({}, ""),
    "no chunks": posted(chunked, "0\r\n\r\n"),
    "a GET with another request in its body":
      asked({ "content-length": "33" }) + get(port, {}, "GET /healthz HTTP/1.1"),
    "a GET in chunks": asked({ "transfer-encoding": "chunked" }) + chunks,
    "a DELETE with a body": posted({}, "{}", "DELETE /mcp HTTP/1.1"),
    "health with a body": posted({}, "{}", "GET /healthz HTTP/1.1"),
  }),
  ...rows(`${framing}6.1`, 400, {
    "a length and chunks": posted({ "transfer-encoding": "chunked" }, chunks),
    "chunks, and a length": posted({ ...chunked, "Content-Length": "2" }, chunks),
    "chunked twice": posted({ ...chunked, "transfer-encoding": ["chunked", "chunked"] }, chunks),
    "chunks, not at last": posted({ ...chunked, "transfer-encoding": "chunked, identity" }, chunks),
    "chunks behind a vertical tab": posted({ ...chunked, "transfer-encoding": "\x0bchunked" }, chunks),
    "chunks in HTTP/1.0": posted(chunked, chunks, "POST /mcp HTTP/1.0"),
    "two lengths": posted({ "content-length": ["2", "3"] }),
    "the same length twice": posted({ "content-length": ["2", "2"] }),
    "a list of lengths": posted({ "content-length": "2, 2" }),
    "a length with a sign": posted({ "content-length": "+2" }),
    "a negative length": posted({ "content-length": "-2" }),
    "a length in hexadecimal": posted({ "content-length": "0x2" }),
    "a length beyond all numbers": posted({ "content-length": "99999999999999999999999" }),
    "a chunk without a size": posted(chunked, "evil\r\n{}\r\n0\r\n\r\n"),
    "a chunk of an endless size": posted(chunked, `${"f".repeat(20)}\r\n{}`),
  }),
  ...rows(`${framing}6.1`, [400, 501], {
    "another coding": posted({ ...chunked, "transfer-encoding": "gzip, chunked" }, chunks),
    "a coding that ends like chunked": posted({ ...chunked, "transfer-encoding": "xchunked" }, chunks),
  }),
  ...rows(`${framing}5`, 400, {
    "a blank before a colon": posted({}).replace("host:", "host :"),
    "a folded header": posted({ "x-a": "evil\r\n folded" }),
    "a lone CR that hides a header": posted({ "x-a": "a\rhost: evil.example" }),
    "a null byte in a header": posted({ "x-a": "a\0b" }),
    "a header without a name": posted({ "": "evil" }),
    "a header without a colon": posted({}).replace("\r\n", "\r\nevil\r\n"),
    "a blank in the target": posted({}, "{}", "POST /mcp /evil HTTP/1.1"),
    "a byte above ASCII in the target": posted({}, "{}", "POST /mcp\xff HTTP/1.1"),
    "a method in small letters": posted({}, "{}", "post /mcp HTTP/1.1"),
    "a method that is none": posted({}, "{}", "EVIL /mcp HTTP/1.1"),
    "another protocol": posted({}, "{}", "POST /mcp EVIL/1.1"),
    "a hello of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a hello of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a message without HTTP": '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n',
  }),
  ...rows(`${http}15.6.6`, 505, {
    "HTTP/2.0 as text": posted({}, "{}", "POST /mcp HTTP/2.0"),
    "HTTP/1.2": posted({}, "{}", "POST /mcp HTTP/1.2"),
    "HTTP/0.9": "GET /mcp\r\n\r\n",
  }),
  ...rows(`${framing}2.2`, [400, 505], { "lines that end in LF alone": posted({}).replaceAll("\r\n", "\n") }),
  ...rows(`${http}15.5.14`, 413, {
    "a length above the bound": posted({ "content-length": String(4 * 1024 * 1024 + 1) }),
    "a chunk extension that never ends": posted(chunked, `2;${"a".repeat(20_000)}`),
  }),
  ...rows("https://www.rfc-editor.org/rfc/rfc6585#section-5", 431, {
    "a header of 17 KiB": posted({ "x-a": "a".repeat(17_000) }),
    "a target of 17 KiB": aimed(`/${"a".repeat(17_000)}`),
    "headers without end": `GET /mcp HTTP/1.1\r\n${"a: b\r\n".repeat(20_000)}`,
    "a Host behind 2,000 others": `GET /mcp HTTP/1.1\r\n${"a:b\r\n".repeat(2000)}host: 127.0.0.1:{port}\r\n\r\n`,
    "201 headers": asked({ a: Array.from({ length: 198 }, () => "b") }),
  }),
];
