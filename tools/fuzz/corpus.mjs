// corpus.mjs: the seeds of each target.

const meta = '"_meta":{"progressToken":7,"io.modelcontextprotocol/protocolVersion":"2026-07-28","a.b/c":{"x":[1,2]}}';
const messages = [
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"é😀\\u00e9\\ud83d\\ude00"},${meta}}}`,
  '{"jsonrpc":"2.0","id":"a\\"b","result":{"content":[{"type":"text","text":"x"}],"isError":false,"resultType":"complete"}}',
  '{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":-32000,"message":"no","data":[1.0,-0,1e400,null,true]}}',
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1,"message":"x"}}',
  '{ "id" : 2 , "jsonrpc" : "2.0" , "method" : "ping" }',
  '{"jsonrpc":"2.0","id":3,"result":{"resultType":"input_required","inputRequests":{},"requestState":"s","_meta":{"a":1}}}',
  '[{"jsonrpc":"2.0","id":1,"method":"x"}]',
  '{"__proto__":{"id":1},"constructor":null,"jsonrpc":"2.0","id":4,"result":{}}',
  '{"level":30,"msg":"a line of a log"}',
  '"text"',
  "-12.5e+10",
  "[[[[[[]]]]]]",
];
const stream = messages.slice(0, 6).map((message, at) => `id: ${at}\nevent: message\ndata: ${message}\n\n`);
const head =
  "Host: 127.0.0.1:PORT\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
const post = (body, more = "") => `POST /mcp HTTP/1.1\r\n${head}${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const initialize =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"f","version":"1"}}}';
const modern = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n";
const list =
  '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}';
const reply = '{"jsonrpc":"2.0","id":ID,"result":{"resultType":"complete","content":[{"type":"text","text":"x"}]}}';
const sized = (body, type = "application/json") =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length + 3}\r\n\r\n${body}   `;

const bytes = (texts) => texts.map((text) => Buffer.from(text));

export const corpus = {
  scanner: bytes(messages),
  framer: bytes([messages.join("\n"), `${messages.join("\r\n")}\n`, `noise\n\n\uFEFF\n${messages[0]}\n`, ...messages]),
  sse: bytes([
    stream.join(""),
    `\uFEFF: hello\r\n\r\n${stream.join("").replaceAll("\n", "\r\n")}`,
    stream.join("").replaceAll("\n", "\r"),
    'retry: 100\nid: 1\ndata: {"jsonrpc":"2.0",\ndata: "id":1,"result":{}}\n\ndata\n\nid\n\nretry: x\n\n: c\n\n',
  ]),
  server: bytes([
    post(initialize),
    post(list, modern),
    `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n${post(list, modern)}`,
    `POST /mcp HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n${initialize.length.toString(16)}\r\n${initialize}\r\n0\r\n\r\n`,
    `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAccept: text/event-stream\r\nMcp-Session-Id: x\r\nLast-Event-ID: 1-1-1\r\n\r\n`,
    `DELETE /mcp HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nMcp-Session-Id: x\r\n\r\n`,
    `OPTIONS /mcp HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://a\r\nAccess-Control-Request-Method: POST\r\n\r\n`,
  ]),
  client: bytes([
    sized(reply),
    sized(`data: ${reply}\n\n`, "text/event-stream"),
    `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata: \r\n5\r\n{"a":\r\n0\r\n\r\n`,
    "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 429 X\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
  ]),
};
