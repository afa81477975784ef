import type { IncomingMessage, ServerResponse } from "node:http";

/** Serves a request of node:http by a handler of the web's requests. */
export async function serveFetch(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: Request) => Promise<Response>,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const answer = await handle(
    new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method ?? "",
      headers,
      signal: gone.signal,
      ...(request.method === "POST" ? { body: Buffer.concat(pieces) } : {}),
    }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.flushHeaders();
  const reader = answer.body?.getReader();
  gone.signal.addEventListener("abort", () => void reader?.cancel().catch(() => {}));
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
    response.write(part.value);
  }
  response.end();
}
